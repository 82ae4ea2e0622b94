"""A journal and what is kept of it outside: the head in its run's record, and its anchor."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from handrail.actuators.base import sanitise
from handrail.sandbox.anchor import Anchor, anchor_of, check_anchor, keep_anchor, read_anchor
from handrail.sandbox.errors import JournalCorrupt
from handrail.sandbox.journal import Journal, JournalReading, read_journal, verify_journal
from handrail.sandbox.records import Observed
from handrail.tasks.errors import KeyUnreadable, NoSuchAction, NoSuchRun
from handrail.tasks.logs import find_journal
from handrail.tasks.run_file import read_run_file, write_run_file
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
        reading = verify_journal(self.path, head or self.head)
        if self.anchor is not None:
            check_anchor(reading, read_anchor(self.anchor), key)
        elif key is not None:
            raise JournalCorrupt(f"{self.path}: has no anchor that the key could have sealed")
        return reading

    def checked_anew(self, key: bytes | None) -> JournalReading:
        """Read it before it is anchored anew: an anchor that was sealed must be, with this key.

        Raises JournalCorrupt, KeyUnreadable where the key is missing.
        """
        sealed = self.anchor is not None and bool(self._old().seal)
        if sealed and key is None:
            raise KeyUnreadable("the anchor was sealed with a key: it is needed to seal it anew")
        return self.checked(key=key if sealed else None)

    def anchored(self, reading: JournalReading, key: bytes | None) -> tuple[Path, Anchor]:
        """Anchor what was read, and return the anchor with its place. Raises NoSuchRun."""
        if not _RUN.fullmatch(reading.run):
            raise NoSuchRun(f"the run is called {sanitise(reading.run)!r}: that is no run's name")
        final = self.head is not None or (self.anchor is not None and self._old().final)
        anchor = anchor_of(reading, final)
        if key is not None:
            anchor = anchor.sealed(key)
        place = self.anchor or anchor_path(self.root, reading.run)
        keep_anchor(anchor, place)
        return place, anchor

    def observed(self, record: int, seen: Seen, reason: str, key: bytes | None) -> JournalReading:
        """Add what was seen of an action in doubt, and renew what is kept of the journal.

        Raises JournalCorrupt, NoSuchAction where that record is no action in doubt, KeyUnreadable
        where the anchor was sealed and there is no key to seal it anew.
        """
        reading = self.checked_anew(key)
        if not reason.strip() or not reason.isprintable():
            raise NoSuchAction("say in a line of plain text how it was seen")
        doubts = [s.seq for s in reading.actions if s.state == "in_doubt"]
        if record not in doubts:
            there = ", ".join(map(str, doubts)) or "none is"
            raise NoSuchAction(f"record {record} is no action in doubt; in doubt: {there}")
        with Journal.reopen(reading) as journal:
            journal.append(Observed(intent=record, outcome=seen, reason=reason))
        after = read_journal(self.path)
        if self.head is not None:
            place = RunFolder(self.path.parent).record
            kept = read_run_file(place).model_copy(update={"journal_head": after.head})
            write_run_file(place, kept)
        self.anchored(after, key)
        return after

    def _old(self) -> Anchor:
        assert self.anchor is not None
        return read_anchor(self.anchor)
