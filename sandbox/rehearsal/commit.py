"""Commit: apply to the real folders exactly what a rehearsal showed, all of it or nothing.

Promises
- Nothing is touched where anything concerned is no longer as the rehearsal saw it, where what is to
  be applied is not what was shown, or where the disk has no room for it.
- Killed at any moment, the next commit of the run comes to the same end: all is applied, or, where
  something was in the way, nothing is.
- What somebody else wrote meanwhile is never overwritten: it is looked for before each step, and
  once more before what was there is let go.
- Nothing outside of the layers' real folders is written, and no link is followed.

Does not promise
- That what was written in the moment between that last look and the end is kept.
- To apply what a program did outside of its copy.

Order: the conflict check, the restore point, the new contents (``staging.py``), the plan, the steps
(``commit_steps.py``), the last look, the end. See ``commit_record.py`` for the phases.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from handrail.sandbox.disk import Disk, OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.applying import Applying
from handrail.sandbox.rehearsal.commit_record import (
    CommitPlan,
    CommitState,
    keep_plan,
    keep_state,
    read_plan,
    read_state,
)
from handrail.sandbox.rehearsal.conflicts import Marks
from handrail.sandbox.rehearsal.items import Place
from handrail.sandbox.rehearsal.record import RehearsalRecord, read_record
from handrail.sandbox.snapshot.keeper import Keeper

_NAMED = 10


def _nothing(_state: CommitState) -> None:
    """Write nothing down."""


def _nowhere(_point: str) -> None:
    """Stop nowhere."""


@dataclass(frozen=True)
class Surroundings:
    """What a commit works with: who keeps the real folders, who is told, and the disk.

    ``told`` gets each phase that begins or ends something. ``reached`` is told every point, for
    tests that interrupt it.
    """

    keeper: Keeper | None = None
    told: Callable[[CommitState], None] = _nothing
    reached: Callable[[str], None] = _nowhere
    disk: Disk = field(default_factory=OsDisk)


def conflicting(folder: Path, noise: bool = False) -> list[str]:
    """Return the paths that stand in the way of a commit, and touch nothing."""
    record = _checked(read_record(folder), None)
    with ExitStack() as stack:
        applying = Applying.open(stack, folder.name, record, noise, _nowhere)
        wrong, _marks = applying.conflicts()
        return sorted({*applying.shown(wrong), *record.disturbed})


class Commit:
    """The commit of the rehearsal in a run's folder."""

    def __init__(self, folder: Path, surroundings: Surroundings | None = None) -> None:
        self._folder = folder
        self._around = surroundings or Surroundings()

    def run(self, digest: str, noise: bool = False) -> CommitState:
        """Apply what has this digest, or finish what was begun; return how it ended.

        ``noise``: also what is noise. Raises RehearsalError (nothing is applied), RestoreError.
        """
        with _alone(self._folder):
            begun = read_state(self._folder)
            noise = noise if begun is None or begun.phase == "refused" else begun.noise
            record = _checked(read_record(self._folder), digest)
            with ExitStack() as stack:
                applying = Applying.open(
                    stack, self._folder.name, record, noise, self._around.reached
                )
                try:
                    return self._go_on(applying, begun, record, noise)
                except OSError as error:
                    raise RehearsalError(
                        f"the commit of {self._folder.name} broke off: {_words(error)}; once that "
                        "is mended, the next one goes on where it stands"
                    ) from error

    def _go_on(
        self,
        applying: Applying,
        begun: CommitState | None,
        record: RehearsalRecord,
        noise: bool,
    ) -> CommitState:
        match None if begun is None else begun.phase:
            case "closed" | "applied" if begun is not None:
                return self._close(applying, begun)
            case "undone":
                raise RehearsalError(
                    f"{self._folder.name} was committed, and undone: rehearse again"
                )
            case "applying" if begun is not None:
                return self._apply(applying, begun)
            case "taking back" if begun is not None:
                self._take_back(applying, begun)
            case "staging":
                applying.clear()
                applying.settle(read_plan(self._folder).times, back=True)
        return self._begin(applying, record, noise)

    def _begin(self, applying: Applying, record: RehearsalRecord, noise: bool) -> CommitState:
        wrong, marks = self._conflicts(applying)
        _refuse(record, applying.shown(wrong))
        before = "" if self._around.keeper is None else self._around.keeper.keep()
        state = CommitState(
            phase="staging",
            digest=record.consequences.digest,
            noise=noise,
            entries=len(applying.wanted),
            before=before,
        )
        times = applying.times()
        keep_plan(self._folder, CommitPlan(operations=(), times=times), self._around.disk)
        self._phase(state, "staging")
        try:
            plan = applying.staged(marks, times)
            keep_plan(self._folder, plan, self._around.disk)
        except (RehearsalError, OSError) as error:
            applying.clear()
            applying.settle(times, back=True)
            self._phase(state, "refused", _words(error))
            raise RehearsalError(f"nothing was changed: {_words(error)}") from error
        return self._apply(applying, self._phase(state, "applying"))

    def _conflicts(self, applying: Applying) -> tuple[list[Place], Marks]:
        return applying.conflicts()

    def _apply(self, applying: Applying, state: CommitState) -> CommitState:
        plan = read_plan(self._folder)
        try:
            applying.apply(plan)
        except (RehearsalError, OSError) as error:
            back = self._phase(state, "taking back", _words(error))
            self._take_back(applying, back)
            raise RehearsalError(f"nothing was changed: {_words(error)}") from error
        return self._close(applying, self._phase(state, "applied"))

    def _take_back(self, applying: Applying, state: CommitState) -> None:
        plan = read_plan(self._folder)
        left = applying.take_back(plan)
        if left:
            raise RehearsalError(
                f"{state.reason}; what was applied is taken back, but for what was changed since: "
                f"{_listed(left)}; what was there before lies in {applying.stages()}"
            )
        applying.clear()
        applying.settle(plan.times, back=True)
        self._phase(state, "refused", state.reason)

    def _close(self, applying: Applying, state: CommitState) -> CommitState:
        if state.phase == "closed":
            return state
        plan = read_plan(self._folder)
        applying.clear()
        applying.settle(plan.times, back=False)
        if self._around.keeper is not None and not state.after:
            state = state.model_copy(update={"after": self._around.keeper.keep()})
        return self._phase(state, "closed")

    def _phase(self, state: CommitState, phase: str, reason: str = "") -> CommitState:
        now = CommitState.model_validate({**state.model_dump(), "phase": phase, "reason": reason})
        keep_state(self._folder, now, self._around.disk)
        self._around.reached(phase)
        self._around.told(now)
        return now


def _checked(record: RehearsalRecord, digest: str | None) -> RehearsalRecord:
    if record.stage != "ended":
        why = record.reason or "it did not come to its end"
        raise RehearsalError(f"{record.run} cannot be committed: {why}")
    if digest is not None and record.consequences.digest != digest:
        raise RehearsalError(f"{record.run} is not what was shown: look at it again")
    return record


def _refuse(record: RehearsalRecord, wrong: list[str]) -> None:
    paths = sorted({*wrong, *record.disturbed})
    if paths:
        raise RehearsalError(
            f"changed since the rehearsal: {_listed(paths)}; nothing was touched: rehearse again"
        )


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more


def _words(error: RehearsalError | OSError) -> str:
    if not isinstance(error, OSError):
        return str(error)
    return f"{error.filename or ''} {error.strerror}".strip()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other commits of this run away. Raises RehearsalError."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise RehearsalError(f"cannot open {folder}: {error.strerror}") from error
    try:
        _lock(held)
        yield
    except BlockingIOError as error:
        raise RehearsalError(f"{folder.name} is being committed by another process") from error
    finally:
        os.close(held)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
