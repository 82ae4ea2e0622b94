"""A checkpoint writes tool calls as its own chat template shows them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from handrail.actuators.geometry import ScreenGeometry
from handrail.agent.parse import parse
from handrail.agent.proposal import Proposal
from handrail.agent.tool import reply_grammar
from handrail.model.engine import Engine
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
    whole = 0
    for seed in range(6):
        made = engine.generate(
            [Message("user", [TextPart(f"Press Save {seed}.")])],
            options=GenerateOptions(max_new_tokens=1500, temperature=1.0, seed=seed),
            follow=reply_grammar(engine.dialect),
        )
        if made.finish == "stop":
            assert "<function=computer_use>" in made.text
            assert isinstance(parse(made.text, SCREEN), Proposal), made.text
            whole += 1
    assert whole > 2
