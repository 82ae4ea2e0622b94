"""Points and boxes in fractions of a picture, with the scores that the model gave them."""

import io
import json
import math
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from handrail.model.config import VisionConfig
from handrail.model.engine import Engine
from handrail.model.errors import CheckpointError, ImageError, UnsupportedError
from handrail.model.grounder import LEAST_IMAGE_TOKENS, grounder, open_engine
from handrail.model.grounding import Pointed
from handrail.model.json_grounder import JsonGrounder
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.pocket import screens, theme
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.processor import ImageProcessor, ProcessorConfig
from handrail.model.tile_format import FILE, load_format
from handrail.model.tile_grounder import TileGrounder

Picture = Callable[[int, int, int], Image.Image]
POCKET = Path(screens.__file__).parent / "weights"
_ASKING = {"read": "a", "there": "b", "states": ["c"], "answer": "d", "yes": "e", "no": "f"}


@pytest.fixture(scope="module")
def engine(checkpoint: Callable[[str], Path]) -> Engine:
    return Engine.load(checkpoint("tied"), dtype="float32")


@pytest.mark.parametrize("scale", [1000, 999])
def test_points_are_fractions_of_the_scale_they_were_written_in(
    engine: Engine, picture: Picture, scale: int
) -> None:
    asked = JsonGrounder(engine, 1000 if scale == 1000 else 999, closer=False)
    for seed in range(4):
        made = asked.point(picture(200, 150, seed), "the Save button")
        assert made.scale == scale
        assert (made.x * scale) == pytest.approx(round(made.x * scale))
        assert 0 <= made.x <= 1
        assert 0 <= made.y <= 1
        assert made.agreed is None
        assert made.sure < 0


def test_the_scores_are_the_models_own(engine: Engine, picture: Picture) -> None:
    """What a point scores is what the model says of its digits, one by one."""
    image = picture(160, 128, 3)
    made = JsonGrounder(engine, closer=False).point(image, "Save")
    asked = 'Locate "Save" in the picture. Answer with JSON: its point_2d, or null where it is not'
    message = Message("user", [ImagePart(image), TextPart(f"{asked} there.")])
    x, y = round(made.x * 1000), round(made.y * 1000)
    grammar = engine.constraint(JsonGrounder(engine)._points(absent=made.found))
    decode, said, total = engine.begin([message]), "", 0.0
    for token in engine.tokenizer.encode(f'{{"point_2d": [{x}, {y}]}}'):
        chances = grammar.allowed(decode.logits).log_softmax(-1)
        before, said = said, said + engine.tokenizer.decode([token])
        total += float(chances[token]) if len(before) >= len('{"point_2d": [') else 0.0
        grammar.accept(token)
        decode.step(token)
    assert made.sure == pytest.approx(total, abs=0.5)


def _answers(engine: Engine, replies: list[str]) -> list[Image.Image]:
    """Make the engine prefer given replies; return the pictures that it is shown."""
    shown: list[Image.Image] = []
    begin = engine.begin

    def told(messages: list[Message], *_: object, **__: object) -> object:
        decode = begin(messages)
        shown.extend(p.image for p in messages[0].content if isinstance(p, ImagePart))
        wanted = engine.tokenizer.encode(replies.pop(0))
        step = decode.step

        def lean(token: int | None) -> torch.Tensor:
            if token is not None:
                step(token)
            if wanted:
                decode.logits = decode.logits.clone()
                decode.logits[wanted.pop(0)] += 60
            return decode.logits

        decode.step = lean  # type: ignore[assignment, method-assign]
        lean(None)
        return decode

    engine.begin = told  # type: ignore[assignment, method-assign]
    return shown


@pytest.fixture
def scripted(checkpoint: Callable[[str], Path]) -> Engine:
    return Engine.load(checkpoint("tied"), dtype="float32")


def test_a_second_look_around_the_first_answer_decides(scripted: Engine, picture: Picture) -> None:
    shown = _answers(scripted, ['{"point_2d": [800, 300]}', '{"point_2d": [500, 520]}'])
    made = JsonGrounder(scripted).point(picture(400, 200, 1), "Save")
    assert [image.size for image in shown] == [(400, 200), (200, 100)]
    closer = picture(400, 200, 1).crop((200, 10, 400, 110))
    assert shown[1].tobytes() == closer.tobytes()
    assert (made.x, made.y) == pytest.approx((0.5 + 0.25, 0.05 + 0.26))
    assert made.agreed is False
    assert made.found


def test_looks_that_agree_say_so(scripted: Engine, picture: Picture) -> None:
    _answers(scripted, ['{"point_2d": [100, 900]}', '{"point_2d": [210, 790]}'])
    made = JsonGrounder(scripted).point(picture(400, 200, 1), "Save")
    assert (made.x, made.y) == pytest.approx((0.105, 0.5 + 0.395))
    assert made.agreed is True


def test_what_is_not_seen_closer_stays_where_it_was(scripted: Engine, picture: Picture) -> None:
    _answers(scripted, ['{"point_2d": [400, 400]}', '{"point_2d": null}', '{"point_2d": [1, 1]}'])
    made = JsonGrounder(scripted).point(picture(400, 200, 1), "Save")
    assert (made.x, made.y, made.agreed) == (0.4, 0.4, False)


def test_what_is_not_there_scores_below_zero(scripted: Engine, picture: Picture) -> None:
    shown = _answers(scripted, ['{"point_2d": null}', '{"point_2d": [7, 8]}'])
    made = JsonGrounder(scripted).point(picture(64, 64, 1), "Save")
    assert not made.found
    assert made.confidence < 0.01
    assert (made.x, made.y) == (0.007, 0.008)
    assert len(shown) == 2


def test_boxes_are_ordered_fractions(scripted: Engine, picture: Picture) -> None:
    said = '[{"bbox_2d": [10, 20, 30, 40]}, {"bbox_2d": [900, 1000, 800, 0]}]'
    _answers(scripted, [said, "[]"])
    asked = JsonGrounder(scripted)
    first, second = asked.boxes(picture(64, 64, 1), "name")
    assert (first.left, first.top, first.right, first.bottom) == (0.01, 0.02, 0.03, 0.04)
    assert (second.left, second.top, second.right, second.bottom) == (0.8, 0.0, 0.9, 1.0)
    assert asked.boxes(picture(64, 64, 1), "name") == ()


def test_a_picture_that_cannot_be_shown_is_refused(engine: Engine) -> None:
    with pytest.raises(ImageError, match="1000x2"):
        JsonGrounder(engine).point(Image.new("RGB", (1000, 2)), "Save")


def test_published_checkpoints_see_at_least_a_thousand_tokens(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "published"
    shutil.copytree(checkpoint("tied"), folder)
    told = json.loads((folder / "preprocessor_config.json").read_text())
    told["size"] = {"longest_edge": 16777216, "shortest_edge": 65536}
    (folder / "preprocessor_config.json").write_text(json.dumps(told))
    engine = open_engine(folder)
    assert engine.visual_tokens(1024, 768) >= LEAST_IMAGE_TOKENS
    assert engine.visual_tokens(64, 64) >= LEAST_IMAGE_TOKENS
    assert Engine.load(folder).visual_tokens(1024, 768) == 768
    assert engine.visual_tokens(1920, 1088) == 60 * 34
    assert isinstance(grounder(engine, folder), JsonGrounder)


@pytest.fixture(scope="module")
def pocket() -> TileGrounder:
    made = grounder(open_engine(POCKET), POCKET)
    assert isinstance(made, TileGrounder)
    return made


def test_the_pocket_model_points_at_what_it_is_told(pocket: TileGrounder) -> None:
    hits = 0
    for seed in range(4):
        spec = ScreenSpec(1280, 800, theme.training_faces())
        canvas = screens.screen(spec, random.Random(f"point {seed}"))
        names = [e.name.casefold() for e in canvas.elements]
        target = next(e for e in canvas.elements if names.count(e.name.casefold()) == 1)
        found = pocket.point(Image.fromarray(canvas.image()), target.name)
        left, top, right, bottom = target.box
        hits += left <= found.x * 1280 < right and top <= found.y * 800 < bottom
    assert hits >= 2


def test_the_pocket_model_draws_no_boxes(pocket: TileGrounder) -> None:
    with pytest.raises(UnsupportedError, match="no boxes"):
        pocket.boxes(Image.new("RGB", (640, 448)), "Save")


def test_odds_become_a_confidence() -> None:
    assert Pointed(0, 0, 0.0, 0.0).confidence == 0.5
    assert Pointed(0, 0, -math.inf, 0.0).confidence < 1e-9


def test_a_checkpoint_without_the_file_has_no_tiles(tmp_path: Path) -> None:
    assert load_format(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"tile": 3}', "\xff"])
def test_a_broken_file_names_itself(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, "latin-1")
    with pytest.raises(CheckpointError, match=r"handrail\.json"):
        load_format(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("ask", "no place for it", "ask must hold"),
        ("point", "none", "point must hold"),
        ("tile", {"width": 1, "height": 1, "overlap_x": 0, "overlap_y": 0}, "64..4096"),
        ("tile", {"width": 640, "height": 10**6, "overlap_x": 0, "overlap_y": 0}, "64..4096"),
        ("asking", {**_ASKING, "longest": 10**6}, "less than or equal to 1000"),
        ("asking", {**_ASKING, "read": ""}, "at least 1 character"),
    ],
)
def test_a_format_that_could_do_harm_is_refused(
    tmp_path: Path, field: str, value: object, says: str
) -> None:
    told = json.loads((POCKET / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps({**told, field: value}))
    with pytest.raises(CheckpointError, match=says):
        load_format(tmp_path)


def test_a_path_that_cannot_be_one_is_a_clear_error() -> None:
    with pytest.raises(CheckpointError, match="too long"):
        open_engine(Path("a" * 300))


def test_pictures_that_show_nothing_are_refused_by_the_pocket_model(pocket: TileGrounder) -> None:
    with pytest.raises(ImageError, match="0x10"):
        pocket.point(Image.new("RGB", (0, 10)), "Save")
    buffer = io.BytesIO()
    Image.effect_noise((300, 300), 90).save(buffer, "PNG")
    with pytest.raises(ImageError, match="cannot be decoded"):
        pocket.point(Image.open(io.BytesIO(buffer.getvalue()[:5000])), "Save")


def test_a_picture_too_thin_for_a_second_look_has_one(scripted: Engine) -> None:
    shown = _answers(scripted, ['{"point_2d": [500, 500]}', '{"point_2d": [1, 1]}'])
    made = JsonGrounder(scripted).point(Image.new("RGB", (5, 995)), "Save")
    assert (made.x, made.y, made.agreed) == (0.5, 0.5, None)
    assert len(shown) == 1


def test_a_model_that_thinks_first_is_asked_for_the_answer(
    checkpoint: Callable[[str], Path], tmp_path: Path, picture: Picture
) -> None:
    folder = Path(shutil.copytree(checkpoint("tied"), tmp_path / "thinking"))
    told = json.loads((folder / "chat_template.json").read_text())
    told["chat_template"] += "{{- '<think>\\n' }}"
    (folder / "chat_template.json").write_text(json.dumps(told))
    engine = Engine.load(folder, dtype="float32")
    assert engine.thinks
    assert not Engine.load(checkpoint("tied")).thinks
    read: list[str] = []
    begin = engine.begin

    def heard(*asked: Any, **more: Any) -> Any:
        decode = begin(*asked, **more)
        read.append(engine.tokenizer.decode(decode.prompt_ids))
        return decode

    engine.begin = heard  # type: ignore[method-assign]
    assert 0 <= JsonGrounder(engine, closer=False).point(picture(64, 64, 1), "Save").x <= 1
    assert read[0].endswith("<think>\n</think>\n\n")


def test_a_low_ceiling_of_the_checkpoints_own_is_kept() -> None:
    half = (0.5, 0.5, 0.5)
    vision = VisionConfig(
        depth=1, hidden_size=64, intermediate_size=64, num_heads=4, out_hidden_size=64,
        deepstack_visual_indexes=(0,),
    )  # fmt: skip
    for most in (1_000_000, 1_003_520, 1_100_000, 1_300_000):
        sizes = ProcessorConfig(min_pixels=1024, max_pixels=most, image_mean=half, image_std=half)
        processor = ImageProcessor(sizes, vision, LEAST_IMAGE_TOKENS)
        for size in ((500, 500), (700, 800), (64, 64), (1920, 1080), (300, 3000)):
            assert processor.grid(*size).tokens * 1024 <= most
