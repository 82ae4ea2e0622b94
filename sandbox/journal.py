"""The journal: append-only lines of JSON, chained by SHA-256, durable when ``append`` returns.

Promises
- A record that ``append`` returned from is on the disk: one write, then a data sync; the folder is
  synced when the file is made. The file is new (never overwritten), for its owner's eyes only,
  and has one writer at a time (``disk.py``); ``reopen`` only adds, after an intact chain.
- What ``append`` takes, ``read_journal`` reads: a record that is too long for a line is refused.
- After any failed, short or interrupted write the journal is broken: every later ``append`` raises
  ``JournalError``, and nothing is tried a second time.
- Who follows a journal is told of a record only once it is on the disk.
- Values that ``clean`` takes out of texts are out of a record before it is hashed and written.
- A line is plain ASCII: it can be read with ``cat`` and cannot control a terminal.

Does not promise
- Protection from someone who may write the file and knows its form: they can make a new chain. An
  anchor (see ``anchor.py``), or the head hash kept elsewhere, shows that, and a cut at a line.
- Secrecy: see ``records.py``.

Form: ``{"hash","previous","record","run","schema","seq","time"}``, keys sorted, no blanks,
non-ASCII escaped. ``hash`` is the SHA-256 of the same text without ``hash``; the first
``previous`` is 64 zeros. ``examples/verify_journal.py`` checks it with nothing but Python.
Reading is in ``journal_reading.py``.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from handrail.sandbox.disk import Disk, OsDisk
from handrail.sandbox.errors import JournalBusy, JournalError
from handrail.sandbox.journal_reading import (
    FIRST_PREVIOUS,
    LONGEST_LINE,
    JournalReading,
    canonical,
    read_journal,
    verify_journal,
)
from handrail.sandbox.records import RECORD, SCHEMA, Begin, Entry, Record
from handrail.sandbox.redact import Clean, cleaned

__all__ = ["Disk", "Journal", "JournalReading", "OsDisk", "read_journal", "verify_journal"]


class Journal:
    """The one writer of one run's journal; ``clean`` takes out of texts what they may not hold."""

    def __init__(
        self,
        path: Path,
        run_id: str,
        descriptor: int,
        disk: Disk,
        clock: Callable[[], float],
        clean: Clean = str,
    ) -> None:
        self.path = path
        self.run_id = run_id
        self._descriptor: int | None = descriptor
        self._disk = disk
        self._clock = clock
        self._clean = clean
        self._seq = 0
        self._head = FIRST_PREVIOUS
        self._broken = ""
        self._lock = threading.Lock()
        self._followers: list[Callable[[Entry], None]] = []

    @classmethod
    def create(
        cls,
        path: Path,
        run_id: str,
        disk: Disk | None = None,
        clock: Callable[[], float] = time.time,
        clean: Clean = str,
    ) -> Self:
        """Make the journal of a run in an existing folder. Raises JournalError."""
        used = OsDisk() if disk is None else disk
        try:
            descriptor = used.create(path)
        except OSError as error:
            raise JournalError(f"{path}: cannot make the journal: {error.strerror}") from error
        journal = cls(path, run_id, descriptor, used, clock, clean)
        try:
            journal.append(Begin())
            used.sync_folder(path.parent)
        except OSError as error:
            journal.close()
            raise JournalError(f"{path.parent}: cannot be synced: {error.strerror}") from error
        except BaseException:
            journal.close()
            raise
        return journal

    @classmethod
    def reopen(
        cls,
        reading: JournalReading,
        disk: Disk | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Go on with an intact journal after its last whole record; a torn one is cut off.

        Raises JournalError; JournalBusy where its run still writes to it.
        """
        used, path = OsDisk() if disk is None else disk, reading.path
        if reading.problem or not reading.entries:
            raise JournalError(f"{path}: {reading.problem or 'no record'}: it cannot go on")
        try:
            journal = cls(path, reading.run, used.reopen(path), used, clock)
        except BlockingIOError as error:
            raise JournalBusy(f"{path}: is being written to by its run or a command") from error
        except OSError as error:
            raise JournalError(f"{path}: cannot be written to: {error.strerror}") from error
        journal._seq, journal._head = len(reading.entries), reading.head
        try:
            journal._go_on(reading)
        except BaseException:
            journal.close()
            raise
        return journal

    def _go_on(self, reading: JournalReading) -> None:
        """Insist, with the lock held, that the file is as it was read, and cut a torn line off."""
        assert self._descriptor is not None
        if read_journal(self.path) != reading:
            raise JournalError(f"{self.path}: was written to meanwhile; read it again")
        try:
            if reading.torn:
                self._disk.cut(self._descriptor, self.path.stat().st_size - reading.torn)
        except OSError as error:
            raise JournalError(f"{self.path}: cannot be cut: {error.strerror}") from error

    @property
    def head(self) -> str:
        """Return the hash of the last record: print it, keep it elsewhere."""
        return self._head

    @property
    def broken(self) -> bool:
        """Tell whether nothing can be written any more."""
        return bool(self._broken)

    def follow(self, follower: Callable[[Entry], None]) -> None:
        """Tell a follower of every record from now on, in the writer's own time.

        A follower may append records of its own; it must be quick and raise nothing.
        """
        self._followers.append(follower)

    def foreseen(self, record: Record) -> Entry:
        """Return the entry that ``append`` would write now, by a clock that stands still."""
        return self._line(record)[0]

    def append(self, record: Record) -> Entry:
        """Write a record down; when this returns, it is on the disk. Raises JournalError."""
        entry = self._append(record)
        for follower in self._followers:
            follower(entry)
        return entry

    def _append(self, record: Record) -> Entry:
        with self._lock:
            if self._broken or self._descriptor is None:
                raise JournalError(f"{self.path}: the journal is {self._broken or 'closed'}")
            entry, line = self._line(cleaned(record, self._clean))
            if len(line) > LONGEST_LINE:
                raise JournalError(
                    f"{self.path}: a record of {len(line):,} bytes is too long: at most "
                    f"{LONGEST_LINE:,} are read back; nothing was written"
                )
            # Broken until proven whole: an interruption anywhere below leaves it so.
            self._broken = "broken: a write was interrupted; start a new run"
            try:
                written = self._disk.write(self._descriptor, line)
                if written != len(line):
                    raise OSError(f"only {written} of {len(line)} bytes were written")
                self._disk.sync(self._descriptor)
            except OSError as error:
                self._broken = f"broken: {error.strerror or error}; start a new run"
                raise JournalError(f"{self.path}: the journal is {self._broken}") from error
            self._seq, self._head, self._broken = entry.seq + 1, entry.hash, ""
            return entry

    def close(self) -> None:
        """Give the file back; safe to call twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self, record: Record) -> tuple[Entry, bytes]:
        now = float(self._clock())
        body: dict[str, object] = {
            "previous": self._head,
            "record": RECORD.dump_python(record, mode="json"),
            "run": self.run_id,
            "schema": SCHEMA,
            "seq": self._seq,
            "time": now,
        }
        digest = hashlib.sha256(canonical(body)).hexdigest()
        entry = Entry(self._seq, now, self.run_id, self._head, record, digest)
        return entry, canonical({**body, "hash": digest}) + b"\n"
