"""What is asked of a tile is true of what is drawn on it; what is not known is not asked."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from handrail.model.pocket import forms, inquiries, scenes, screens, targets, theme
from handrail.model.pocket.canvas import Canvas, Element, Rect, Value, centre
from handrail.model.pocket.inquiries import Inquiry, Sort
from handrail.model.pocket.scenes import Icons, facts
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.habits import Habits
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.pocket.shots import Labels
from handrail.model.pocket.targets import Tile

SIZE = (640, 448)
READS: tuple[Sort, ...] = ("at a point", "in a field", "beside a name", "by its place")


def _canvas() -> Canvas:
    return Canvas(*SIZE, (255, 255, 255))


def _write(canvas: Canvas, x: float, y: float, text: str, hint: bool = False) -> Rect:
    style = theme.draw_theme(random.Random(1), theme.training_faces()[:1], (13, 13))
    return canvas.text(x, y, text, style.body((0, 0, 0)), hint)


def _cut(canvas: Canvas) -> Tile:
    return targets.cut(canvas, canvas.image(), 0, 0, *SIZE)


def _drawn(tile: Tile, sort: Sort, count: int = 60) -> list[Inquiry]:
    made = (inquiries.drawn(tile, sort, random.Random(f"{sort} {seed}")) for seed in range(count))
    return [asked for asked in made if asked is not None]


def _answers(asked: Sequence[Inquiry]) -> set[tuple[str, str | None]]:
    return {(one.name, one.answer) for one in asked if one.answer is not None}


def _screens() -> list[Canvas]:
    by_hand, faces = Icons(Path("none")), theme.training_faces()
    spec = ScreenSpec(1280, 800, faces)
    makers = (screens.screen, forms.form, lambda s, r: scenes.scene(s, by_hand, r))
    return [makers[seed % 3](spec, random.Random(f"asked {seed}")) for seed in range(12)]


def test_a_fields_value_is_what_stands_in_it_and_a_hint_is_none() -> None:
    canvas = _canvas()
    inside = _write(canvas, 108, 200, "Nickname")  # a name in its field is no value of it
    canvas.add("field", "Nickname", (100, 188, 300, 212), inside, (130, 200))
    for name, y, text, hint in (
        ("Name", 20, "Ada", False),
        ("City", 80, "e.g. Bath", True),
        ("Age", 140, "", False),
    ):
        label = _write(canvas, 10, y, name)
        box = (100.0, y - 12.0, 300.0, y + 12.0)
        if text:
            _write(canvas, 108, y, text, hint)
        canvas.add("field", name, box, label, (130, y))
    assert _answers(_drawn(_cut(canvas), "in a field")) == {
        ("Name", "Ada"),
        ("City", ""),
        ("Age", ""),
        ("Nickname", ""),
    }


def test_a_line_that_lost_a_letter_to_the_tiles_edge_is_not_read() -> None:
    canvas = _canvas()
    text = "I" + "m" * 38
    _write(canvas, 10, 100, text)
    (run,) = canvas.runs
    asked = {}
    for x in (0, round(run.centres[0]) + 1):
        tile = targets.cut(canvas, canvas.image(), x, 0, 600, 448)
        assert targets.visible(tile.runs[0].box, *tile.size) > 0.97
        asked[x] = {one.answer for one in _drawn(tile, "at a point") if one.answer}
    assert [*asked.values()] == [{text}, set()]


def test_what_stands_in_a_photographs_field_is_not_known() -> None:
    label = _canvas()
    box = _write(label, 10, 20, "Name")
    field = Element("field", "Name", (100, 8, 300, 32), box, (130, 20))
    seen = Labels([field], label.runs)
    tile = targets.cut(seen, label.image(), 0, 0, *SIZE)
    assert not _answers(_drawn(tile, "in a field"))
    assert _answers(_drawn(tile, "at a point")) == {("", "Name")}


def test_a_cell_is_known_by_its_row_and_column() -> None:
    canvas = _canvas()
    head = [
        _write(canvas, x, 20, text) for x, text in ((10, "Fruit"), (120, "Price"), (230, "Sold"))
    ]
    row = _write(canvas, 10, 50, "Apples")
    for at, text in ((1, "3 EUR"), (2, "17")):
        cell = _write(canvas, 10 + 110 * at, 50, text)
        canvas.values.append(
            Value("Apples", ("Price", "Sold")[at - 1], cell, (row, head[at]), False)
        )
    canvas.add("item", "Apples", row, row)
    asked = _drawn(_cut(canvas), "beside a name")
    said = {(one.name.replace("Apples", "R"), one.answer) for one in asked if one.answer}
    assert ("Price of R", "3 EUR") in said
    assert ("Sold in the row R", "17") in said
    assert all((name.startswith("Price")) == (answer == "3 EUR") for name, answer in said)
    for one in asked:
        if one.target is not None and one.run is not None:
            assert one.target.box == one.run.box


def test_a_value_is_asked_for_only_where_its_names_are_seen_and_its_row_is_one() -> None:
    canvas = _canvas()
    label, total = _write(canvas, 10, 20, "Total"), _write(canvas, 120, 20, "42")
    canvas.add("text", "Total", label, label)
    canvas.values.append(Value("Total", "", total, (label,)))
    assert _answers(_drawn(_cut(canvas), "beside a name")) == {("Total", "42")}
    moved = targets.cut(canvas, canvas.image(), 60, 0, 500, 400)
    assert moved.values == ()
    canvas.add("text", "Total", (10, 100, 50, 120), (10, 100, 50, 120))
    assert _cut(canvas).values == ()
    canvas.hide((115, 10, 200, 30))
    assert canvas.values == []


@pytest.mark.parametrize(
    ("kind", "states", "group", "on"),
    [
        ("check", ("checked",), 0, True),
        ("check", ("unchecked", "disabled"), 0, False),
        ("switch", ("on",), 0, True),
        ("switch", ("off",), 0, False),
        ("radio", ("selected",), 0, True),
        ("radio", (), 0, False),
        ("tab", ("selected",), 3, True),
        ("tab", (), 3, False),
        ("tab", (), 0, None),
        ("check", (), 0, None),
        ("button", (), 0, None),
    ],
)
def test_yes_and_no_follow_from_the_state(
    kind: str, states: tuple[str, ...], group: int, on: bool | None
) -> None:
    canvas = _canvas()
    text = _write(canvas, 40, 50, "Weekly news")
    element = Element(kind, "Weekly news", text, text, centre(text), states, group)
    canvas.elements.append(element)
    asked = [one for one in _drawn(_cut(canvas), "on") if one.answer is not None]
    assert bool(asked) is (on is not None)
    for one in asked:
        assert one.answer == (
            "yes" if on == (one.question == "see whether it is checked:") else "no"
        )


def test_greyed_out_is_what_is_drawn_disabled() -> None:
    canvas = _canvas()
    for x, name, states in ((20, "Save", ("disabled",)), (120, "Open", ())):
        text = _write(canvas, x, 50, name)
        canvas.elements.append(Element("button", name, text, text, centre(text), states))
    grey = "see whether it is disabled:"
    asked = [one for one in _drawn(_cut(canvas), "enabled") if one.answer is not None]
    assert {
        (one.name, one.answer == ("yes" if one.question == grey else "no")) for one in asked
    } == {
        ("Save", True),
        ("Open", False),
    }


def test_what_is_said_not_to_be_there_is_not_on_the_screen() -> None:
    for canvas in _screens()[:6]:
        tile = targets.cut(canvas, canvas.image(), 0, 0, 1280, 800)
        texts = {run.text.casefold() for run in tile.runs}
        for one in _drawn(tile, "there", 20):
            assert (one.answer == "no") is (one.seen is None)
            if one.answer == "no":
                assert one.name.casefold() not in texts
                assert one.name not in {e.name for e in (*tile.present, *tile.unnamed)}


def test_every_text_that_is_asked_for_is_drawn_where_the_answer_is_looked_for() -> None:
    sorts: Counter[str] = Counter()
    for canvas in _screens():
        tile = targets.cut(canvas, canvas.image(), 0, 0, 1280, 800)
        texts = Counter(run.text.strip() for run in canvas.runs)
        for sort in READS:
            for one in _drawn(tile, sort, 12):
                if not one.answer:
                    continue
                sorts[sort] += 1
                assert one.run is not None
                assert one.answer == one.run.text.strip()
                assert texts[one.answer]
                if sort == "by its place":
                    assert one.answer.casefold() not in one.name.casefold()
    assert set(sorts) == set(READS)


def test_one_seed_asks_one_question() -> None:
    canvas = _screens()[1]
    tile = targets.cut(canvas, canvas.image(), 0, 0, *SIZE)
    for sort in (*READS, "there", "on", "enabled"):
        first, again = (inquiries.drawn(tile, sort, random.Random(5), 0.5) for _ in range(2))
        assert first == again


def test_facts_stand_beside_their_names_and_greyed_buttons_say_so() -> None:
    states, made = set(), 0
    for seed in range(20):
        canvas, rng = _canvas(), random.Random(seed)
        drawn = theme.draw_theme(rng, theme.training_faces(), (10, 14))
        names, habits = theme.Names(rng, 0.0), Habits.drawn(rng)
        brush = Brush(canvas, drawn, names, rng, 10, 10, 500, 400, Icons(Path("none")), habits)
        used = facts.facts(brush)
        assert 0 <= used <= 400
        for value in canvas.values:
            (label,), made = value.named, made + 1
            assert label[2] < value.box[0]
            assert label[1] < centre(value.box)[1] < label[3]
        facts.stated_buttons(brush.at(10, 200, 500, 100))
        states |= {e.states for e in canvas.elements if e.kind == "button"}
    assert made > 30
    assert states == {(), ("disabled",)}
