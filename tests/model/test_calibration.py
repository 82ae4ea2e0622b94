"""A find's chance is a logistic function of its signals, and decides whether it counts as found."""

import json
import math
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from handrail.model.calibration import Calibration
from handrail.model.engine import Engine
from handrail.model.errors import CheckpointError
from handrail.model.grounding import Pointed
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.export import form
from handrail.model.tile_format import FILE, TileFormat, load_format
from handrail.model.tile_grounder import TileGrounder

SHIPPED = Path(v.__file__).parent / "weights"
HALF = Calibration(layer=3, head=0, bias=-1.0, odds=0.5, gaze=0.25)


def find(odds: float, gaze: float | None) -> Pointed:
    return Pointed(0.5, 0.5, odds, -1.0, gaze=gaze)


@pytest.mark.parametrize(
    ("odds", "gaze", "told"), [(2.0, 0.0, 0.0), (4.0, 4.0, 2.0), (-6.0, -8.0, -6.0), (9e9, 0, 30)]
)
def test_the_chance_is_the_logistic_function_of_the_signals(
    odds: float, gaze: float, told: float
) -> None:
    judged = HALF.judged(find(odds, gaze))
    assert judged.chance == pytest.approx(1 / (1 + math.exp(-told)))
    assert judged.confidence == judged.chance
    assert judged.found == (told > 0)
    assert (judged.x, judged.odds, judged.gaze) == (0.5, odds, gaze)


def test_without_a_chance_the_bare_odds_decide() -> None:
    assert HALF.judged(find(1.0, None)).chance is None
    assert find(0.1, 3.0).found
    assert not find(-0.1, 3.0).found
    assert find(0.0, None).confidence == 0.5


def test_a_format_may_have_one_and_need_not() -> None:
    assert TileFormat.model_validate(form()).calibration is None
    told = TileFormat.model_validate(form() | {"calibration": HALF.model_dump()})
    assert told.calibration == HALF


@pytest.mark.parametrize("broken", [{"bias": "nan"}, {"layer": -1}, {"else": 1.0}, {"gaze": None}])
def test_a_broken_one_is_refused(tmp_path: Path, broken: dict[str, object]) -> None:
    content = form() | {"calibration": HALF.model_dump() | broken}
    (tmp_path / FILE).write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"handrail\.json"):
        load_format(tmp_path)


def screen(width: int) -> Image.Image:
    image = Image.new("RGB", (width, 448), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((300, 200, 380, 230), outline="black", fill="lightgrey")
    draw.text((322, 208), "Save", fill="black")
    return image


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(SHIPPED, dtype="float32")


@pytest.fixture(scope="module")
def plain() -> TileFormat:
    told = load_format(SHIPPED)
    assert told is not None
    return told.model_copy(update={"calibration": None})


def test_the_same_place_is_found_and_its_chance_told_beside_it(
    engine: Engine, plain: TileFormat
) -> None:
    image = screen(700)
    judging = plain.model_copy(update={"calibration": HALF})
    before = TileGrounder(engine, plain).point(image, "Save")
    after = TileGrounder(engine.apart(), judging).point(image, "Save")
    assert before.chance is None
    assert (after.x, after.y) == (before.x, before.y)
    assert after.odds == pytest.approx(before.odds, abs=1e-4)
    assert after.gaze is not None
    wanted = HALF.bias + HALF.odds * after.odds + HALF.gaze * after.gaze
    assert after.confidence == pytest.approx(1 / (1 + math.exp(-wanted)))


def test_the_gaze_is_the_best_place_against_not_here(engine: Engine, plain: TileFormat) -> None:
    judging = plain.model_copy(update={"calibration": HALF})
    grounder = TileGrounder(engine, judging)
    image = screen(640)
    found = grounder.point(image, "Save")
    text = judging.ask.replace("{phrase}", "Save")
    tools = ({"type": "function", "function": {"name": "computer_use"}},)
    turn = [Message("user", [ImagePart(image), TextPart(text)])]
    (decode,) = engine.begin_batch([turn], tools, judging.think + "Save", HALF.watched)
    assert decode.gaze is not None
    first = decode.prompt_ids.index(v.token("<|image_pad|>"))
    cells = decode.gaze[first : first + decode.image_tokens]
    assert found.gaze == pytest.approx(float(cells.max() - decode.gaze[first - 1]), abs=1e-4)


def test_a_head_that_the_checkpoint_lacks_is_named(engine: Engine, plain: TileFormat) -> None:
    other = plain.model_copy(update={"calibration": HALF.model_copy(update={"layer": 6})})
    with pytest.raises(CheckpointError, match="calibrate"):
        TileGrounder(engine, other)
