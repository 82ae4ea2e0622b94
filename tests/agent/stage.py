"""A form on a fake screen with a real gate and journal, for the loop to work on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.errors import ActionInDoubt, PersonActive
from handrail.actuators.fake import Button, FakeScreen, Field
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Observation
from handrail.agent.agent import Agent, Habits
from handrail.agent.history import Step
from handrail.agent.listener import Listener
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Proposer, Puppet
from handrail.agent.result import Result
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.records import Alert

NOWHERE = Point(x=600, y=380)
EVERYTHING = Policy(
    rules=(
        Rule(
            decision="allow",
            effects=("observe", "navigate", "edit", "commit", "destroy", "system"),
        ),
    )
)


class FakeClock:
    """Time that passes only when it is slept."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        """Return the time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let it pass at once."""
        self.time += seconds


@dataclass
class Heard:
    """A listener that remembers."""

    looks: list[Observation] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    result: Result | None = None

    def looked(self, number: int, observation: Observation) -> None:
        """Remember the look."""
        self.looks.append(observation)

    def stepped(self, step: Step) -> None:
        """Remember the step."""
        self.steps.append(step)

    def alerted(self, alert: Alert) -> None:
        """Remember the alert."""
        self.alerts.append(alert)

    def ended(self, result: Result) -> None:
        """Remember the end."""
        self.result = result


class Spy(Puppet):
    """A puppet that does something before each reply, knowing the history."""

    def __init__(
        self, replies: Sequence[Action | str], before: Callable[[Sequence[Step]], None]
    ) -> None:
        super().__init__(replies)
        self._before = before

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Do it, and return the next reply."""
        self._before(history)
        return super().propose(goal, history, observation)


class Screen(FakeScreen):
    """A screen on which a person may be active, or an outcome get lost."""

    busy = 0
    lost: Action | None = None

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Do one action, unless a person is active; perhaps without an answer."""
        if self.busy:
            self.busy -= 1
            raise PersonActive("a person moved the mouse")
        receipt = super().perform(action, permit)
        if action == self.lost:
            raise ActionInDoubt("the connection broke")
        return receipt


class Stage:
    """A form with a field and a button, and all that stands between it and an agent."""

    def __init__(self, folder: Path, policy: Policy = EVERYTHING) -> None:
        self.office = PermitOffice()
        self.field = Field("Name", Box(left=20, top=20, right=220, bottom=50))
        self.button = Button("Save", Box(left=20, top=70, right=120, bottom=100), submits=True)
        self.screen = Screen(self.office, [self.field, self.button])
        self.journal = Journal.create(folder / "journal.jsonl", "test")
        self.stop = StopSwitch(folder / "stop")
        self.clock = FakeClock()
        self.heard = Heard()
        self.gate = Gate(
            self.screen, self.office, policy, self.journal, DenyAll(), lambda: self.stop()
        )

    def agent(
        self, proposer: Proposer, habits: Habits | None = None, listener: Listener | None = None
    ) -> Agent:
        """Return an agent for this stage."""
        watch = Watch(self.screen.observe, self.clock, senses=self.screen)
        return Agent(watch, proposer, self.gate, self.stop, habits, listener or self.heard)

    def run(self, *replies: Action | str, habits: Habits | None = None) -> Result:
        """Let a puppet work, and return how it ended."""
        return self.agent(Puppet(replies), habits).run("Save the name Ada")

    def fill(self, text: str) -> list[Action]:
        """Return the actions that fill the form and send it."""
        return [
            Click(point=self.field.box.center),
            Type(text=text),
            Click(point=self.button.box.center),
        ]


SUCCESS = Terminate(status="success")
BAD = "Action: Click Save\n<tool_call>{"
