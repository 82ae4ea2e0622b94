"""Runs that are killed: ``python crashing.py FOLDER DEFENDED``, with the runs to make on stdin.

Each line of the input is a ``Plan`` as JSON. A forked run works off its job through a real gate and
journal, and is killed (SIGKILL) at a named point of one action or after a number of microseconds;
then another run takes the job up where the journal says that it stands. In a folder for each plan
stay both journals, ``effects`` (a line for each effect) and ``acknowledged`` (a hash for each
record that the journal took on).
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from handrail.actuators.actions import Action, Type
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Element, Observation, Surface
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal, OsDisk, read_journal
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.permit import Permit as SealedPermit
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Entry, Record

POINTS = (
    "before intent",
    "half of intent",
    "intent written",
    "intent synced",
    "second look",
    "permit made",
    "before effect",
    "after effect",
    "before result",
    "half of result",
    "result written",
    "result synced",
)


class Plan(NamedTuple):
    """A job of some texts to type, and when its run is killed: at a point, or after a while.

    ``begun``: the while begins with the first record that was acknowledged, not with the process.
    """

    name: str
    texts: tuple[str, ...]
    point: str = ""
    action: int = 0
    microseconds: int = 0
    begun: bool = False


class Fuse:
    """Kills the process when the chosen point of the chosen action is reached."""

    def __init__(self, point: str, action: int) -> None:
        self.point = point
        self.action = action
        self.now = 0

    def reached(self, point: str) -> bool:
        """Tell whether this is the place."""
        return (self.point, self.action) == (point, self.now)

    def at(self, point: str) -> None:
        """Die here, if here it is."""
        if self.reached(point):
            os.kill(os.getpid(), signal.SIGKILL)


class BurningDisk(OsDisk):
    """Knows which record is written by its words."""

    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse
        self.record = "begin"

    def write(self, descriptor: int, data: bytes) -> int:
        """Write, with a chance to die before, half way and after."""
        self.record = "intent" if b'"kind":"intent"' in data else "result"
        self.fuse.at(f"before {self.record}")
        if self.fuse.reached(f"half of {self.record}"):
            super().write(descriptor, data[: len(data) // 2])
            self.fuse.at(f"half of {self.record}")
        written = super().write(descriptor, data)
        self.fuse.at(f"{self.record} written")
        return written

    def sync(self, descriptor: int) -> None:
        """Sync, with a chance to die after."""
        super().sync(descriptor)
        self.fuse.at(f"{self.record} synced")


class LateDisk(BurningDisk):
    """Says that it wrote, and keeps it for later: what a journal in a buffer would be."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__(fuse)
        self.kept: list[bytes] = []

    def write(self, descriptor: int, data: bytes) -> int:
        """Keep up to four records in memory."""
        self.record = "intent" if b'"kind":"intent"' in data else "result"
        self.fuse.at(f"before {self.record}")
        self.kept.append(data)
        if len(self.kept) > 4:
            os.write(descriptor, b"".join(self.kept))
            self.kept.clear()
        self.fuse.at(f"half of {self.record}")
        self.fuse.at(f"{self.record} written")
        return len(data)


class BurningOffice(PermitOffice):
    """Gives a chance to die when a permit was made."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self.fuse = fuse

    def issue(self, action: Action) -> SealedPermit:
        """Return a permit, if there is somebody left to take it."""
        permit = super().issue(action)
        self.fuse.at("permit made")
        return permit


class Counter:
    """A screen whose only effect is a line in a file."""

    def __init__(self, office: PermitOffice, path: Path, fuse: Fuse) -> None:
        self.office = office
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.fuse = fuse

    def observe(self) -> Observation:
        """Look at nothing much."""
        self.fuse.at("second look")
        geometry = ScreenGeometry(width=8, height=8)
        return Observation(Image.new("RGB", (8, 8)), geometry, 0.0, Surface("fake", "counter"))

    def hit_test(self, point: Point) -> Element | None:
        """Know nothing."""
        return None

    def focused(self) -> Element | None:
        """Know nothing."""
        return None

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Write the line."""
        self.office.redeem(permit, action)
        assert isinstance(action, Type)
        self.fuse.at("before effect")
        os.write(self.file, action.text.encode() + b"\n")
        self.fuse.at("after effect")
        return Receipt(0.0)

    def close(self) -> None:
        """Close the file."""
        os.close(self.file)


class TellingJournal(Journal):
    """Writes a hash to another file for each record that was acknowledged."""

    def append(self, record: Record) -> Entry:
        """Append, and then say so."""
        entry = super().append(record)
        with open_for_more(self.path.with_name("acknowledged")) as told:
            os.write(told, entry.hash.encode() + b"\n")
        return entry


@contextmanager
def open_for_more(path: Path) -> Iterator[int]:
    """Open a file to append to."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def run(folder: Path, plan: Plan, defended: bool) -> None:
    """Work the job off, or as far as the fuse lets it."""
    fuse = Fuse(plan.point, plan.action)
    office = BurningOffice(fuse)
    disk = (BurningDisk if defended else LateDisk)(fuse)
    journal = TellingJournal.create(folder / "journal.jsonl", "run", disk)
    _work(folder, journal, office, fuse, list(plan.texts))


def resume(folder: Path, plan: Plan) -> None:
    """Take the job up: what has an intent is never tried again, whatever became of it."""
    first = folder / "journal.jsonl"
    reading = read_journal(first) if first.exists() else None
    begun = {} if reading is None else {s.action: s for s in reading.actions}
    left = [text for text in plan.texts if Type(text=text) not in begun]
    with Journal.create(folder / "resumed.jsonl", "resumed") as journal:
        fuse = Fuse("", 0)
        _work(folder, journal, BurningOffice(fuse), fuse, left)


def _work(
    folder: Path, journal: Journal, office: PermitOffice, fuse: Fuse, texts: list[str]
) -> None:
    counter = Counter(office, folder / "effects", fuse)
    seen = counter.observe()
    policy = Policy(profile="unattended", known=EVERYTHING)
    gate = Gate(counter, office, policy, journal, DenyAll(), lambda: False)
    for number, text in enumerate(texts, start=1):
        fuse.now = number
        gate.submit(Type(text=text), seen, "count")


def _forked(folder: Path, plan: Plan, defended: bool) -> int:
    """Run a plan in a child and return the status it ended with."""
    child = os.fork()
    if child == 0:
        run(folder, plan, defended)
        os._exit(0)
    if not plan.point:
        while plan.begun and not (folder / "acknowledged").exists():
            time.sleep(0.0002)
        time.sleep(plan.microseconds / 1e6)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def main(root: Path, defended: bool) -> None:
    """Make every run that the input asks for."""
    for line in sys.stdin:
        fields = json.loads(line)
        plan = Plan(**{**fields, "texts": tuple(fields["texts"])})
        folder = root / plan.name
        folder.mkdir()
        status = _forked(folder, plan, defended)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if plan.point and not killed:
            sys.exit(f"{plan.name}: {plan.point} of action {plan.action} was never reached")
        resume(folder, plan)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "defended")
