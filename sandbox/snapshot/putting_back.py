"""Putting back: from a newer point to an older one, all of it or nothing.

First it is looked whether the world is still as the newer point has it; then everything that has to
be made is made beside its place; then it is looked once more, and a plan is written down, durably.
From there on the plan is carried out, and whoever is interrupted is finished by the next call.

Promises
- Until the plan is durable, nothing that is in use is touched, and what was made is removed again.
- After that, however often it is interrupted, the same end is reached.
- What somebody else wrote meanwhile is never overwritten: it is looked for before each step, and
  once more before what was there is let go.
- Where that, or a step that fails, is in the way, what was done so far is taken back, by a plan as
  durable as the first, but for what somebody changed since: that stays, and is named.
- In the end it is looked whether all is as it was, and said where it is not.

Does not promise
- That what is written in the moment between that last look and the end is kept.
"""

from handrail.sandbox.errors import RestoreError, UndoConflict, UndoDisturbed
from handrail.sandbox.file_names import written
from handrail.sandbox.snapshot.comparing import Comparison, Fits, settled, staged
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import Plan, keep_plan, remove_plan
from handrail.sandbox.snapshot.planning import Now, planned, work
from handrail.sandbox.snapshot.staging import Staging
from handrail.sandbox.snapshot.steps import Steps, attempted, carried_out
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
        try:
            self.write_down(plan)
            ready = Staging(self.comparison, plan, self.live, self.store).make().at("ready")
            self.insist(staged)
            self.write_down(ready)
        except RestoreError:
            self.discard(plan)
            raise
        return self.finish(ready)

    def finish(self, plan: Plan) -> tuple[Difference, ...]:
        """Carry a plan out, or take back what was done of it. Raises RestoreError."""
        if plan.phase == "back":
            self._take_back(plan)
            return ()
        steps = Steps(plan, self.comparison, self.live)
        if plan.phase != "done":
            try:
                carried_out(steps.forward())
                self.write_down(plan.at("done"))
            except RestoreError as error:
                self.turn_back(plan, error)
        try:
            carried_out(steps.clear())
            remove_plan(self.store, plan)
        except RestoreError as error:
            raise RestoreError(
                f"all was put back; what was kept to take it back is still to be removed: {error}"
            ) from error
        self._compare()
        lost = self.comparison.lost()
        return tuple(one for one in self.comparison.told() if one not in lost)

    def _compare(self) -> None:
        """Insist that all is as the older point has it. Raises UndoDisturbed."""
        comparison = self.comparison
        left = work(comparison, comparison.present(comparison.concerned()))
        if left:
            raise UndoDisturbed(
                f"{written(left[0])}: was put back, and is not as it was: something else changes "
                "it; end that, and undo again"
            )

    def discard(self, plan: Plan) -> None:
        """Remove what was made for a plan that never became ready. Raises RestoreError."""
        carried_out(Steps(plan, self.comparison, self.live).clear(back=True))
        remove_plan(self.store, plan)

    def insist(self, fits: Fits) -> Now:
        """Return what is there now. Raises UndoConflict where it is otherwise than it may be."""
        now, found = self.comparison.looked(fits)
        if found:
            shown = listed([f"{one.what} was {one.change}" for one in found])
            raise UndoConflict(
                f"changed since: {shown}; nothing was touched: bring it back to how it was, and "
                "undo again"
            )
        return now

    def write_down(self, plan: Plan) -> None:
        """Make a plan durable: the redo log. Raises RestoreError."""
        keep_plan(self.store, plan)

    def turn_back(self, plan: Plan, error: RestoreError) -> None:
        """Take back what was done of a plan, and raise the error that stopped it."""
        try:
            self.write_down(plan.at("back"))
            self._take_back(plan)
        except RestoreError as worse:
            raise RestoreError(f"{error}; {worse}") from error
        raise RestoreError(f"{error}; what was begun was taken back: nothing is changed") from error

    def _take_back(self, plan: Plan) -> None:
        steps = Steps(plan, self.comparison, self.live)
        if left := attempted(steps.back()):
            raise RestoreError(
                f"what was begun is taken back, but for this: {listed(left)}; what was there "
                f"before lies in {', '.join(plan.stages)}: settle that, and undo again"
            )
        carried_out(steps.clear(back=True))
        remove_plan(self.store, plan)


def listed(found: list[str]) -> str:
    """Return the first of them, and how many more there are."""
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
