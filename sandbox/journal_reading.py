"""Reading a journal back: what is whole, what is torn, where it is damaged.

Promises
- Whole lines are believed only in an unbroken chain from the first: form, order, run, schema, hash.
- A last line without its line break, or with a hole of zeros where a sector of a disk was never
  written, is *torn*: a power loss leaves such, it was never acknowledged, and it is left out and
  counted. Any other damage is a *problem* with its line number; what stands before it is still
  given.
- Nothing in the file can do more than make it unreadable: no exception but ``JournalError``.

Does not promise
- To notice a last record that was cut off or zeroed, or a journal made anew as a whole, unless the
  head hash that was kept elsewhere is given to ``verify_journal`` (see ``anchor.py``).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handrail.sandbox.errors import JournalCorrupt, JournalError
from handrail.sandbox.records import SCHEMA, ActionState, Begin, Entry, Record, action_states

FIRST_PREVIOUS = "0" * 64
LONGEST_LINE = 4 * 1024 * 1024
_SECTOR = 512  # what a disk writes as a whole or not at all, at the least


def canonical(body: Mapping[str, object]) -> bytes:
    """Return the one form of a JSON object: keys sorted, no blanks, ASCII."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


class _Line(BaseModel):
    """The typed form of a line; ``_parse`` has checked its bytes before."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    hash: str
    previous: str
    record: Record
    run: str
    schema_: int = Field(alias="schema")
    seq: int
    time: float


@dataclass(frozen=True)
class JournalReading:
    """A journal as it was read: ``head`` is the last good hash, ``torn`` the bytes of a torn line.

    ``problem`` is empty, or says what is damaged and in which line.
    """

    path: Path
    run: str
    entries: tuple[Entry, ...]
    head: str
    torn: int
    problem: str

    @property
    def intact(self) -> bool:
        """Tell whether every whole line is as it was written."""
        return not self.problem

    @property
    def actions(self) -> list[ActionState]:
        """Return the intended actions in order, with what became of each."""
        return action_states(self.entries)


def read_journal(path: Path) -> JournalReading:
    """Read a journal as far as it holds. Raises JournalError where the file cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}") from error
    *lines, tail = data.split(b"\n")
    entries: list[Entry] = []
    problem, torn = "", len(tail)
    for number, line in enumerate(lines, start=1):
        last = entries[-1] if entries else None
        try:
            entries.append(_next(last, line))
        except _Damage as damage:
            rest = len(line) + 1 + len(tail)
            if number == len(lines) and _holed(line, len(data) - rest):
                torn = rest
            else:
                problem = f"line {number}: {damage}"
            break
    head = entries[-1].hash if entries else FIRST_PREVIOUS
    if not problem and torn == len(tail) > 0 and _whole_but_its_end(entries, tail):
        problem = f"line {len(lines) + 1}: its line break was changed"
    run = entries[0].run if entries else ""
    return JournalReading(path, run, tuple(entries), head, torn, problem)


def verify_journal(path: Path, head: str | None = None) -> JournalReading:
    """Read a journal and insist that it is intact, and ends in ``head`` where that is given.

    Raises JournalCorrupt with the line, JournalError where the file cannot be read.
    """
    reading = read_journal(path)
    if reading.problem:
        raise JournalCorrupt(f"{path}: {reading.problem}; what stands before that line holds")
    if not reading.entries:
        raise JournalCorrupt(f"{path}: holds no whole record")
    if head is not None and reading.head != head:
        raise JournalCorrupt(
            f"{path}: ends in {reading.head[:12]}, not in the head {head[:12]} that was kept: "
            "it was cut or written anew"
        )
    return reading


class _Damage(Exception):
    """Why a line does not follow from the one before; never leaves this module."""


def _next(last: Entry | None, line: bytes) -> Entry:
    """Return the entry of a line that follows ``last``, or raise _Damage."""
    entry, schema = _parse(line)
    if schema != SCHEMA:
        raise _Damage(f"schema {schema} is not {SCHEMA}, the one that this version reads")
    if entry.previous != (FIRST_PREVIOUS if last is None else last.hash):
        raise _Damage("does not follow from the line before")
    if entry.seq != (0 if last is None else last.seq + 1):
        raise _Damage(f"has the number {entry.seq}")
    if last is not None and entry.run != last.run:
        raise _Damage("belongs to another run")
    if isinstance(entry.record, Begin) != (last is None):
        raise _Damage("only the first line may, and must, begin a journal")
    return entry


def _parse(line: bytes) -> tuple[Entry, int]:
    """Return a line's entry and schema, if its bytes are in the one form and its hash is right."""
    if len(line) >= LONGEST_LINE:  # with its line break it was longer than any that is written
        raise _Damage(f"is {len(line)} bytes long")
    try:
        body = json.loads(line)
        if not isinstance(body, dict) or canonical(body) != line:
            raise _Damage("is not in the form that is written")
        told = body.pop("hash", None)
        if told != hashlib.sha256(canonical(body)).hexdigest():
            raise _Damage("was changed: its hash does not fit")
        read = _Line.model_validate({**body, "hash": told})
    except ValidationError as error:
        raise _Damage(f"holds an unknown record: {error.errors()[0]['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise _Damage("is not JSON") from error
    entry = Entry(read.seq, read.time, read.run, read.previous, read.record, read.hash)
    return entry, read.schema_


def _holed(line: bytes, start: int) -> bool:
    """Tell whether all of a sector's part in the line that begins at ``start`` is zeros.

    A line is plain text: where a sector holds none of it, that sector never reached the disk.
    """
    end = start + len(line)
    first = start - start % _SECTOR
    parts = [
        line[max(0, sector - start) : min(end, sector + _SECTOR) - start]
        for sector in range(first, end, _SECTOR)
    ]
    return any(part and not any(part) for part in parts)


def _whole_but_its_end(entries: list[Entry], tail: bytes) -> bool:
    """Tell whether an unended last line is a whole record and one byte: a changed line break.

    A zero is none: it is a line break whose sector never reached the disk.
    """
    if tail.endswith(b"\0"):
        return False
    try:
        _next(entries[-1] if entries else None, tail[:-1])
    except _Damage:
        return False
    return True
