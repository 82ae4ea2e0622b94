"""A phrase fits one element alone: what it says is checked against what is drawn."""

import random
import re

import pytest

from handrail.model.pocket import phrases
from handrail.model.pocket.canvas import Element


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


def test_every_phrase_of_a_drawn_screen_is_for_one_element() -> None:
    """Two elements never answer to the same phrase, whatever the seed."""
    owner: dict[str, str] = {}
    for element in ALL:
        for said in _said(element, ALL):
            assert owner.setdefault(said, element.name) == element.name, said
