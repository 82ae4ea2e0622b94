"""The course of a rehearsal: what its record says at each moment, whenever it is interrupted.

That it began, and where it is going to keep its changes, is on the disk before anything is made: so
whoever comes after a rehearsal that was killed knows that it cannot be committed, and what is left.
"""

import os
from contextlib import ExitStack
from pathlib import Path

from handrail.sandbox.disk import Disk, OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_names import written
from handrail.sandbox.rehearsal.points import Reached
from handrail.sandbox.rehearsal.record import Kind, RehearsalRecord, keep_record
from handrail.sandbox.rehearsal.removal import remove
from handrail.tasks.rehearsal_scratch import LOCK_NAME

_CUT_OFF = "it was interrupted, or still goes on"


class Course:
    """One rehearsal's, from its beginning to its end; others see that it is at work meanwhile.

    Raises RehearsalError where nothing can be written into the run's folder.
    """

    def __init__(self, run: Path, on: Kind, reached: Reached, disk: Disk | None = None) -> None:
        self._run = run
        self._reached = reached
        self._disk = OsDisk() if disk is None else disk
        self._working = ExitStack()
        self._scratch: Path | None = None
        self.record = RehearsalRecord(run=run.name, on=on, reason=_CUT_OFF)
        lock = run / LOCK_NAME
        try:
            lock.touch(mode=0o600)
            self._working.callback(os.close, self._disk.reopen(lock))
        except OSError as error:
            raise RehearsalError(f"{lock} cannot be locked: {error.strerror}") from error
        reached("before begun")

    @property
    def over(self) -> bool:
        """Tell whether the end is written down, whichever it is."""
        return self.record.stage != "begun"

    def keeps_in(self, scratch: Path) -> None:
        """Write down where changes will be kept, before that is made. Raises RehearsalError."""
        self._scratch = scratch
        self.keep(self.record.model_copy(update={"scratch": written(bytes(scratch))}), "begun")

    def keep(self, record: RehearsalRecord, point: str) -> None:
        """Write down how far it is. Raises RehearsalError."""
        keep_record(self._run, record, self._disk)
        self.record = record
        self._reached(point)

    def ended(self, record: RehearsalRecord) -> None:
        """Write down that it came to its end, and what it found. Raises RehearsalError."""
        self.keep(record.model_copy(update={"stage": "ended", "reason": ""}), "kept")
        self._working.close()

    def failed(self, reason: str) -> None:
        """Write down that there is nothing to commit, and remove what was kept for it.

        Raises RehearsalError where either cannot be done; both are tried.
        """
        self._reached("before failed")
        gone = self.record.model_copy(update={"stage": "failed", "reason": reason})
        try:
            self.keep(gone, "failed")
        finally:
            if self._scratch is not None:
                remove(self._scratch)
            self._reached("removed")
            self._working.close()
