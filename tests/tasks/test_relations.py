"""Phrases by place mean one control alone; a suite asks by them, and for what is not there."""

import json
from collections.abc import Iterator

import numpy as np
from PIL import Image

from handrail.actuators.observation import Hint
from handrail.model.pocket import suite
from handrail.model.pocket.canvas import Canvas
from handrail.tasks.evaluate_score import Found
from handrail.tasks.suites.lines import Seen, lines_of
from handrail.tasks.suites.relations import Placed, related
from handrail.tasks.suites.renders import other_answers
from handrail.tasks.suites.web_targets import Target

FORM = (
    Placed("checkbox", "Weekly digest", (10, 10, 90, 30)),
    Placed("link", "Newsletter", (100, 10, 180, 30)),
    Placed("textbox", "Town", (100, 40, 180, 60)),
    Placed("button", "Save", (10, 70, 90, 90)),
    Placed("button", "Cancel", (100, 70, 180, 90)),
    Placed("button", "Far away", (100, 900, 180, 920)),
)


def test_a_neighbour_is_named_where_it_is_the_only_one() -> None:
    found = {one.phrase: one.box for one in related(FORM)}
    assert found["the checkbox left of Newsletter"] == FORM[0].box
    assert found["the text field below Newsletter"] == FORM[2].box
    assert found["the link above Town"] == FORM[1].box
    assert found["the button right of Save"] == FORM[4].box
    assert "the button below Town" not in found, "there are two"
    assert "the button below Cancel" not in found, "it is far away"
    assert "the button above Far away" not in found
    assert "the link above Save" not in found, "it is not in line"


def test_a_name_that_stands_twice_is_no_landmark() -> None:
    twice = (*FORM[:2], Placed("link", "newsletter", (100, 200, 180, 220)))
    assert all("ewsletter" not in one.phrase for one in related(twice))


def test_rows_are_counted_in_a_column_alone() -> None:
    rows = [Placed("button", "Delete", (200, 30.0 * i, 250, 30.0 * i + 20)) for i in range(3)]
    found = {one.phrase: one.box for one in related([*rows[::-1], *FORM])}
    assert found["Delete in the third row"] == rows[2].box
    assert found["Delete in the first row"] == rows[0].box
    aside = [*rows, Placed("button", "Delete", (400, 0, 450, 20))]
    assert "Delete in the third row" not in {one.phrase for one in related(aside)}


def _page(name: str, *names: str) -> Seen:
    targets = tuple(
        Target(role="button", name=n, box=(10, 40.0 * i, 90, 40.0 * i + 20), seen=True, shown=True)
        for i, n in enumerate(names)
    )
    return Seen("ours", name, f"images/{name}.png", targets, targets, " ".join(names))


def test_a_page_is_asked_for_names_of_other_pages_that_it_does_not_hold() -> None:
    pages = [_page("one", "Save", "Undo"), _page("two", "Undo it", "Print", "Copy")]
    lines = [json.loads(line) for line in lines_of(pages, seed=1, most=12)]
    absent = {(line["image"], line["instruction"]) for line in lines if line["bbox"] is None}
    assert absent == {
        ("images/one.png", "click Undo it"), ("images/one.png", "click Print"),
        ("images/one.png", "click Copy"), ("images/two.png", "click Save"),
    }  # fmt: skip
    by_place = [line for line in lines if line.get("asks") == "relation"]
    assert {line["instruction"] for line in by_place} == {
        "click the button below Save", "click the button above Undo",
        "click the button below Print", "click the button above Print",
    }, "two are above Copy"  # fmt: skip
    assert [line["instruction"] for line in lines if "role" in line] == [
        "click Save", "click Undo", "click Undo it", "click Print", "click Copy",
    ]  # fmt: skip
    assert lines_of(pages, 1, 12) == lines_of(pages, 1, 12)


class Blind:
    """Finds nothing, ever."""

    def locate(self, image: Image.Image, instruction: str, hints: tuple[Hint, ...] = ()) -> Found:
        return Found(None, there=False)


class Sighted:
    """Knows every screen: says that something is there where its name is, and points there."""

    def __init__(self, screens: Iterator[Canvas]) -> None:
        self._known = {canvas.image().tobytes(): canvas.elements for canvas in screens}

    def locate(self, image: Image.Image, instruction: str, hints: tuple[Hint, ...] = ()) -> Found:
        elements = self._known[np.asarray(image).tobytes()]
        names = {element.name for element in elements}
        return Found(None, instruction.removeprefix("click ") in names)


def test_screens_are_asked_by_relation_and_for_what_is_absent() -> None:
    (by_place,), absent = other_answers(Blind(), suite.screens_of(4))
    assert (by_place.name, by_place.value) == ("point in box, by relation", 0.0)
    assert by_place.count is not None
    assert by_place.count >= 3
    assert by_place.chance is not None
    assert 0 < by_place.chance < 0.2
    assert absent
    assert set(absent) == {(False, False)}
    _, seen = other_answers(Sighted(suite.screens_of(4)), suite.screens_of(4))
    assert seen == absent, "what is asked for really is not there"
