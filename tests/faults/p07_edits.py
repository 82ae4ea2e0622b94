"""P7: what was changed after it was written is found.

Single bits are flipped, lines deleted, inserted, swapped, doubled and taken from another run. A
journal that was cut at the end of a line, or made anew as a whole, is found by its anchor alone;
that it passes without one is a limit, and tested as such.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

from handrail.actuators.actions import Click, digest
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Surface
from handrail.sandbox.anchor import Anchor, anchor_of, check_anchor
from handrail.sandbox.errors import JournalCorrupt
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.journal_reading import FIRST_PREVIOUS, canonical
from handrail.sandbox.records import Intent, Note, Place, Result
from tests.faults.stage import QuickDisk
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

Lines = list[bytes]
Check = Callable[[Path, Anchor | None], bool]
"""Tells whether a journal passes for whole, with or without its anchor."""
_KEY = b"a key that is kept elsewhere"


def passes(path: Path, anchor: Anchor | None) -> bool:
    """Read a journal as the product does."""
    reading = read_journal(path)
    if reading.problem or reading.torn:
        return False
    if anchor is None:
        return True
    try:
        check_anchor(reading, anchor, _KEY if anchor.seal else None)
    except JournalCorrupt:
        return False
    return True


def _naive(path: Path, _: Anchor | None) -> bool:
    """Read a log as most are read: every line must be JSON."""
    try:
        return all(json.loads(line) for line in path.read_bytes().splitlines())
    except ValueError:
        return False


def written(path: Path, random: Random, run: str) -> Lines:
    """Write the journal of a run of four to eight actions and return its lines."""
    path.unlink(missing_ok=True)
    ticks = iter(range(10_000))
    with Journal.create(path, run, QuickDisk(), clock=lambda: 1e9 + next(ticks)) as journal:
        journal.append(Note(topic="run", data={"goal": f"goal {random.randrange(10_000)}"}))
        for _ in range(random.randint(4, 8)):
            point = Point(x=random.randrange(1_000), y=random.randrange(1_000))
            intent = Intent(
                action=Click(point=point),
                digest=digest(Click(point=point)),
                effect="edit",
                decision="allow",
                reason="rule 1",
                place=Place.of(Surface("fake", "fake"), None),
                screen=f"{random.getrandbits(256):064x}",
            )
            result = Result(intent=journal.append(intent).seq, outcome="done", seconds=0.5)
            journal.append(result)
    return path.read_bytes().splitlines(keepends=True)


def chained(bodies: list[dict[str, object]]) -> bytes:
    """Return a whole new chain over changed records, as one who knows the form would make it."""
    previous, lines = FIRST_PREVIOUS, []
    for number, body in enumerate(bodies):
        plain = {**{k: v for k, v in body.items() if k != "hash"}, "seq": number}
        plain["previous"] = previous
        previous = hashlib.sha256(canonical(plain)).hexdigest()
        lines.append(canonical({**plain, "hash": previous}) + b"\n")
    return b"".join(lines)


def _flips(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    check: Check = passes if defended else _naive
    with scratch() as folder:
        path, random = folder / "journal.jsonl", Random(f"P7 flips/{seed}")
        data = b"".join(written(path, random, "run-1"))
        for place in random.sample(range(8 * len(data)), min(count, 8 * len(data))):
            flipped = bytearray(data)
            flipped[place // 8] ^= 1 << (place % 8)
            path.write_bytes(flipped)
            tally.new(place)
            if check(path, None):
                tally.fail(f"bit {place}", "passes")
    return tally.verdict()


def _deleted(lines: Lines, other: Lines, random: Random) -> Lines:
    at = random.randrange(len(lines) - 1)
    return lines[:at] + lines[at + random.randint(1, len(lines) - 1 - at) :]


def _inserted(lines: Lines, other: Lines, random: Random) -> Lines:
    """Put in a forged record that follows its predecessor by every rule."""
    at = random.randrange(1, len(lines))
    body = json.loads(lines[at])
    body["record"] = {"kind": "note", "topic": f"forged {random.randrange(10**6)}", "data": {}}
    bodies = [json.loads(line) for line in lines[:at]] + [body]
    return [*lines[:at], chained(bodies).splitlines(keepends=True)[-1], *lines[at:]]


def _swapped(lines: Lines, other: Lines, random: Random) -> Lines:
    one, two = random.sample(range(len(lines)), 2)
    made = list(lines)
    made[one], made[two] = made[two], made[one]
    return made


def _doubled(lines: Lines, other: Lines, random: Random) -> Lines:
    at = random.randrange(len(lines))
    return lines[: at + 1] + [lines[at]] * random.randint(1, 3) + lines[at + 1 :]


def _replayed(lines: Lines, other: Lines, random: Random) -> Lines:
    """Put a line of another run in a line's place, or after it."""
    at = random.randrange(min(len(lines), len(other)))
    return [*lines[:at], other[at], *lines[at + random.randint(0, 1) :]]


_EDITS = (_deleted, _inserted, _swapped, _doubled, _replayed)


def _edits(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    check: Check = passes if defended else _naive
    with scratch() as folder:
        path = folder / "journal.jsonl"
        lines = other = []
        for number, random in seeds("P7 edits", 3 * count, seed):
            if number % 25 == 0:
                other = written(path, random, "run-2")
                lines = written(path, random, "run-1")
            edit = _EDITS[number % len(_EDITS)]
            edited = b"".join(edit(lines, other, random))
            if not tally.new(edited):
                continue
            path.write_bytes(edited)
            if check(path, None):
                tally.fail(f"{number} {edit.__name__}", "passes")
            if len(tally.keys) == count:
                break
    return tally.verdict()


def _cut(lines: Lines, random: Random) -> bytes:
    return b"".join(lines[: random.randrange(1, len(lines))])


def _anew(lines: Lines, random: Random) -> bytes:
    """Change a record and make the whole chain again."""
    bodies = [json.loads(line) for line in lines]
    at = random.randrange(1, len(bodies))
    if random.random() < 0.5:
        del bodies[at]
    else:
        bodies[at]["time"] = random.random() * 1e9
    return chained(bodies)


def _longer(lines: Lines, random: Random) -> bytes:
    """Add a record by every rule after the end."""
    bodies = [json.loads(line) for line in lines]
    note = {"kind": "note", "topic": f"added {random.randrange(10**6)}", "data": {}}
    return chained([*bodies, {**bodies[-1], "record": note}])


_REMADE = (_cut, _anew, _longer, _anew)


def _anchored(count: int, seed: int, defended: bool) -> Verdict:
    """Cut, lengthen or remake journals; every fourth time the anchor is remade as well."""
    tally, limit = Tally(), 0
    with scratch() as folder:
        path = folder / "journal.jsonl"
        for number, random in seeds("P7 anchor", 2 * count, seed):
            lines = written(path, random, f"run-{number}")
            anchor = anchor_of(read_journal(path), final=True, clock=lambda: 1.0).sealed(_KEY)
            kind = number % len(_REMADE)
            path.write_bytes(_REMADE[kind](lines, random))
            if kind == len(_REMADE) - 1:
                forged = anchor_of(read_journal(path), final=True, clock=lambda: 1.0)
                anchor = forged.sealed(b"a key that was made up now")
            if not tally.new(path.read_bytes()):
                continue
            limit += passes(path, None)
            if passes(path, anchor if defended else None):
                tally.fail(f"{number} {_REMADE[kind].__name__}", "passes")
            if len(tally.keys) == count:
                break
    if limit != len(tally.keys):
        tally.fail("limit", f"{len(tally.keys) - limit} were found without an anchor: say so")
    tally.notes.append(f"limit: without an anchor {limit:,} of them pass")
    return tally.verdict()


SUITES = (
    Suite(
        "P7 flips",
        "A single changed bit of a journal is found",
        ("file",),
        Counts(test=300, faults=20_000, full=20_000),
        60,
        _flips,
    ),
    Suite(
        "P7 edits",
        "Lines of a journal that were deleted, inserted, swapped, doubled or replayed are found",
        ("file",),
        Counts(test=200, faults=5_000, full=5_000),
        30,
        _edits,
    ),
    Suite(
        "P7 anchor",
        "A journal that was cut, lengthened or written anew does not fit its sealed anchor",
        ("file",),
        Counts(test=80, faults=4_000, full=4_000),
        40,
        _anchored,
    ),
)
