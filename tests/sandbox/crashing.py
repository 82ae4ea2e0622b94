"""Runs that kill themselves: python crashing.py FOLDER, started by test_crashes.py.

For each point of ``POINTS`` and each of the actions of a short run, a forked run kills itself
(SIGKILL) at that point of that action. Its journal and a file with one byte for each effect stay
in FOLDER.
"""

import os
import signal
import sys
from pathlib import Path

from PIL import Image

from handrail.actuators.actions import Action, Type
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Element, Observation, Surface
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal, OsDisk
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import profile

POINTS = (
    "before intent",
    "half of intent",
    "intent written",
    "intent synced",
    "second look",
    "before effect",
    "after effect",
    "before result",
    "half of result",
    "result written",
    "result synced",
)
ACTIONS = 2


class Fuse:
    """Kills the process when the chosen point of the chosen action is reached."""

    def __init__(self, point: str, action: int) -> None:
        self.point = point
        self.action = action
        self.now = 0

    def reached(self, point: str) -> bool:
        return (self.point, self.action) == (point, self.now)

    def at(self, point: str) -> None:
        if self.reached(point):
            os.kill(os.getpid(), signal.SIGKILL)


class BurningDisk(OsDisk):
    """Knows which record is written by its words."""

    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse
        self.record = "begin"

    def write(self, descriptor: int, data: bytes) -> int:
        self.record = "intent" if b'"kind":"intent"' in data else "result"
        self.fuse.at(f"before {self.record}")
        if self.fuse.reached(f"half of {self.record}"):
            super().write(descriptor, data[: len(data) // 2])
            self.fuse.at(f"half of {self.record}")
        written = super().write(descriptor, data)
        self.fuse.at(f"{self.record} written")
        return written

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        self.fuse.at(f"{self.record} synced")


class Counter:
    """A screen whose only effect is one byte in a file."""

    def __init__(self, office: PermitOffice, path: Path, fuse: Fuse) -> None:
        self.office = office
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.fuse = fuse

    def observe(self) -> Observation:
        self.fuse.at("second look")
        geometry = ScreenGeometry(width=8, height=8)
        return Observation(Image.new("RGB", (8, 8)), geometry, 0.0, Surface("fake", "counter"))

    def hit_test(self, point: Point) -> Element | None:
        return None

    def focused(self) -> Element | None:
        return None

    def perform(self, action: Action, permit: Permit) -> Receipt:
        self.office.redeem(permit, action)
        self.fuse.at("before effect")
        os.write(self.file, b"x")
        self.fuse.at("after effect")
        return Receipt(0.0)

    def close(self) -> None:
        os.close(self.file)


def run(folder: Path, fuse: Fuse) -> None:
    office = PermitOffice()
    journal = Journal.create(folder / "journal.jsonl", "run", BurningDisk(fuse))
    counter = Counter(office, folder / "effects", fuse)
    seen = counter.observe()
    gate = Gate(counter, office, profile("unattended"), journal, DenyAll(), lambda: False)
    for number in range(1, ACTIONS + 1):
        fuse.now = number
        gate.submit(Type(text=str(number)), seen, "count")


def main(folder: Path) -> None:
    for point in POINTS:
        for action in range(1, ACTIONS + 1):
            place = folder / f"{point} of {action}"
            place.mkdir()
            child = os.fork()
            if child == 0:
                run(place, Fuse(point, action))
                os._exit(1)
            _, status = os.waitpid(child, 0)
            if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
                sys.exit(f"{point} of {action} was never reached")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
