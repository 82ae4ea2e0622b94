"""P1: no effect without a permit.

An episode is a random screen, policy, approver and stop; its actions go through the gate, and
between them an intruder holds the actuator itself and tries permits that are absent, forged, spent,
expired, of another office or for another action. Afterwards the journal alone is played on a twin
of the screen: where the two worlds differ, something happened that was never written down.
"""

import copy
import dataclasses
import itertools
from pathlib import Path
from random import Random

from handrail.actuators.actions import ENDINGS, Action, Terminate, digest
from handrail.actuators.base import Permit as AnyPermit
from handrail.actuators.errors import ActuatorError
from handrail.actuators.fake import Button, Checkbox, FakeScreen, Field, Widget
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.journal import read_journal
from handrail.sandbox.permit import Permit, PermitOffice
from handrail.sandbox.policy import Decision, Policy, ProfileName, Rule, profile
from tests.faults.stage import SIZE, Door, OpenOffice, random_action, random_widgets
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class _Counting(PermitOffice):
    """Remembers what it issued."""

    def __init__(self, clock: _Clock) -> None:
        super().__init__(30, clock)
        self.issued: list[Permit] = []

    def issue(self, action: Action) -> Permit:
        self.issued.append(super().issue(action))
        return self.issued[-1]


class _Careless(OpenOffice, _Counting):
    """Counts, and refuses nothing."""


@dataclasses.dataclass(frozen=True)
class _Nothing:
    action_digest: str


@dataclasses.dataclass
class _Episode:
    """A door, the widgets as they were before, and what was tried."""

    door: Door
    office: _Counting
    clock: _Clock
    before: list[Widget]
    tried: list[str]

    @classmethod
    def begun(cls, path: Path, random: Random, defended: bool) -> "_Episode":
        clock = _Clock()
        office = (_Counting if defended else _Careless)(clock)
        widgets = random_widgets(random)
        before = copy.deepcopy(widgets)
        stop_after = random.choice((99, 99, 99, random.randrange(8)))
        asked = itertools.count()
        door = Door(
            path,
            widgets,
            policy=_policy(random),
            approver=ScriptedApprover([random.random() < 0.6 for _ in range(8)]),
            office=office,
            stopped=lambda: next(asked) >= stop_after,
        )
        return cls(door, office, clock, before, [repr(before), repr(door.policy)])

    def play(self, random: Random) -> None:
        """Submit actions, and try others behind the gate's back."""
        gate, screen = self.door.gate, self.door.screen
        for _ in range(random.randint(2, 5)):
            action = random_action(random, self.before, beyond=0.05)
            self.tried.append(repr(action))
            gate.submit(action, screen.observe(), "goal")
            self.clock.now += random.choice((0, 0, 20))
            self._intrude(random)
        if random.random() < 0.5:
            gate.submit(Terminate(status="success"), screen.observe(), "goal")
        self.door.journal.close()

    def _intrude(self, random: Random) -> None:
        """Try to act without the gate; a refusal is what is hoped for."""
        action = random_action(random, self.before)
        permits: list[AnyPermit] = [
            _Nothing(digest(action)),
            Permit("0" * 32, digest(action), 1e9, "0" * 64),
            PermitOffice(clock=self.clock).issue(action),
        ]
        if self.office.issued:
            old = random.choice(self.office.issued)
            permits += [old, dataclasses.replace(old, expires=1e9)]
            permits += [dataclasses.replace(old, action_digest=digest(action))]
        for permit in random.sample(permits, 2):
            try:
                self.door.actuator.perform(action, permit)
            except ActuatorError:
                continue

    def wrong(self) -> str:
        """Say how effects, permits and intents differ, or return an empty string."""
        states = read_journal(self.door.path).actions
        done = [s.action for s in states if s.state == "done"]
        landed = [action for action in done if not isinstance(action, ENDINGS)]
        failed = sum(s.state == "failed" for s in states)
        effects = self.door.screen.performed
        if effects != landed:
            return f"{len(effects)} effects and {len(landed)} intents"
        if len(self.office.issued) != len(landed) + failed:
            return f"{len(self.office.issued)} permits for {len(landed)} effects"
        office = PermitOffice()
        twin = FakeScreen(office, self.before, SIZE)
        for action in landed:
            twin.perform(action, office.issue(action))
        same = _world(self.door.screen) == _world(twin)
        return "" if same else "the journal does not explain the world"


_PROFILES: tuple[ProfileName, ...] = ("observe", "ask", "unattended", "unattended")
_DECISIONS: tuple[Decision, ...] = ("allow", "ask", "deny")


def _policy(random: Random) -> Policy:
    name = random.choice(_PROFILES)
    if random.random() < 0.5:
        return profile(name)
    rule = Rule(decision=random.choice(_DECISIONS), effects=("commit", "edit", "destroy"))
    return Policy(profile=name, rules=(rule,))


def _world(screen: FakeScreen) -> list[object]:
    """Return everything about a screen that an effect can change."""
    state: list[object] = [screen.pointer, screen.scrolled, screen.submitted, screen.clipboard]
    return state + [_state(widget) for widget in screen.widgets]


def _state(widget: Widget) -> object:
    if isinstance(widget, Field):
        return widget.text, widget.caret, widget.anchor
    if isinstance(widget, Button):
        return widget.presses
    return widget.checked if isinstance(widget, Checkbox) else widget.name


def _episodes(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    effects = 0
    with scratch() as folder:
        path = folder / "journal.jsonl"
        for number, random in seeds("P1", count, seed):
            episode = _Episode.begun(path, random, defended)
            episode.play(random)
            tally.new("\n".join(episode.tried))
            effects += len(episode.door.screen.performed)
            if wrong := episode.wrong():
                tally.fail(number, wrong)
            path.unlink()
    tally.notes.append(f"{effects:,} effects, played again from the journal on a twin")
    return tally.verdict()


SUITES = (
    Suite(
        "P1 episodes",
        "No effect without a permit: effects, permits and journal intents are the same",
        ("fake",),
        Counts(test=120, faults=10_000, full=10_000),
        90,
        _episodes,
    ),
)
