"""Putting back: from a newer point to an older one, all of it or nothing.

First it is looked whether the world is still as the newer point has it; then everything that has to
be made is made beside its place; then it is looked once more, and a plan is written down, durably.
From there on the plan is carried out, and whoever is interrupted is finished by the next call.

Promises
- Until the plan is durable, nothing that is in use is touched, and what was made is removed again.
- After that, however often it is interrupted, the same end is reached, or it stops where somebody
  changed a thing that it was about to change, and says so.
- In the end it is looked whether all is as it was, and said where it is not.
- Where a step fails, what was done so far is taken back, by a plan as durable as the first.

Does not promise
- To see a change that is made within the milliseconds between the second look and the change.
"""

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.file_names import read, written
from handrail.sandbox.snapshot.comparing import Comparison, Fits, settled, staged, underway
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import Plan, keep_plan, remove_plan
from handrail.sandbox.snapshot.planning import Now, planned, turned, work
from handrail.sandbox.snapshot.staging import Staging, told
from handrail.sandbox.snapshot.steps import steps
from handrail.sandbox.snapshot.store import Store

_SHOWN = 5


class PuttingBack:
    """Goes from one point to another; ``names`` are the older's and the newer's."""

    def __init__(
        self, store: Store, live: LiveTree, names: tuple[str, str], comparison: Comparison
    ) -> None:
        self.store = store
        self.live = live
        self.names = names
        self.comparison = comparison

    def begin(self) -> tuple[Difference, ...]:
        """Do all of it. Raises UndoConflict, RestoreError; then nothing was touched."""
        now = self.insist(settled)
        if not work(self.comparison, now):
            return ()
        plan = planned(self.comparison, self.names, now)
        ready = plan.model_copy(update={"ready": True})
        try:
            self.write_down(plan)
            Staging(self.comparison, plan).make(self.live, self.store)
            self.insist(staged)
            self.write_down(ready)
        except RestoreError:
            self.discard(plan)
            raise
        return self.finish(ready)

    def resume(self, plan: Plan) -> tuple[Difference, ...]:
        """Finish what was interrupted. Raises UndoConflict where the world changed since."""
        self.insist(underway)
        return self.finish(plan)

    def finish(self, plan: Plan) -> tuple[Difference, ...]:
        """Carry a plan out, or take back what was done of it. Raises RestoreError."""
        try:
            self._carry_out(plan)
        except RestoreError as error:
            self.turn_back(plan, error)
        self._compare()
        lost = self.comparison.lost()
        return tuple(one for one in self.comparison.told() if one not in lost)

    def _compare(self) -> None:
        """Insist that all is as the older point has it. Raises RestoreError."""
        comparison = self.comparison
        left = work(comparison, comparison.present(comparison.concerned()))
        if left:
            raise RestoreError(
                f"{written(left[0])}: was put back, and is not as it was: something else changes "
                "it; end that, and undo again"
            )

    def discard(self, plan: Plan) -> None:
        """Remove what was made for a plan that never became ready. Raises RestoreError."""
        for stage in map(read, plan.stages):
            with told(stage):
                self.live.remove_stage(stage)
        for row in plan.folders:
            path = read(row.path)
            if path in self.comparison.roots and row.had_mode:
                with told(path):
                    self.live.set_folder(path, row.had_mode, row.had_mtime)
        remove_plan(self.store, plan)

    def insist(self, fits: Fits) -> Now:
        """Return what is there now. Raises UndoConflict where it is otherwise than it may be."""
        now, found = self.comparison.looked(fits)
        if found:
            shown = ", ".join(f"{one.what} was {one.change}" for one in found[:_SHOWN])
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            begun = fits is underway
            left = "an undo was interrupted here" if begun else "nothing was touched"
            raise UndoConflict(
                f"changed since: {shown}{more}; {left}: bring it back to how it was, and undo again"
            )
        return now

    def write_down(self, plan: Plan) -> None:
        """Make a plan durable: the redo log. Raises RestoreError."""
        keep_plan(self.store, plan)

    def _carry_out(self, plan: Plan) -> None:
        for path, step in steps(plan, self.comparison, self.live):
            with told(path):
                step()
        remove_plan(self.store, plan)

    def turn_back(self, plan: Plan, error: RestoreError) -> None:
        """Take back what was done of a plan, and raise the error that stopped it."""
        comparison = self.comparison.turned()
        back = type(self)(self.store, self.live, self.names[::-1], comparison)
        try:
            reverse = turned(comparison, plan, back.insist(underway))
            Staging(comparison, reverse).make(self.live, self.store)
            self.write_down(reverse)
            back._carry_out(reverse)
        except RestoreError as worse:
            raise RestoreError(
                f"{error}; it could not be taken back either ({worse}): settle that, and undo again"
            ) from error
        raise RestoreError(f"{error}; what was begun was taken back: nothing is changed") from error
