"""Other ways to ask for an element than by its name: role, state, place among others, neighbours.

A phrase is used only where it fits exactly one element of the tile, judged by what is drawn.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from handrail.model.pocket.canvas import Element, Rect, centre

_ROLES: dict[str, tuple[str, ...]] = {
    "button": ("button",),
    "icon": ("icon",),
    "link": ("link",),
    "field": ("field", "text field", "input", "box"),
    "check": ("checkbox", "check box"),
    "radio": ("radio button", "option"),
    "switch": ("switch", "toggle"),
    "tab": ("tab",),
    "menu": ("menu", "menu entry", "menu item"),
    "item": ("item", "entry"),
    "option": ("option",),
    "slider": ("slider",),
    "list": ("dropdown", "list", "combo box"),
    "day": ("day",),
    "text": ("text", "heading"),
}
_ANY = ("item",)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_SIDES: dict[str, tuple[str, ...]] = {
    "left": ("left of", "to the left of"),
    "right": ("right of", "to the right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}
_NEAR = 260.0
"""How far apart neighbours may be, in pixels."""


@dataclass(frozen=True)
class _Seen:
    """Elements of a tile: those with a name that fits them alone, and all that can be seen."""

    named: Sequence[Element]
    every: Sequence[Element]


Phraser = Callable[[Element, _Seen, random.Random], str]


def phrase(
    element: Element,
    named: Sequence[Element],
    rng: random.Random,
    unnamed: Sequence[Element] = (),
) -> str:
    """Return a way to ask for an element among all that can be seen; its name where there is none.

    ``named`` are the elements of the same tile, the element itself among them; ``unnamed`` are
    those that can be seen too, but are cut off or share a name: they count, and nothing is said to
    stand beside them.
    """
    seen = _Seen(named, [*named, *unnamed])
    ways = list(_WAYS)
    rng.shuffle(ways)
    for way in ways:
        if said := way(element, seen, rng):
            return said
    return element.name


def _role(kind: str, rng: random.Random) -> str:
    return rng.choice(_ROLES.get(kind, _ANY))


def _by_role(element: Element, seen: _Seen, rng: random.Random) -> str:
    """Name and role, or the role alone where it is the only one of its kind."""
    role = _role(element.kind, rng)
    alike = [e for e in seen.every if role in _ROLES.get(e.kind, _ANY)]
    if len(alike) == 1 and rng.random() < 0.7:
        return rng.choice(("the {}", "the only {}", "{}")).format(role)
    if role in element.name.casefold():
        return ""
    form = rng.choice(("the {name} {role}", "{name} {role}", "the {role} {name}"))
    return form.format(name=element.name, role=role)


def _by_state(element: Element, seen: _Seen, rng: random.Random) -> str:
    for state in element.states:
        alike = [e for e in seen.every if e.kind == element.kind and state in e.states]
        if len(alike) == 1:
            return f"the {state} {_role(element.kind, rng)}"
    return ""


def _by_order(element: Element, seen: _Seen, rng: random.Random) -> str:
    if not element.group:
        return ""
    row = [e for e in seen.named if e.group == element.group]
    cut_off = sum(e.group == element.group for e in seen.every) > len(row)
    more = any(e.kind == element.kind and e.group != element.group for e in seen.every)
    if len(row) < 3 or cut_off or more:
        return ""
    down = max(e.box[1] for e in row) > min(e.box[3] for e in row)
    row.sort(key=lambda e: e.box[1] if down else e.box[0])
    place = [e.name for e in row].index(element.name)
    if place == len(row) - 1:
        return f"the last {_role(element.kind, rng)}"
    if place >= len(_ORDINALS):
        return ""
    return f"the {_ORDINALS[place]} {_role(element.kind, rng)}"


def _by_neighbour(element: Element, seen: _Seen, rng: random.Random) -> str:
    """Say beside what it is: the nearest of its kind on one side of something named."""
    anchors = [e for e in seen.named if e.name != element.name and e.kind not in ("day", "icon")]
    rng.shuffle(anchors)
    for anchor, side in product(anchors[:12], rng.sample(sorted(_SIDES), 4)):
        if _nearest(anchor, side, element.kind, seen.every) is element:
            form = rng.choice(("the {} {} {}", "{} {} {}"))
            return form.format(_role(element.kind, rng), rng.choice(_SIDES[side]), anchor.name)
    return ""


def _nearest(anchor: Element, side: str, kind: str, others: Sequence[Element]) -> Element | None:
    """Return what is clearly nearest on a side of an anchor; None where two are about as near."""
    found = [
        (away, number)
        for number, e in enumerate(others)
        if e.kind == kind and e is not anchor and (away := _away(anchor.box, e.box, side)) >= 0
    ]
    found.sort()
    if not found or found[0][0] > _NEAR:
        return None
    if len(found) > 1 and found[1][0] < found[0][0] + 12:
        return None
    return others[found[0][1]]


def _away(anchor: Rect, box: Rect, side: str) -> float:
    """Return how far a box is off on a side of an anchor, in pixels; -1 where it is not there."""
    across = side in ("left", "right")
    low, high = (1, 3) if across else (0, 2)
    x, y = centre(box)
    along = y if across else x
    if not anchor[low] <= along <= anchor[high]:
        return -1.0
    gap = {
        "left": anchor[0] - box[2],
        "right": box[0] - anchor[2],
        "above": anchor[1] - box[3],
        "below": box[1] - anchor[3],
    }[side]
    return gap if gap >= -2 else -1.0


_WAYS: tuple[Phraser, ...] = (_by_role, _by_state, _by_order, _by_neighbour, _by_neighbour)
