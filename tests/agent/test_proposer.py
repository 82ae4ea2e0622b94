"""The model's proposer: what it says to the engine, and what it makes of the reply."""

from collections.abc import Sequence
from typing import Literal, cast

from PIL import Image

from handrail.actuators.actions import Click, Terminate, Type
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import ModelProposer, Puppet
from handrail.model.engine import Engine
from handrail.model.generation import Generation
from handrail.model.grammar import ToolGrammar
from handrail.model.messages import ImagePart, Message, TextPart, ToolSchema

GOOD = (
    'Action: Click Save.\n<tool_call>\n{"name": "computer_use", "arguments": '
    '{"action": "left_click", "coordinate": [500, 500]}}\n</tool_call>'
)
SEEN = Observation(
    image=Image.new("RGB", (64, 40)),
    geometry=ScreenGeometry(width=64, height=40),
    time=0.0,
    surface=Surface(kind="fake", name="test"),
)


class Speaker:
    """An engine that says one thing, and remembers what it was told."""

    dialect = "json"

    def __init__(self, text: str, finish: Literal["stop", "length"] = "stop") -> None:
        self.told: list[Message] = []
        self.tools: list[ToolSchema] = []
        self._made = Generation(text, (1, 2, 3), finish, 120, 80, 0.5)

    def generate(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema], follow: ToolGrammar
    ) -> Generation:
        self.told, self.tools, self.follow = list(messages), list(tools), follow
        return self._made


def proposer(speaker: Speaker) -> ModelProposer:
    return ModelProposer(cast(Engine, speaker))


def test_a_reply_is_read_and_its_cost_is_told() -> None:
    speaker = Speaker(GOOD)
    made = proposer(speaker).propose("Save it", [], SEEN)
    assert isinstance(made, Proposal)
    assert made.action == Click(point=Point(x=32, y=20))
    usage = made.usage
    assert (usage.calls, usage.prompt_tokens, usage.image_tokens) == (1, 120, 80)
    assert (usage.reply_tokens, usage.seconds) == (3, 0.5)
    assert [message.role for message in speaker.told] == ["system", "user"]
    assert speaker.told[1].seen == [ImagePart(SEEN.image)]
    assert len(speaker.tools) == 1
    assert list(speaker.follow.tools) == ["computer_use"]


def test_a_reply_that_was_cut_off_is_not_acted_on() -> None:
    made = proposer(Speaker(GOOD, "length")).propose("Save it", [], SEEN)
    assert isinstance(made, ParseError)
    assert made.usage.reply_tokens == 3


def test_a_puppet_ends_when_its_list_does() -> None:
    made = Puppet([]).propose("Save it", [], SEEN)
    assert isinstance(made, Proposal)
    assert made.action == Terminate(status="failure")


def test_a_checkpoint_that_writes_xml_is_asked_for_it_and_read() -> None:
    call = "<tool_call>\n<function=computer_use>\n<parameter=action>\ntype\n</parameter>\n"
    call += "<parameter=text>\n12 <b>\n</parameter>\n</function>\n</tool_call>"
    speaker = Speaker(f"Action: Type it.\n{call}")
    speaker.dialect = "xml"
    made = proposer(speaker).propose("Type it", [], SEEN)
    assert isinstance(made, Proposal)
    assert made.action == Type(text="12 <b>")
    assert speaker.follow.dialect == "xml"
    system = speaker.told[0].content[0]
    assert isinstance(system, TextPart)
    assert "a single function call as XML" in system.text
