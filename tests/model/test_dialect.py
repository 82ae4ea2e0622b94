"""A checkpoint writes tool calls as its own chat template shows them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.actuators.geometry import ScreenGeometry
from handrail.agent.parse import parse
from handrail.agent.proposal import Proposal
from handrail.agent.tool import reply_grammar
from handrail.model import xml_call
from handrail.model.engine import Engine
from handrail.model.errors import GrammarError
from handrail.model.grammar import Constraint
from handrail.model.messages import Message, TextPart
from handrail.model.sampling import GenerateOptions

SCREEN = ScreenGeometry(width=1280, height=800)


def test_a_checkpoint_whose_template_shows_xml_writes_actions_that_are_read(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    """From the template to the action: random weights, held to the grammar of the XML form."""
    folder = Path(shutil.copytree(checkpoint("tied"), tmp_path / "xml"))
    told = json.loads((folder / "chat_template.json").read_text())
    told["chat_template"] += "{# <function=NAME><parameter=NAME> #}"
    (folder / "chat_template.json").write_text(json.dumps(told))
    engine = Engine.load(folder, dtype="float32")
    assert engine.dialect == "xml"
    assert Engine.load(checkpoint("tied")).dialect == "json"
    for seed in range(6):
        made = engine.generate(
            [Message("user", [TextPart(f"Press Save {seed}.")])],
            options=GenerateOptions(max_new_tokens=1500, temperature=1.0, seed=seed),
            follow=reply_grammar(engine.dialect),
        )
        if made.finish == "stop":
            assert "<function=computer_use>" in made.text
            assert isinstance(parse(made.text, SCREEN), Proposal), made.text


def follow(constraint: Constraint, said: list[int]) -> None:
    for token in said:
        constraint.accept(token)


TEXTS = ["hello", "", "a < b </function>", "x\n", "two\nlines", "  é 中 ", "</parameter>"]


@pytest.mark.parametrize("action", ["type", "answer"])
@pytest.mark.parametrize("text", TEXTS)
def test_every_text_can_be_said_in_xml(
    checkpoint: Callable[[str], Path], action: str, text: str
) -> None:
    engine = Engine.load(checkpoint("tied"), dtype="float32")
    call = xml_call.write("computer_use", {"action": action, "text": text})
    constraint = engine.constraint(reply_grammar("xml"))
    reply = f"Action: x\n<tool_call>\n{call}\n</tool_call>"
    follow(constraint, engine.tokenizer.encode(reply))
    assert constraint.complete
    read = parse(reply, SCREEN)
    assert isinstance(read, Proposal) or not text
    assert text == "" or getattr(read.action, "text", None) == text  # type: ignore[union-attr]


def test_no_control_character_can_be_said(checkpoint: Callable[[str], Path]) -> None:
    engine = Engine.load(checkpoint("tied"), dtype="float32")
    call = xml_call.write("computer_use", {"action": "type", "text": "a\x07b"})
    constraint = engine.constraint(reply_grammar("xml"))
    with pytest.raises(GrammarError, match="does not follow"):
        follow(constraint, engine.tokenizer.encode(f"x\n<tool_call>\n{call}\n</tool_call>"))
