"""A long run costs a picture a step: tokens of a 20-step conversation that are read anew."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from PIL import Image

from handrail.actuators.actions import Click
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent.history import SCREENSHOTS, Step, let_go
from handrail.agent.prompt import messages
from handrail.agent.proposal import Proposal
from handrail.agent.tool import computer_use
from handrail.model.block_pool import BLOCK
from handrail.model.engine import Engine
from handrail.model.prefix_cache import block_names

WIDTH, HEIGHT = 640, 480


@pytest.fixture
def engine(checkpoint: Callable[[str], Path], tmp_path: Path) -> Engine:
    """Return an engine that reads long prompts, and pictures of the screen's size."""
    folder = Path(copytree(checkpoint("tied"), tmp_path / "long"))
    for name, change in (
        ("preprocessor_config.json", {"size": {"longest_edge": 2**24, "shortest_edge": 4096}}),
        ("config.json", {}),
    ):
        content = {**json.loads((folder / name).read_text(encoding="utf-8")), **change}
        if name == "config.json":
            content["text_config"]["max_position_embeddings"] = 32768
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return Engine.load(folder, dtype="float32")


def seen(number: int) -> Observation:
    image = Image.new("RGB", (WIDTH, HEIGHT), (number, 0, 0))
    geometry = ScreenGeometry(width=WIDTH, height=HEIGHT)
    return Observation(image, geometry, 0.0, Surface("fake", "test"))


def read_anew(engine: Engine, screenshots: int) -> list[int]:
    """Return the tokens that each of 20 steps adds to what was read in the steps before."""
    history: list[Step] = []
    known: set[bytes] = set()
    counts = []
    for number in range(1, 21):
        told = messages("Save the report as a PDF.", history, seen(number), screenshots)
        prompt = engine.prompts.build(told, [computer_use()], "")
        names = block_names(prompt)
        counts.append(len(prompt.token_ids) - BLOCK * sum(name in known for name in names))
        known.update(names)
        action = Click(point=Point(x=number, y=20))
        history.append(Step(number, Proposal(action, "Click Save."), observation=seen(number)))
        let_go(history, screenshots)
    return counts


def test_steps_of_a_long_run_cost_what_the_second_cost(engine: Engine) -> None:
    counts = read_anew(engine, SCREENSHOTS)
    assert counts[0] > counts[1] > engine.visual_tokens(WIDTH, HEIGHT)
    assert sum(counts[5:]) / 15 <= 1.3 * counts[1]


def test_one_screenshot_reads_the_tools_once(engine: Engine) -> None:
    counts = read_anew(engine, 1)
    assert max(counts[1:]) < counts[0]
