"""The pocket model looks anew only at those tiles of a screen that changed."""

import math
from importlib.resources import as_file, files

import pytest
from PIL import Image, ImageDraw

from handrail.model import tile_grounder
from handrail.model.engine import Engine
from handrail.model.reader import ReuseBudget
from handrail.model.tile_format import load_format
from handrail.model.tile_grounder import Look, TileGrounder

ASKED = "Find the button."


@pytest.fixture(scope="module")
def grounder() -> TileGrounder:
    with as_file(files("handrail.model.pocket") / "weights") as folder:
        form = load_format(folder)
        assert form is not None
        return TileGrounder(Engine.load(folder, dtype="float32"), form)


def screen(note: str = "") -> Image.Image:
    """Return a screen of two tiles; the note stands on the right one alone."""
    image = Image.new("RGB", (1000, 448), "white")
    draw = ImageDraw.Draw(image)
    for place, name in ((40, "Save"), (300, "Edit"), (700, "Send")):
        draw.rectangle((place, 200, place + 80, 230), outline="black", fill="lightgrey")
        draw.text((place + 20, 208), name, fill="black")
    draw.text((900, 20), note, fill="black")
    return image


def spent(grounder: TileGrounder, image: Image.Image, name: str) -> tuple[Look, int, int]:
    """Return a look, the tiles that were encoded for it, and the prompts' tokens that were read."""
    reader = grounder.engine.reader
    encoded, read = reader.pictures.encoded, reader.tokens_read
    look = grounder.look(image, ASKED, f"Action: click {name}")
    return look, reader.pictures.encoded - encoded, reader.tokens_read - read


def test_only_changed_tiles_are_encoded_and_every_answer_is_the_same(
    grounder: TileGrounder,
) -> None:
    steps = [(screen(), "Save"), (screen("12:01"), "Save"), (screen("12:01"), "Send")]
    grounder.engine.reuse(ReuseBudget(0, 0))
    plain = [spent(grounder, *step) for step in steps]
    grounder.engine.reuse(ReuseBudget(2**26, 2**26))
    reused = [spent(grounder, *step) for step in steps]
    for (wanted, *_), (ours, *_) in zip(plain, reused, strict=True):
        assert ours.best.x == pytest.approx(wanted.best.x)
        assert ours.best.y == pytest.approx(wanted.best.y)
        assert ours.best.odds == pytest.approx(wanted.best.odds, abs=1e-3)
        assert ours.best.sure == pytest.approx(wanted.best.sure, abs=1e-3)
        assert ours.image_tokens == wanted.image_tokens
    first, changed, asked = reused
    assert first[1] >= 2
    # the right tile changed; what is looked at twice may lie on it too
    assert 1 <= changed[1] < plain[1][1]
    assert changed[2] < 0.7 * plain[1][2]
    # the same screen for another name: only what is looked at twice may be new
    assert asked[1] <= plain[2][1] - 2
    again = spent(grounder, *steps[-1])
    assert again[1] == 0
    assert again[2] < 0.4 * plain[2][2]


def test_a_sure_find_is_believed_and_one_at_an_edge_is_looked_at_again(
    grounder: TileGrounder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen's tiles are seen in any case; its names are as clear as they can be."""
    sure, *_ = spent(grounder, screen(), "Save")
    assert sure.best.agreed is None
    monkeypatch.setattr(tile_grounder, "SURE", math.inf)
    monkeypatch.setattr(tile_grounder, "EDGE", 0.0)
    inside, *_ = spent(grounder, screen(), "Save")
    assert inside == sure
    monkeypatch.setattr(tile_grounder, "EDGE", 1.0)
    doubted, *_ = spent(grounder, screen(), "Save")
    assert doubted.best.agreed
    assert doubted.image_tokens > sure.image_tokens > 0
    assert doubted.best.near(sure.best, 0.02)
