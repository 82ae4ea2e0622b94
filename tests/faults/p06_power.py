"""P6: what is left of a journal after a power loss, or of a file that was cut at any byte.

A *platter* keeps what was synced; of what was written since, each sector of 512 bytes is there or
is a hole of zeros, in any order, and the file's length may be anything between. A record that
``append`` returned from must be there, whole; of the one under way, all or nothing is believed.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.records import Note
from tests.faults.stage import QuickDisk
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

SECTOR = 512
_IMAGES = 20


class Read(NamedTuple):
    """What a reader makes of a file: how many whole records, how many torn bytes, what is wrong."""

    records: int
    torn: int
    problem: str


Reader = Callable[[Path], Read]


def reader(path: Path) -> Read:
    """Read a journal as the product does."""
    reading = read_journal(path)
    return Read(len(reading.entries), reading.torn, reading.problem)


def _hopeful(path: Path) -> Read:
    """Count lines that look like records: what a reader without a rule for torn lines does."""
    lines = path.read_bytes().split(b"\n")
    return Read(sum(line.startswith(b"{") for line in lines), 0, "")


class _PowerLoss(Exception):
    """The lights went out; raised by the platter only."""


class _Platter:
    """A disk in memory that stops at its n-th operation; ``obeys``: a sync makes data durable."""

    def __init__(self, operations: int, obeys: bool) -> None:
        self.left = operations
        self.obeys = obeys
        self.data = bytearray()
        self.durable = 0
        self.listed = False

    def _tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _PowerLoss

    def create(self, path: Path) -> int:
        self._tick()
        return os.open(os.devnull, os.O_WRONLY)

    def write(self, descriptor: int, data: bytes) -> int:
        self.data += data
        self._tick()
        return len(data)

    def sync(self, descriptor: int) -> None:
        self._tick()
        if self.obeys:
            self.durable = len(self.data)

    def sync_folder(self, folder: Path) -> None:
        self._tick()
        self.listed = self.obeys

    def reopen(self, path: Path) -> int:
        raise NotImplementedError("a run never opens its journal a second time")

    def cut(self, descriptor: int, size: int) -> None:
        raise NotImplementedError("a run never cuts its journal")

    def rename(self, source: Path, target: Path) -> None:
        raise NotImplementedError("a journal is never renamed")

    def image(self, random: Random) -> bytes | None:
        """Return what may be there when the power is back; None where the file is not listed."""
        if not self.listed and random.random() < 0.3:
            return None
        length = random.choice((len(self.data), random.randint(self.durable, len(self.data))))
        image = bytearray(self.data[:length])
        for sector in range(self.durable // SECTOR, length // SECTOR + 1):
            begin, end = max(self.durable, sector * SECTOR), min(length, (sector + 1) * SECTOR)
            if begin < end and random.random() < 0.5:
                image[begin:end] = bytes(end - begin)
        return bytes(image)


def _lines(random: Random, folder: Path, platter: _Platter) -> list[str]:
    """Write until the power goes, and return the hashes of the acknowledged records."""
    told: list[str] = []
    journal: Journal | None = None
    try:
        journal = Journal.create(folder / "platter", "run", platter, clock=lambda: 1.5)
        told.append(journal.head)
        while True:
            text = "x" * random.choice((1, 40, 400, 1_500, 5_000))
            told.append(journal.append(Note(topic="step", data={"text": text})).hash)
    except _PowerLoss:
        return told
    finally:
        if journal is not None:
            journal.close()


def _losses(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    with scratch() as folder:
        path = folder / "journal.jsonl"
        for number, random in seeds("P6 power", 20 * count, seed):
            platter = _Platter(random.randint(1, 14), obeys=defended)
            told = _lines(random, folder, platter)
            for _ in range(_IMAGES):
                image = platter.image(random)
                if not tally.new((number, image)) or len(tally.keys) > count:
                    continue
                if wrong := _lost(path, image, told, bytes(platter.data)):
                    tally.fail(number, wrong)
            if len(tally.keys) >= count:
                break
    return Verdict(min(count, len(tally.keys)), tally.failures, [])


def _lost(path: Path, image: bytes | None, told: list[str], written: bytes) -> str:
    """Say what is lost or wrongly believed, or return an empty string."""
    if image is None:
        return "the journal is lost" if told else ""
    path.write_bytes(image)
    reading = read_journal(path)
    hashes = [entry.hash for entry in reading.entries]
    if hashes[: len(told)] != told:
        return f"{len(told)} records were acknowledged, {len(hashes)} are there"
    whole = sum(map(len, written.splitlines(keepends=True)[: len(hashes)]))
    if image[:whole] != written[:whole]:
        return "a record is believed that was not written"
    # The record that was under way is torn: that is no sign of tampering.
    return f"a false alarm: {reading.problem}" if reading.problem else ""


def _cuts(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    read = reader if defended else _hopeful
    with scratch() as folder:
        path = folder / "journal.jsonl"
        random = Random(f"P6 cuts/{seed}")
        with Journal.create(path, "run", QuickDisk(), clock=lambda: 1.5) as journal:
            while path.stat().st_size < 50_100:
                text = "é\n" * random.randint(1, 400)
                journal.append(Note(topic="step", data={"text": text}))
        data = path.read_bytes()
        places = sorted(random.sample(range(len(data)), min(count, len(data))), reverse=True)
        for place in places:
            os.truncate(path, place)
            tally.new(place)
            whole = data.count(b"\n", 0, place)
            torn = place - (data.rfind(b"\n", 0, place) + 1)
            if read(path) != Read(whole, torn, ""):
                tally.fail(place, f"reads as {read(path)}")
    tally.notes.append(f"a journal of {len(data):,} bytes")
    return tally.verdict()


SUITES = (
    Suite(
        "P6 power losses",
        "After a power loss, with sectors lost in any order, no acknowledged record is missing",
        ("simulated disk",),
        Counts(test=300, faults=20_000, full=20_000),
        90,
        _losses,
    ),
    Suite(
        "P6 cuts",
        "A journal that was cut at any byte keeps every whole record, and no other",
        ("file",),
        Counts(test=150, faults=50_000, full=50_000),
        120,
        _cuts,
    ),
)
