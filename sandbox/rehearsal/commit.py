"""Commit: apply to the real folders exactly what a rehearsal showed, all of it or nothing.

It is a putting back (``snapshot/putting_back.py``) from how the folders are to a restore point that
never was: what was shown (``target.py``). Undoing it is the way between the same two points back.

Promises
- Nothing is touched where anything concerned is no longer as the rehearsal saw it, where what is to
  be applied is not what was shown, or where the disk has no room for it.
- Killed at any moment, the next commit of the run comes to the same end: all is applied, or, where
  something was in the way, nothing is.
- Nothing outside of the layers' real folders is written, and no link is followed.

Does not promise
- To apply what a program did outside of its copy.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from handrail.sandbox.disk import Disk, OsDisk
from handrail.sandbox.errors import RehearsalError, RestoreError, UndoConflict, UndoDisturbed
from handrail.sandbox.rehearsal.commit_record import CommitState, Phase, keep_state, read_state
from handrail.sandbox.rehearsal.record import RehearsalRecord, read_record
from handrail.sandbox.rehearsal.target import Target
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.plan import Phase as Stage

_NAMED = 10
_STOPPED: dict[Stage | None, Phase] = {None: "refused", "back": "taking back", "done": "applied"}
"""Where a commit is when putting back ended at a stage with an error."""


def _nothing(_state: CommitState) -> None:
    """Write nothing down."""


@dataclass(frozen=True)
class Surroundings:
    """What a commit works with: who keeps the real folders, who is told, and the disk.

    ``told`` gets each phase that begins or ends something.
    """

    keeper: FileKeeper
    told: Callable[[CommitState], None] = _nothing
    disk: Disk = field(default_factory=OsDisk)


def conflicting(folder: Path, noise: bool = False) -> list[str]:
    """Return the paths that stand in the way of a commit, and touch nothing.

    Raises RehearsalError, RestoreError.
    """
    record = _checked(read_record(folder), None)
    return sorted({*Target.of(record, noise).conflicts(), *record.disturbed})


class Commit:
    """The commit of the rehearsal in a run's folder."""

    def __init__(self, folder: Path, surroundings: Surroundings) -> None:
        self._folder = folder
        self._around = surroundings
        self._keeper = surroundings.keeper

    def run(self, digest: str, noise: bool = False) -> CommitState:
        """Apply what has this digest, or finish what was begun; return how it ended.

        ``noise``: also what is noise. Raises RehearsalError (nothing is applied), RestoreError.
        """
        with _alone(self._folder):
            begun = read_state(self._folder)
            noise = noise if begun is None or begun.phase == "refused" else begun.noise
            record = _checked(read_record(self._folder), digest)
            match None if begun is None else begun.phase:
                case "closed" if begun is not None:
                    return begun
                case "undone":
                    raise RehearsalError(
                        f"{self._folder.name} was committed, and undone: rehearse again"
                    )
                case "applying" | "taking back" | "applied" if begun is not None:
                    return self._apply(begun)
            return self._begin(record, noise)

    def _begin(self, record: RehearsalRecord, noise: bool) -> CommitState:
        target = Target.of(record, noise)
        self._keeper.selection = target.selection
        before = self._keeper.keep()
        if wrong := {*self._conflicts(target, before), *record.disturbed}:
            raise _refusal(wrong)
        state = CommitState(
            phase="staging",
            digest=record.consequences.digest,
            noise=noise,
            entries=len(target.wanted),
            before=before,
        )
        self._phase(state, "staging")
        try:
            after = self._keeper.derive(before, target.made)
        except (RehearsalError, RestoreError) as error:
            self._phase(state, "refused", str(error))
            raise RehearsalError(f"nothing was changed: {error}") from error
        state = state.model_copy(update={"after": after})
        return self._apply(self._phase(state, "applying"))

    def _conflicts(self, target: Target, before: str) -> list[str]:
        return target.conflicts(self._keeper.entries(before))

    def _apply(self, state: CommitState) -> CommitState:
        points = state.after, state.before
        try:
            self._keeper.put_back(*points)
        except UndoDisturbed as error:  # all of it was applied, and is somebody's since
            return self._phase(state, "closed", str(error))
        except UndoConflict as error:
            self._phase(state, "refused", str(error))
            wrong = {one.what for one in self._keeper.conflicts(*points)}
            raise _refusal(wrong) from error
        except RestoreError as error:
            phase = _STOPPED.get(self._keeper.stopped(*points), "applying")
            self._phase(state, phase, str(error))
            nothing = "nothing was changed: " if phase == "refused" else ""
            raise RehearsalError(f"{nothing}{error}") from error
        return self._phase(state, "closed")

    def _phase(self, state: CommitState, phase: Phase, reason: str = "") -> CommitState:
        now = state.model_copy(update={"phase": phase, "reason": reason})
        keep_state(self._folder, now, self._around.disk)
        self._around.told(now)
        return now


def _checked(record: RehearsalRecord, digest: str | None) -> RehearsalRecord:
    if record.stage != "ended":
        why = record.reason or "it did not come to its end"
        raise RehearsalError(f"{record.run} cannot be committed: {why}")
    if digest is not None and record.consequences.digest != digest:
        raise RehearsalError(f"{record.run} is not what was shown: look at it again")
    return record


def _refusal(paths: set[str]) -> RehearsalError:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    listed = ", ".join(sorted(paths)[:_NAMED])
    return RehearsalError(
        f"changed since the rehearsal: {listed}{more}; nothing was touched: rehearse again"
    )


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
