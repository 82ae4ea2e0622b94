"""A phrase fits one element alone: what it says is checked against what is drawn."""

import random
import re

import pytest

from handrail.model.pocket import fonts, forms, phrases, targets
from handrail.model.pocket.canvas import Element
from handrail.model.pocket.screens import ScreenSpec


def _at(kind: str, name: str, x: float, y: float, *states: str, group: int = 0) -> Element:
    box = (x, y, x + 60, y + 20)
    return Element(kind, name, box, box, (x + 30, y + 10), states, group)


SAVE = _at("button", "Save", 0, 0)
CANCEL = _at("button", "Cancel", 100, 0, "disabled")
NEWS = _at("check", "Newsletter", 0, 60, "checked")
ADS = _at("check", "Adverts", 0, 100, "unchecked")
NAME = _at("field", "Name", 200, 60)
TABS = [_at("tab", f"Tab {i}", 100 * i, 200, group=3) for i in range(4)]
ALL = [SAVE, CANCEL, NEWS, ADS, NAME, *TABS]


def _said(element: Element, others: list[Element], times: int = 200) -> set[str]:
    return {phrases.phrase(element, others, random.Random(seed)) for seed in range(times)}


def test_a_role_alone_is_said_only_of_the_only_one() -> None:
    alone = re.compile(r"^(the )?(only )?(field|text field|input|box)$")
    assert any(alone.match(said) for said in _said(NAME, ALL))
    assert not any(re.match(r"^(the )?(only )?button$", said) for said in _said(SAVE, ALL))
    assert "the Save button" in _said(SAVE, ALL)


def test_a_state_is_said_where_no_other_has_it() -> None:
    assert {"the disabled button"} <= _said(CANCEL, ALL)
    assert any(s.startswith("the checked check") for s in _said(NEWS, ALL))
    both = [NEWS, _at("check", "More", 0, 140, "checked")]
    assert not any("checked" in said for said in _said(NEWS, both))


def test_order_counts_from_the_left_and_from_the_top() -> None:
    assert "the second tab" in _said(TABS[1], ALL)
    assert "the last tab" in _said(TABS[3], ALL)
    column = [_at("item", n, 0, 30 * i, group=1) for i, n in enumerate(("c", "a", "b"))]
    assert "the first item" in _said(column[0], column) | _said(column[0], column[::-1])
    two_rows = [*TABS, *(_at("tab", f"Other {i}", 100 * i, 300, group=4) for i in range(3))]
    assert not any(s.startswith(("the second", "the last")) for s in _said(TABS[1], two_rows))


@pytest.mark.parametrize(
    ("element", "side", "anchor"),
    [(CANCEL, "right", "Save"), (SAVE, "left", "Cancel"), (ADS, "below", "Newsletter")],
)
def test_a_neighbour_is_the_nearest_on_that_side(element: Element, side: str, anchor: str) -> None:
    wanted = {"right": "right of", "left": "left of", "below": "(below|under)"}[side]
    pattern = re.compile(rf"{wanted} {anchor}$")
    assert any(pattern.search(said) for said in _said(element, ALL))


def test_two_that_are_about_as_near_are_told_apart_otherwise() -> None:
    anchor = _at("field", "Anchor", 0, 0)
    pair = [_at("button", "A", 100, -4), _at("button", "B", 100, 6)]
    for said in _said(pair[0], [anchor, *pair]):
        assert not said.endswith("right of Anchor")


def _deletes(count: int) -> list[Element]:
    made = [_at("button", f"Delete of row {i}", 400, 40 * i, group=5) for i in range(count)]
    for element in made:
        element.shown = "Delete"
    return made


def test_rows_of_the_same_word_are_counted_from_the_top() -> None:
    rows = _deletes(3)
    assert "Delete in the third row" in _said(rows[2], [*ALL, *rows[::-1]])
    others = [_at("button", "Delete too", 500, 0, group=6)]
    others[0].shown = "Delete"
    assert not any(" row" in s and "of row" not in s for s in _said(rows[1], [*rows, *others]))
    lost = rows.pop()
    assert not any("the first row" in said for said in _said_beside(rows[0], rows, [lost]))


def test_a_button_without_words_is_a_button_too() -> None:
    save, bell = _at("button", "Save", 0, 0), _at("icon", "bell", 100, 0)
    assert not _said(save, [save, bell]) & {"button", "the button", "the only button"}
    assert "the button right of Save" in _said(bell, [save, bell])


def test_what_is_missing_fits_nothing_that_is_there() -> None:
    fitting = {said for element in ALL for said in _said(element, ALL)}
    missed = {phrases.missing(ALL, [], ["Elsewhere"], random.Random(s)) for s in range(600)} - {""}
    assert not missed & fitting
    assert {"the slider", "the switch"} <= missed
    assert not any(re.match(r"^(the )?(only )?(checkbox|tab)$", said) for said in missed)
    assert not any("checked" in said for said in missed)
    assert any(said.endswith("row") and "Elsewhere" in said for said in missed)
    untold = [_at("check", "Drawn without a state", 0, 0)]
    said = {phrases.missing(untold, [], [], random.Random(s)) for s in range(300)}
    assert not any("checked" in s or "empty" in s for s in said)


def test_every_phrase_of_a_drawn_screen_is_for_one_element() -> None:
    """Two elements never answer to the same phrase, whatever the seed."""
    owner: dict[str, str] = {}
    for element in ALL:
        for said in _said(element, ALL):
            assert owner.setdefault(said, element.name) == element.name, said


HALF = _at("field", "Half", 620, 60)


def _said_beside(element: Element, named: list[Element], unnamed: list[Element]) -> set[str]:
    return {phrases.phrase(element, named, random.Random(seed), unnamed) for seed in range(200)}


def test_what_has_no_name_of_its_own_is_seen_all_the_same() -> None:
    alone = re.compile(r"^(the )?(only )?(field|text field|input|box)$")
    assert not any(alone.match(said) for said in _said_beside(NAME, ALL, [HALF]))
    fifth = _at("tab", "Tab 4", 620, 200, group=3)
    assert not any("last tab" in said for said in _said_beside(TABS[3], ALL, [fifth]))
    other = _at("check", "Adverts", 200, 100, "checked")
    assert not any("the checked" in said for said in _said_beside(NEWS, ALL, [other]))
    assert not any("Half" in said for said in _said_beside(NAME, ALL, [HALF]))


def test_a_word_for_two_kinds_is_no_role_of_one_alone() -> None:
    mixed = [
        _at("radio", "Day", 0, 0),
        _at("option", "Night", 0, 300),
        _at("option", "Noon", 0, 600),
    ]
    assert not _said(mixed[0], mixed) & {"option", "the option", "the only option"}


def test_a_tile_knows_of_all_that_can_be_seen_of_it() -> None:
    faces, cut_off = fonts.required(fonts.EXAMINATION), 0
    for x in range(0, 385, 48):
        canvas = forms.form(ScreenSpec(1024, 768, faces, (12, 16), 0.2), random.Random(x))
        y = x // 2
        tile = targets.cut(canvas, canvas.image(), x, y, 640, 448)
        visible = [
            (e.kind, e.name)
            for e in canvas.elements
            if x < e.box[2] and e.box[0] < x + 640 and y < e.box[3] and e.box[1] < y + 448
        ]
        told = [(e.kind, e.name) for e in (*tile.present, *tile.unnamed)]
        assert sorted(told) == sorted(visible)
        cut_off += len(tile.unnamed)
    assert cut_off > 0
