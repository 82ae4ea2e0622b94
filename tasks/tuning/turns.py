"""Turn examples into what a published Qwen3-VL learns: the reply to what a run would say to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from handrail.actuators.actions import Terminate
from handrail.actuators.dialects import qwen_computer
from handrail.actuators.dialects.errors import DialectError
from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent.history import Step
from handrail.agent.parse import parse
from handrail.agent.prompt import messages, reply_text
from handrail.agent.proposal import Proposal, describe
from handrail.model.messages import Message
from handrail.sandbox.outcome import Outcome
from handrail.tasks.tuning.example import Example, LeftOut

_ABSENT = "End: what is asked for is not on the screen."


def geometry_of(example: Example) -> ScreenGeometry:
    """Return the geometry of an example's picture."""
    return ScreenGeometry(width=example.size[0], height=example.size[1])


def seen(example: Example) -> Observation:
    """Return an example's picture as it would be observed. Raises OSError."""
    with Image.open(example.image) as opened:
        image = opened.convert("RGB")
    surface = Surface(kind="fake", name="picture")
    return Observation(image=image, geometry=geometry_of(example), time=0.0, surface=surface)


def history(example: Example) -> list[Step]:
    """Return the steps before an example, as done."""
    return [
        Step(number, Proposal(done.action, done.line or describe(done.action)), _DONE)
        for number, done in enumerate(example.before, start=1)
    ]


_DONE = Outcome("done", "unknown", "")


@dataclass(frozen=True)
class ExampleTurn:
    """One example as a turn to learn."""

    example: Example
    reply: str

    @property
    def where(self) -> str:
        """Return where it comes from."""
        return self.example.where

    def messages(self) -> list[Message]:
        """Return what a run says to the model at this step, with one screenshot."""
        return messages(self.example.goal, history(self.example), seen(self.example), 1)


def turns_of(examples: Sequence[Example]) -> tuple[tuple[ExampleTurn, ...], tuple[LeftOut, ...]]:
    """Return the turns, and what the tool has no form for."""
    turns: list[ExampleTurn] = []
    left_out: list[LeftOut] = []
    for example in examples:
        try:
            turns.append(ExampleTurn(example, _reply(example)))
        except DialectError as error:
            left_out.append(LeftOut(example.where, str(error)))
    return tuple(turns), tuple(left_out)


def _reply(example: Example) -> str:
    """Return the reply that asks for an example's action: a model's own, or one in its format.

    Raises DialectError.
    """
    geometry = geometry_of(example)
    own = parse(example.reply, geometry)
    if isinstance(own, Proposal) and own.action == example.action:
        return example.reply
    qwen_computer.encode(example.action, geometry)  # has it a form at all?
    line = example.line or describe(example.action)
    if example.row is not None:
        line = _ABSENT if isinstance(example.action, Terminate) else example.goal
    return reply_text(Step(1, Proposal(example.action, line)), geometry)
