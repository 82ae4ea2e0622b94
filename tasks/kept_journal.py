"""A journal and what is kept of it outside: the head in its run's record, and its anchor."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from handrail.actuators.base import sanitise
from handrail.sandbox.anchor import Anchor, anchor_of, check_anchor, keep_anchor, read_anchor
from handrail.sandbox.disk import Disk, OsDisk
from handrail.sandbox.errors import JournalCorrupt
from handrail.sandbox.journal import Journal, JournalReading, read_journal, verify_journal
from handrail.sandbox.records import Observed, Record
from handrail.tasks.errors import KeyUnreadable, NoSuchAction, NoSuchRun
from handrail.tasks.logs import find_journal
from handrail.tasks.run_file import keep_run_file, read_run_file
from handrail.tasks.runs import RunFolder, anchor_path

Seen = Literal["done", "not_done"]
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True)
class KeptJournal:
    """``head``: the last hash in the run's record; ``anchor``: its file; None where there is none.

    ``root`` is the folder of all runs, beside which new anchors go.
    """

    root: Path
    path: Path
    head: str | None
    anchor: Path | None

    @classmethod
    def found(cls, root: Path, name: str) -> Self:
        """Find the journal of a run, or of a path to one. Raises NoSuchRun, JournalError.

        Its anchor is looked for under the name of its folder, about which the journal cannot lie,
        and then under the name of the run in it.
        """
        path, head = find_journal(root, name)
        folder = path.resolve().parent
        places = [anchor_path(folder.parent, folder.name)]
        for run in (folder.name, read_journal(path).run):
            if _RUN.fullmatch(run):
                places.append(anchor_path(root, run))
        anchor = next((place for place in places if place.is_file()), None)
        return cls(root, path, head, anchor)

    def checked(self, head: str | None = None, key: bytes | None = None) -> JournalReading:
        """Read it, and insist that it holds and fits what is kept. Raises JournalCorrupt."""
        anchor = self._anchored
        kept = self.head
        if anchor is not None and anchor.final and kept in (anchor.head, anchor.announced):
            kept = None  # the anchor knows this end, and the one that may follow
        reading = verify_journal(self.path, head or kept)
        if anchor is not None:
            check_anchor(reading, anchor, key)
        elif key is not None:
            raise JournalCorrupt(f"{self.path}: has no anchor that the key could have sealed")
        return reading

    def insist_idle(self) -> None:
        """Insist that nobody writes to it now. Raises JournalBusy, JournalError."""
        Journal.reopen(read_journal(self.path), _LookingDisk()).close()

    @property
    def interrupted(self) -> bool:
        """Tell whether something was being added when it was interrupted."""
        return self._anchored is not None and self._anchored.announced is not None

    def sealed(self, key: bytes | None) -> tuple[Path, Anchor]:
        """Anchor it as it is now, and return the anchor with its place.

        Raises JournalCorrupt, NoSuchRun, KeyUnreadable where the anchor was sealed and there is no
        key to seal it anew.
        """
        return self._renewed(self._checked_anew(key), key, OsDisk())

    def observed(
        self,
        record: int,
        seen: Seen,
        reason: str,
        key: bytes | None = None,
        disk: Disk | None = None,
    ) -> JournalReading:
        """Add what was seen of an action in doubt, and renew what is kept of the journal.

        Raises as ``adding`` does, and NoSuchAction where that record is no action in doubt.
        """
        with self.adding(key, disk) as addition:
            if not reason.strip() or not reason.isprintable():
                raise NoSuchAction("say in a line of plain text how it was seen")
            doubts = [s.seq for s in addition.reading.actions if s.state == "in_doubt"]
            if record not in doubts:
                there = ", ".join(map(str, doubts)) or "none is"
                raise NoSuchAction(f"record {record} is no action in doubt; in doubt: {there}")
            addition.add(Observed(intent=record, outcome=seen, reason=reason))
        return addition.reading

    @contextmanager
    def adding(self, key: bytes | None = None, disk: Disk | None = None) -> "Iterator[Addition]":
        """Open it to add records, each of which is announced before and kept after.

        However it is interrupted, the journal fits its anchor: with a record or without it. Raises
        JournalCorrupt, JournalError, JournalBusy where its run still goes on, KeyUnreadable where
        the anchor was sealed and there is no key to seal it anew.
        """
        used = OsDisk() if disk is None else disk
        reading = self._checked_anew(key)
        if self.interrupted:
            self._renewed(reading, key, used)
        clock = _HeldClock()
        with Journal.reopen(reading, used, clock) as journal:
            yield Addition(self, journal, reading, clock, key, used)

    @property
    def _anchored(self) -> Anchor | None:
        return None if self.anchor is None else read_anchor(self.anchor)

    def _checked_anew(self, key: bytes | None) -> JournalReading:
        """Read it before it is anchored anew: an anchor that was sealed must be, with this key."""
        old = self._anchored
        sealed = old is not None and bool(old.seal)
        if sealed and key is None:
            raise KeyUnreadable("the anchor was sealed with a key: it is needed to seal it anew")
        return self.checked(key=key if sealed else None)

    def _renewed(
        self, reading: JournalReading, key: bytes | None, disk: Disk
    ) -> tuple[Path, Anchor]:
        """Let the run's record and the anchor say where the journal ends now."""
        if self.head is not None:
            place = RunFolder(self.path.parent).record
            content = read_run_file(place).model_copy(update={"journal_head": reading.head})
            keep_run_file(place, content, disk)
        return self._kept(reading, key, disk)

    def _kept(
        self, reading: JournalReading, key: bytes | None, disk: Disk, announced: str | None = None
    ) -> tuple[Path, Anchor]:
        """Anchor what was read, and return the anchor with its place. Raises NoSuchRun."""
        if not _RUN.fullmatch(reading.run):
            raise NoSuchRun(f"the run is called {sanitise(reading.run)!r}: that is no run's name")
        old = self._anchored
        final = self.head is not None or (old is not None and old.final)
        anchor = anchor_of(reading, final).model_copy(update={"announced": announced})
        if key is not None:
            anchor = anchor.sealed(key)
        place = self.anchor or anchor_path(self.root, reading.run)
        keep_anchor(anchor, place, disk)
        return place, anchor


class _LookingDisk(OsDisk):
    """Takes the lock of a file, and leaves a torn line as it is."""

    def cut(self, descriptor: int, size: int) -> None:
        """Do nothing."""


class _HeldClock:
    """A clock that stands still between two readings that must agree."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@dataclass
class Addition:
    """A journal that is open to be added to; ``reading`` is how it stands."""

    kept: KeptJournal
    journal: Journal
    reading: JournalReading
    clock: _HeldClock
    key: bytes | None
    disk: Disk

    def add(self, record: Record) -> None:
        """Add a record, and renew what is kept. Raises JournalError, RunFolderError."""
        self.clock.now = time.time()
        announced = self.journal.foreseen(record).hash
        self.kept._kept(self.reading, self.key, self.disk, announced)
        self.journal.append(record)
        self.reading = read_journal(self.kept.path)
        self.kept._renewed(self.reading, self.key, self.disk)
