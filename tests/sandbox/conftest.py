"""A fake screen behind a real gate, and readers of what was written and what was done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from handrail.actuators.actions import Action
from handrail.actuators.base import Actuator
from handrail.actuators.fake import (
    Button,
    Caption,
    Checkbox,
    FakeScreen,
    Field,
    Link,
    Widget,
)
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Observation
from handrail.sandbox.approval import Approver, DenyAll, ScriptedApprover
from handrail.sandbox.gate import Gate, Outcome
from handrail.sandbox.journal import Journal, JournalReading, read_journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, ProfileName, profile
from handrail.sandbox.records import ActionState, Record
from handrail.sandbox.rulebook import Rulebook
from tests.sandbox.kept_run import MakeRun, Run
from tests.sandbox.warden_stage import WardenStand


def box(left: int, top: int, width: int, height: int) -> Box:
    return Box(left=left, top=top, right=left + width, bottom=top + height)


def form() -> list[Widget]:
    return [
        Caption("Your account", box(20, 10, 200, 30)),
        Field("Name", box(20, 50, 200, 30)),
        Checkbox("Remember me", box(20, 100, 20, 20)),
        Button("Send", box(20, 140, 90, 30), submits=True),
        Button("Count", box(140, 140, 90, 30)),
        Link("Help", box(260, 140, 60, 30)),
    ]


@dataclass
class Door:
    """A gate in front of a fake screen; ``wrap`` may put another actuator between the two."""

    folder: Path
    policy: Policy = field(default_factory=lambda: profile("unattended"))
    approver: Approver = field(default_factory=DenyAll)
    stopped: Callable[[], bool] = lambda: False
    wrap: Callable[[FakeScreen], Actuator] = lambda screen: screen
    widgets: list[Widget] = field(default_factory=form)

    def __post_init__(self) -> None:
        self.office = PermitOffice()
        self.screen = FakeScreen(self.office, self.widgets)
        self.path = self.folder / "journal.jsonl"
        self.journal = Journal.create(self.path, "run-1")
        self.actuator = self.wrap(self.screen)
        self.gate = Gate(
            self.actuator, self.office, self.policy, self.journal, self.approver, self.stopped
        )

    def submit(self, action: Action, seen: Observation | None = None) -> Outcome:
        """Submit an action that was decided on ``seen``, or on the screen as it is now."""
        return self.gate.submit(action, seen or self.screen.observe(), "fill in the form")

    def at(self, name: str) -> Point:
        """Return the middle of a widget."""
        return next(w for w in self.screen.widgets if w.name == name).box.center

    @property
    def reading(self) -> JournalReading:
        """Return the journal."""
        return read_journal(self.path)

    @property
    def records(self) -> list[Record]:
        """Return what the journal says after its first record."""
        reading = self.reading
        assert reading.intact
        return [entry.record for entry in reading.entries[1:]]

    @property
    def states(self) -> list[ActionState]:
        """Return the intended actions and what became of them."""
        return read_journal(self.path).actions


@pytest.fixture
def open_door(tmp_path: Path) -> Iterable[Callable[..., Door]]:
    doors: list[Door] = []

    def make(**settings: object) -> Door:
        folder = tmp_path / str(len(doors))
        folder.mkdir()
        doors.append(Door(folder, **settings))  # type: ignore[arg-type]
        return doors[-1]

    yield make
    for door in doors:
        door.journal.close()


@pytest.fixture
def made(open_door: Callable[..., Door]) -> MakeRun:
    return lambda **world: Run(
        open_door(policy=profile("ask"), approver=ScriptedApprover([True] * 40)), dict(world)
    )


@pytest.fixture
def stand(tmp_path: Path) -> Callable[..., WardenStand]:
    def make(policy: Policy | Rulebook | ProfileName = "ask", **more: object) -> WardenStand:
        known = Policy(profile=policy) if isinstance(policy, str) else policy
        return WardenStand(tmp_path / "journal.jsonl", known, **more)  # type: ignore[arg-type]

    return make
