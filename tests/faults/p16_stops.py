"""P16: a stop is obeyed.

Runs are stopped at a random moment: while they look, think, ask, write down, begin an action or are
in the middle of typing. No action may begin after that, no character may be typed but the one that
is under way, the journal says how much was sent, and the run ends as stopped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from handrail.actuators.actions import ENDINGS, Action, Click, Press, Terminate, Type
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.fake import Button, FakeScreen, Field, Widget
from handrail.actuators.observation import Element, Observation
from handrail.actuators.primitives import Safeguards
from handrail.agent.agent import Agent, Habits
from handrail.agent.history import Step
from handrail.agent.proposal import Proposal, describe
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import ONCE, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.journal import read_journal
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import ActionState
from tests.faults.stage import Around, Door, PlayedClock, QuickDisk, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

_STOPPED_AFTER = re.compile(r"stopped after (\d+) of")


def _widgets() -> list[Widget]:
    return [Field("Name", box(5, 5, 100)), Button("Count", box(5, 40, 60))]


@dataclass
class _Moments:
    """Counts everything that happens in a run, and trips the switch at one of these moments."""

    switch: StopSwitch
    at: int
    now: int = 0
    begun: list[int] = field(default_factory=list)
    typed: int = 0

    def tick(self) -> None:
        """Count a moment; the switch is tripped as a signal would."""
        self.now += 1
        if self.now == self.at:
            self.switch.trip()


class _TickingScreen(FakeScreen):
    """Makes a moment of every character that is typed."""

    moments: _Moments | None = None

    def _type(self, character: str) -> None:
        super()._type(character)
        if self.moments is not None:
            self.moments.typed += self.moments.now >= self.moments.at
            self.moments.tick()


class _Ticking(Around):
    """Makes a moment of every look and every action."""

    def __init__(self, screen: FakeScreen, moments: _Moments) -> None:
        super().__init__(screen)
        self.moments = moments

    def observe(self) -> Observation:
        """Look."""
        self.moments.tick()
        return super().observe()

    def focused(self) -> Element | None:
        """Ask what has the keyboard."""
        self.moments.tick()
        return super().focused()

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Act, and remember when it began."""
        self.moments.begun.append(self.moments.now)
        self.moments.tick()
        receipt = super().perform(action, permit)
        self.moments.tick()
        return receipt


class _TickingDisk(QuickDisk):
    """Makes a moment of every write and sync."""

    def __init__(self, moments: _Moments) -> None:
        self.moments = moments

    def write(self, descriptor: int, data: bytes) -> int:
        """Write."""
        self.moments.tick()
        return super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Pretend to sync."""
        self.moments.tick()


class _TickingApprover:
    """Says yes, after a moment."""

    def __init__(self, moments: _Moments) -> None:
        self.moments = moments

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Approve."""
        self.moments.tick()
        return ONCE


class _DeafSwitch(StopSwitch):
    """Hears nothing."""

    def __call__(self) -> bool:
        """Never stop."""
        return False

    def trip(self) -> None:
        """Take no notice."""


class _Proposer:
    """Asks for one action after another; the stop may come while it thinks."""

    def __init__(self, actions: Sequence[Action], moments: _Moments) -> None:
        self.left = list(actions)
        self.moments = moments
        self.ended = 10**9

    def propose(self, goal: str, history: Sequence[Step], observation: Observation) -> Proposal:
        """Return the next action, and an ending after the last."""
        self.moments.tick()
        action = self.left.pop(0) if self.left else Terminate(status="success")
        if isinstance(action, Terminate):
            self.ended = self.moments.now
        return Proposal(action, describe(action))


def _actions(random: Random) -> list[Action]:
    made: list[Action] = [Click(point=_widgets()[0].box.center)]
    for number in range(random.randint(4, 9)):
        text = "abc "[: random.randint(1, 4)] * random.randint(1, 8)
        made.append(random.choice((Type(text=f"{number}{text}"), Press(keys=("end",)))))
    return made


def _wrong(path: Path, moments: _Moments, actions: list[Action]) -> str:
    """Run until the stop, and say what it did not stop."""
    door = Door(
        path,
        _widgets(),
        Policy(profile="ask"),
        approver=_TickingApprover(moments),
        disk=_TickingDisk(moments),
        stopped=moments.switch,
        wrap=lambda screen: _Ticking(screen, moments),
        screen_type=_TickingScreen,
    )
    assert isinstance(door.screen, _TickingScreen)
    door.screen.moments = moments
    door.screen.safeguards = Safeguards(stopped=moments.switch)
    watch = Watch(door.actuator.observe, PlayedClock())
    proposer = _Proposer(actions, moments)
    agent = Agent(watch, proposer, door.gate, moments.switch, Habits(repeats=99))
    result = agent.run("goal")
    door.journal.close()
    late = sum(begin >= moments.at for begin in moments.begun)
    if late:
        return f"{late} actions began after the stop"
    if moments.typed > 1:
        return f"{moments.typed} characters were typed after the stop"
    if wrong := _untold(door):
        return wrong
    in_time = moments.at <= min(moments.now, proposer.ended)
    return f"the run ends as {result.kind}" if in_time and result.kind != "stopped" else ""


def _untold(door: Door) -> str:
    """Return what the journal says otherwise than the screen, or an empty string."""
    states = read_journal(door.path).actions
    sent = [
        state
        for state in states
        if state.state in ("done", "in_doubt") and not isinstance(state.action, ENDINGS)
    ]
    if [state.action for state in sent] != door.screen.performed:
        return f"{len(sent)} actions are written as sent and {len(door.screen.performed)} were"
    typed = sum(_sent(state) for state in sent)
    arrived = len(door.screen.named(Field, "Name").text)
    return "" if typed == arrived else f"{typed} characters are written as sent, {arrived} arrived"


def _sent(state: ActionState) -> int:
    """Return how many characters an action typed, as its outcome tells."""
    if not isinstance(state.action, Type):
        return 0
    told = _STOPPED_AFTER.search(state.reason)
    return len(state.action.text) if told is None else int(told[1])


def _stops(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    late: list[int] = []
    with scratch() as folder:
        path = folder / "journal.jsonl"
        for number, random in seeds("P16 stops", 6 * count, seed):
            switch = StopSwitch() if defended else _DeafSwitch()
            moments, actions = _Moments(switch, random.randint(2, 120)), _actions(random)
            wrong = _wrong(path, moments, actions)
            path.unlink()
            if moments.now < moments.at or not tally.new((str(actions), moments.at)):
                continue  # the run was over before the stop
            late.append(moments.typed)
            if wrong:
                tally.fail(f"{number} at moment {moments.at}", wrong)
            if len(tally.keys) == count:
                break
    p99 = sorted(late)[len(late) * 99 // 100] if late else 0
    tally.notes.append(
        f"characters typed after the stop: p99 {p99}, at most {max(late, default=0)}"
    )
    return tally.verdict()


SUITES = (
    Suite(
        "P16 stops",
        "After a stop at any moment, also within typing, nothing is sent but what is under way",
        ("fake",),
        Counts(test=15, faults=500, full=500, undefended=50),
        40,
        _stops,
    ),
)
