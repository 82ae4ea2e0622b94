"""What stands beside something is looked for by its role, where only that side is shown."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import handrail.model.pocket
from handrail.model.grounder import grounder, open_engine
from handrail.model.hinted import Named
from handrail.model.pocket.phrases import _ROLES
from handrail.model.regions import Box
from handrail.model.spatial import ROLES, Relation, Row, relation_in, row_in, strip
from handrail.model.tile_grounder import TileGrounder
from handrail.model.tiles import TileSpec

SPEC = TileSpec(640, 448, 192, 64)
POCKET = Path(handrail.model.pocket.__path__[0]) / "weights"


@pytest.mark.parametrize(
    ("phrase", "wanted"),
    [
        ("the checkbox left of Newsletter", Relation("checkbox", "left", "Newsletter")),
        ("text field to the right of E-mail", Relation("text field", "right", "E-mail")),
        ("The Button under Terms", Relation("button", "below", "Terms")),
        ("radio button over a b", Relation("radio button", "above", "a b")),
        (
            "the link above the button left of Go",
            Relation("link", "above", "the button left of Go"),
        ),
        ("text below icons", Relation("text", "below", "icons")),
        ("  the tab right of x ", Relation("tab", "right", "x")),
    ],
)
def test_a_relation_is_a_role_a_side_and_a_name(phrase: str, wanted: Relation) -> None:
    assert relation_in(phrase) == wanted


@pytest.mark.parametrize(
    "phrase",
    [
        *("Newsletter", "Top left of page", "the checkbox", "left of Save", "the checkbox left of"),
        *("Text below icons", "Menu above panels", "the text below " * 20 + "Save"),
        *("", "Checkboxes above Save", "the checkbox beside Save", "the checkbox left of \n"),
    ],
)
def test_other_phrases_say_nothing_of_a_side(phrase: str) -> None:
    assert relation_in(phrase) is None


@pytest.mark.parametrize(
    ("phrase", "wanted"),
    [
        ("Delete in the third row", Row("Delete", 3)),
        ("the Edit icon of the First row", Row("the Edit icon", 1)),
        ("Log in in the 12th line", Row("Log in", 12)),
        ("View on the 2nd row", Row("View", 2)),
    ],
)
def test_a_row_is_a_name_and_a_number(phrase: str, wanted: Row) -> None:
    assert row_in(phrase) == wanted


@pytest.mark.parametrize(
    "phrase",
    [
        *("the third row", "Delete in the last row", "Delete in row 3", "a in the 0th row", ""),
        "a" * 200 + " in the first row",
    ],
)
def test_other_phrases_say_nothing_of_a_row(phrase: str) -> None:
    assert row_in(phrase) is None


def test_every_role_that_training_has_a_word_for_can_be_asked_for() -> None:
    assert {word for words in _ROLES.values() for word in words} <= ROLES


@pytest.mark.parametrize("side", ["left", "right", "above", "below"])
def test_a_strip_shows_one_side_and_hides_the_rest(side: str) -> None:
    image = Image.new("RGB", (1280, 800), (240, 240, 240))
    pen = ImageDraw.Draw(image)
    spots = {"left": (560, 400), "right": (720, 400), "above": (640, 330), "below": (640, 470)}
    for x, y in spots.values():
        pen.rectangle((x - 5, y - 5, x + 5, y + 5), fill="red")
    shown = strip(image, (600, 385, 680, 415), side, 110, SPEC)
    assert shown is not None
    assert shown.tile.image.size == (640, 448)
    found = np.argwhere((np.asarray(shown.tile.image) == (255, 0, 0)).all(2))
    assert len(found) == 121
    x, y = found[:, 1].mean() + shown.tile.left, found[:, 0].mean() + shown.tile.top
    assert (x, y) == spots[side]
    assert shown.holds(x / 1280, y / 800)
    assert not shown.holds(640 / 1280, 400 / 800)
    off = [name for name, (a, b) in spots.items() if shown.holds(a / 1280, b / 800)]
    assert off == [side]


@pytest.mark.parametrize(
    ("box", "side"),
    [((0, 100, 60, 130), "left"), ((1220, 90, 1280, 120), "right"), ((9, 0, 80, 30), "above"),
     ((9, 770, 80, 800), "below")],
)  # fmt: skip
def test_beside_the_edge_there_is_nothing(box: Box, side: str) -> None:
    assert strip(Image.new("RGB", (1280, 800)), box, side, 280, SPEC) is None


def test_a_picture_smaller_than_a_tile_shows_no_more_than_itself() -> None:
    small = Image.new("RGB", (160, 210), "white")
    shown = strip(small, (20, 20, 60, 40), "right", 280, SPEC)
    assert shown is not None
    assert shown.shown[2] == 160


def _form() -> tuple[Image.Image, dict[str, Box]]:
    """Return a page of buttons over fields, and where they are."""
    page, boxes = Image.new("RGB", (640, 448), "white"), dict[str, Box]()
    pen = ImageDraw.Draw(page)
    font = ImageFont.truetype("LiberationSans-Regular.ttf", 14)
    for place, name in enumerate(("Save", "Cancel", "Delete")):
        left, top, right, bottom = boxes[name] = (60 + 160 * place, 60, 150 + 160 * place, 92)
        pen.rounded_rectangle(boxes[name], 4, fill=(0, 90, 200))
        pen.text(((left + right) / 2, (top + bottom) / 2), name, "white", font, anchor="mm")
    for place, name in enumerate(("First name", "Last name", "City")):
        top = 150 + place * 60
        boxes[name] = (170, top, 420, top + 32)
        pen.text((60, top + 8), name, "black", font)
        pen.rectangle(boxes[name], outline=(120, 120, 120))
    return page, boxes


def test_the_pocket_model_finds_what_stands_beside_a_name() -> None:
    pocket = grounder(open_engine(POCKET), POCKET)
    assert isinstance(pocket, TileGrounder)
    page, boxes = _form()
    for phrase, wanted in (
        ("the button right of Save", "Cancel"),
        ("the text field below Last name", "City"),
        ("the text field above City", "Last name"),
    ):
        found = pocket.point(page, phrase)
        left, top, right, bottom = boxes[wanted]
        assert left <= found.x * 640 < right, phrase
        assert top <= found.y * 448 < bottom, phrase
        assert found.found, phrase


def test_the_pocket_model_counts_rows_from_above() -> None:
    pocket = grounder(open_engine(POCKET), POCKET)
    assert isinstance(pocket, TileGrounder)
    page = Image.new("RGB", (640, 448), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.truetype("LiberationSans-Regular.ttf", 14)
    for row, name in enumerate(("Harbour", "Garden", "Printer", "Course")):
        top = 40 + 70 * row
        pen.text((40, top + 8), name, "black", font)
        pen.rounded_rectangle((400, top, 490, top + 32), 4, fill=(0, 90, 200))
        pen.text((445, top + 16), "Delete", "white", font, anchor="mm")
    for number, word in enumerate(("first", "second", "third", "fourth")):
        found = pocket.point(page, f"Delete in the {word} row")
        assert found.x * 640 == pytest.approx(445, abs=2), word
        assert found.y * 448 == pytest.approx(56 + 70 * number, abs=2), word
        assert found.found
    assert not pocket.point(page, "Delete in the fifth row").found


def test_beside_what_is_not_there_nothing_is() -> None:
    pocket = grounder(open_engine(POCKET), POCKET)
    assert isinstance(pocket, TileGrounder)
    page, _ = _form()
    assert not pocket.point(page, "Zyxwvut Qponml").found
    assert not pocket.point(page, "the button right of Zyxwvut Qponml").found


def test_where_a_side_shows_nothing_of_the_kind_it_is_not_found() -> None:
    pocket = grounder(open_engine(POCKET), POCKET)
    assert isinstance(pocket, TileGrounder)
    page, _ = _form()
    page.paste("white", (0, 110, 640, 448))
    assert pocket.point(page, "Delete").found
    assert not pocket.point(page, "the text field below Delete").found


def test_what_the_screen_itself_names_so_is_a_name() -> None:
    pocket = grounder(open_engine(POCKET), POCKET)
    assert isinstance(pocket, TileGrounder)
    page, _ = _form()
    left, top, right, bottom = 0.7, 0.7, 0.8, 0.8
    named = [Named("the button right of Save", left, top, right, bottom)]
    found = pocket.point(page, "the button right of Save", named)
    assert left < found.x < right
    assert top < found.y < bottom
