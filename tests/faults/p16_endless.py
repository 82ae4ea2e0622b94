"""P16: every run ends.

Worlds that go on for ever: proposers that wait, wander, babble or repeat themselves, screens that
never stand still, connections that are always lost, a person who never lets go of the mouse. Each
run must end within its budget.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Press, Scroll, Type, Wait
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.errors import ActionInDoubt, ActionRefused, ObservationFailed, PersonActive
from handrail.actuators.fake import Button, FakeScreen, Field, Widget
from handrail.actuators.observation import Observation
from handrail.agent.agent import Agent, Habits
from handrail.agent.budget import Budget
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal, describe
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import Policy, Rule
from tests.faults.stage import Around, Door, PlayedClock, box, random_action
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

_PATIENCE = 60
_ANY = Policy(
    profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),), known=EVERYTHING
)


class EndlessError(Exception):
    """The run went on past all patience; raised by the proposer only."""


def _widgets() -> list[Widget]:
    return [Field("Name", box(5, 5, 100)), Button("Count", box(5, 40, 60))]


class EndlessProposer:
    """Never comes to an end, in one of several ways."""

    def __init__(self, way: str, random: Random, patience: int = _PATIENCE) -> None:
        self.patience = patience
        self.way = way
        self.random = random
        self.calls = 0

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the next of endlessly many replies."""
        self.calls += 1
        if self.calls > self.patience:
            raise EndlessError
        if self.way == "babbles" or (self.way == "stammers" and self.calls % 2):
            return ParseError("no tool call", "er")
        action = self._action()
        return Proposal(action, describe(action))

    def _action(self) -> Action:
        number = self.calls
        match self.way:
            case "waits":
                return Wait(seconds=self.random.choice((0, 1, 60)))
            case "scrolls":
                return Scroll(dy=40 if number % 2 else -40)
            case "types":
                return Type(text=str(number))
            case "clicks":
                return Click(point=_widgets()[number % 2].box.center)
            case "repeats":
                return Press(keys=("tab",))
            case _:
                return random_action(self.random, _widgets())


class _World(Around):
    """A screen that never comes to rest, in one of several ways."""

    def __init__(self, screen: FakeScreen, way: str) -> None:
        super().__init__(screen)
        self.way = way
        self.looks = 0

    def observe(self) -> Observation:
        """Look at a screen that may be another each time, or none."""
        self.looks += 1
        if self.way == "blinks":
            self.screen.clock_shown, self.screen.seconds = True, 61.0 * self.looks
        if self.way == "moves":
            self.screen.widgets[1].box = box(5 + self.looks % 7 * 9, 40, 60)
        if self.way == "fails" and self.looks > 3:
            raise ObservationFailed("the screen is black")
        return super().observe()

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Act, or fail to."""
        errors: dict[str, Exception] = {
            "loses": ActionInDoubt("timed out"),
            "refuses": ActionRefused("no such key"),
            "held": PersonActive("the mouse moved"),
        }
        if self.way in errors:
            raise errors[self.way]
        return super().perform(action, permit)


WAYS = ("waits", "scrolls", "types", "clicks", "repeats", "wanders", "babbles", "stammers")
_WORLDS = ("still", "blinks", "moves", "fails", "loses", "refuses", "held")


def _endless(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    never = 10**9
    with scratch() as folder:
        path = folder / "journal.jsonl"
        for _, random in seeds("P16 endless", 3 * count, seed):
            way, world = random.choice(WAYS), random.choice(_WORLDS)
            budget = Budget(random.randint(1, 25), random.randint(1, 400), random.randint(1, 40))
            habits = Habits(budget)
            if not defended:
                habits = Habits(Budget(never, never, never), 1, never, never, never)
            wrong = _runs_on(path, (way, world), random, habits)
            path.unlink()
            if tally.new((way, world, budget)) and wrong:
                tally.fail(f"{way} on a screen that {world}", wrong)
            if len(tally.keys) == count:
                break
    return tally.verdict()


def _runs_on(path: Path, ways: tuple[str, str], random: Random, habits: Habits) -> str:
    """Run in an endless world, and say by how much its budget was passed."""
    clock, proposer = PlayedClock(), EndlessProposer(ways[0], random)
    door = Door(path, _widgets(), _ANY, wrap=lambda screen: _World(screen, ways[1]))
    agent = Agent(Watch(door.actuator.observe, clock), proposer, door.gate, StopSwitch(), habits)
    budget = habits.budget
    try:
        result = agent.run("goal")
    except EndlessError:
        return f"{_PATIENCE} calls, and no end"
    finally:
        door.journal.close()
    if result.spent.steps > budget.steps or proposer.calls > budget.calls:
        return f"{result.spent.steps} steps, {proposer.calls} calls of {budget}"
    # One step more may be under way: a screen that settles, and a pause that doubles.
    longest = budget.seconds + 10 + habits.pause * 2 ** min(habits.withdrawals, 10)
    return "" if clock.seconds <= longest else f"{clock.seconds:.0f} s of {budget}"


SUITES = (
    Suite(
        "P16 endless worlds",
        "Every run ends within its budget, whatever the screen or the model does",
        ("fake",),
        Counts(test=8, faults=300, full=300, undefended=12),
        60,
        _endless,
    ),
)
