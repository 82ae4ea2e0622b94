"""P9: an action whose outcome is unknown is never sent again.

The actuator loses its connection after the effect landed, or before, and cannot tell which. The
proposer is stubborn and asks for the same action over and over. It must have happened at most once,
read as in doubt, and not end as a success.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.errors import ActionInDoubt, EnvironmentMissing, Unreachable
from handrail.actuators.fake import Button, Checkbox, FakeScreen, Field, Widget
from handrail.agent.agent import Agent
from handrail.agent.proposer import Puppet
from handrail.agent.result import Result
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.journal import read_journal
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from tests.faults.stage import Around, Door, OpenOffice, PlayedClock, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

_ALLOWED = Policy(
    profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),), known=EVERYTHING
)


class _Losing(Around):
    """Loses the connection at its n-th action, after the effect or before it."""

    def __init__(self, screen: FakeScreen, at: int, landed: bool, error: Exception) -> None:
        super().__init__(screen)
        self.left = at
        self.landed = landed
        self.error = error

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Act, or lose the connection on the way there or back."""
        self.left -= 1
        if self.left != 0:
            return super().perform(action, permit)
        if self.landed:
            super().perform(action, permit)
        raise self.error


class _Resending(_Losing):
    """Sends an action again when no answer came, up to three times, as some controllers do."""

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Try, and try again."""
        for _ in range(2):
            try:
                return super().perform(action, permit)
            except (ActionInDoubt, EnvironmentMissing, Unreachable):
                continue
        return super().perform(action, permit)


@dataclass(frozen=True)
class _Case:
    """A job of some actions, the one of them that is lost, and how."""

    actions: tuple[Action, ...]
    at: int
    landed: bool
    stubborn: int
    error: Exception

    @classmethod
    def made(cls, random: Random, widgets: list[Widget]) -> "_Case":
        name, send, tick = (widget.box.center for widget in widgets)
        first: list[Action] = [Click(point=name)]
        more: list[Action] = []
        for number in range(random.randint(1, 5)):
            choices: list[Action] = [
                Click(point=send, count=random.choice((1, 2))),
                Click(point=tick),
                Press(keys=(random.choice("xyz"),)),
            ]
            if not any(isinstance(one, Click) for one in more):  # the field has the keyboard still
                choices.append(Type(text=f"{number}{random.choice('abcdef')}"))
            more.append(random.choice(choices))
        errors = (ActionInDoubt("timed out"), Unreachable("gone"), EnvironmentMissing("gone"))
        at = random.randint(1, 1 + len(more))
        landed = random.random() < 0.7
        return cls((*first, *more), at, landed, random.randint(1, 4), random.choice(errors))


def _run(path: Path, case: _Case, widgets: list[Widget], defended: bool) -> tuple[Result, Door]:
    office = PermitOffice() if defended else OpenOffice()
    between = _Losing if defended else _Resending
    door = Door(
        path,
        widgets,
        _ALLOWED,
        office=office,
        wrap=lambda screen: between(screen, case.at, case.landed, case.error),
    )
    again = [case.actions[case.at - 1]] * case.stubborn
    asked = [*case.actions[: case.at], *again, *case.actions[case.at :]]
    watch = Watch(door.actuator.observe, PlayedClock())
    agent = Agent(watch, Puppet(asked), door.gate, StopSwitch())
    result = agent.run("fill in the form")
    door.journal.close()
    return result, door


def _wrong(case: _Case, result: Result, door: Door) -> str:
    """Say what was repeated or hidden, or return an empty string."""
    states = read_journal(door.path).actions
    if len(states) < case.at:
        return f"only {len(states)} actions were begun: {result.reason}"
    lost = states[case.at - 1]
    wanted = list(case.actions[: case.at if case.landed else case.at - 1])
    if door.screen.performed != wanted:
        return f"{len(door.screen.performed)} effects instead of {len(wanted)}"
    if lost.state != "in_doubt":
        return f"the lost action reads as {lost.state}"
    return "it is called a success" if result.kind == "success" else ""


def _timeouts(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    with scratch() as folder:
        for number, random in seeds("P9", 4 * count, seed):
            widgets: list[Widget] = [
                Field("Name", box(5, 5, 100)),
                Button("Count", box(5, 40, 60)),
                Checkbox("Later", box(5, 80, 60)),
            ]
            case = _Case.made(random, widgets)
            path = folder / f"{number}.jsonl"
            result, door = _run(path, case, widgets, defended)
            key = (case.actions, case.at, case.landed, case.stubborn, str(case.error))
            if tally.new(key) and (wrong := _wrong(case, result, door)):
                tally.fail(number, wrong)
            if len(tally.keys) == count:
                break
    return tally.verdict()


SUITES = (
    Suite(
        "P9 timeouts",
        "An action whose outcome is unknown is never sent again, however often it is asked for",
        ("fake",),
        Counts(test=60, faults=500, full=500),
        20,
        _timeouts,
    ),
)
