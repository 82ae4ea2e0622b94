"""Other ways to ask for an element than by its name: role, state, place among others, neighbours.

A phrase is used only where it fits exactly one element of the tile, judged by what is drawn.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from handrail.model.pocket.canvas import Element, Rect
from handrail.model.spatial import SIDES

_ROLES: dict[str, tuple[str, ...]] = {
    "button": ("button",),
    "icon": ("icon", "icon", "button"),
    "link": ("link",),
    "field": ("text field", "text field", "field", "input", "box"),
    "check": ("checkbox", "checkbox", "check box"),
    "radio": ("radio button", "radio button", "option"),
    "switch": ("switch", "toggle"),
    "tab": ("tab",),
    "menu": ("menu", "menu entry", "menu item"),
    "item": ("item", "entry"),
    "option": ("option",),
    "slider": ("slider",),
    "list": ("dropdown", "dropdown", "list", "combo box"),
    "day": ("day",),
    "text": ("text", "heading"),
}
"""The words for each kind; what one word can mean is every kind that has it."""
_ANY = ("item",)
_STATES: dict[str, tuple[str, ...]] = {
    "checked": ("the checked {}", "the ticked {}", "the {} that is checked"),
    "unchecked": ("the unchecked {}", "the {} that is not checked", "the empty {}"),
    "on": ("the {} that is on", "the {} that is switched on", "the enabled {}"),
    "off": ("the {} that is off", "the {} that is switched off"),
    "selected": ("the selected {}", "the current {}", "the active {}", "the {} that is selected"),
    "disabled": ("the disabled {}", "the greyed-out {}", "the {} that is disabled"),
    "focused": ("the focused {}", "the {} with the cursor"),
    "invalid": ("the invalid {}", "the {} with the error"),
}
_NAMED = (
    *("the {name} {role}", "{name} {role}", "the {role} {name}"),
    *("the {role} named {name}", "the {role} labelled {name}", 'the {role} "{name}"'),
)
_TOLD = ("check", "radio", "switch", "tab", "slider", "day")
"""Kinds of which no screen of training shows one that is not told of."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_ROWS = ("{} in the {} row", "{} in the {} row", "{} in the {} line", "{} of the {} row")
_SIDES = {side: (near, near, far) for side, (near, far) in SIDES.items()}
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


def missing(
    named: Sequence[Element],
    unnamed: Sequence[Element],
    absent: Sequence[str],
    rng: random.Random,
) -> str:
    """Return what asks for something that is not on a tile; empty where none comes to mind.

    A role or a state that nothing on it has, or a neighbour, a role or a row of a name elsewhere.
    """
    if rng.random() < 0.4 or not absent:
        return _unfilled([*named, *unnamed], rng)
    name, draw, role = rng.choice(absent), rng.random(), _role(rng.choice(tuple(_ROLES)), rng)
    if draw < 0.3:
        return rng.choice(_NAMED).format(name=name, role=role)
    if draw < 0.5:
        return rng.choice(_ROWS).format(name, rng.choice(_ORDINALS))
    side = rng.choice(_SIDES[rng.choice(tuple(_SIDES))])
    return rng.choice(("the {} {} {}", "{} {} {}")).format(role, side, name)


def _unfilled(every: Sequence[Element], rng: random.Random) -> str:
    """Return a role, or a role's state, that nothing has; of what need not be told, nothing."""
    role = _role(rng.choice(_TOLD), rng)
    alike = _alike(role, every)
    if not alike:
        return rng.choice(("the {}", "the only {}", "{}")).format(role)
    states = rng.choice((("checked", "unchecked"), ("on", "off"), ("disabled",)))
    told = all(set(states) & set(e.states) for e in alike) or len(states) == 1
    state = rng.choice(states)
    if not told or any(state in e.states for e in alike):
        return ""
    return rng.choice(_STATES[state]).format(role)


def _role(kind: str, rng: random.Random) -> str:
    return rng.choice(_ROLES.get(kind, _ANY))


def _alike(role: str, among: Sequence[Element]) -> list[Element]:
    """Return what a word for a role can mean."""
    return [e for e in among if role in _ROLES.get(e.kind, _ANY)]


def _by_role(element: Element, seen: _Seen, rng: random.Random) -> str:
    """Name and role, or the role alone where it is the only one of its kind."""
    role = _role(element.kind, rng)
    if len(_alike(role, seen.every)) == 1 and rng.random() < 0.7:
        return rng.choice(("the {}", "the only {}", "{}")).format(role)
    if role in element.name.casefold():
        return ""
    return rng.choice(_NAMED).format(name=element.name, role=role)


def _by_state(element: Element, seen: _Seen, rng: random.Random) -> str:
    role = _role(element.kind, rng)
    for state in element.states:
        if len([e for e in _alike(role, seen.every) if state in e.states]) == 1:
            return rng.choice(_STATES.get(state, ("the {state} {}",))).format(role, state=state)
    return ""


def _row_of(element: Element, seen: _Seen) -> tuple[list[Element], bool]:
    """Return an element's row or column in its order, and whether it runs down.

    It is empty where one of its members is cut off or cannot be told from others.
    """
    row = [e for e in seen.named if e.group == element.group]
    if not element.group or sum(e.group == element.group for e in seen.every) > len(row):
        return [], False
    down = max(e.box[1] for e in row) > min(e.box[3] for e in row) - 2
    return sorted(row, key=lambda e: e.box[1] if down else e.box[0]), down


def _by_order(element: Element, seen: _Seen, rng: random.Random) -> str:
    row, _ = _row_of(element, seen)
    role = _role(element.kind, rng)
    if len(row) < 3 or len(_alike(role, seen.every)) > len(_alike(role, row)):
        return ""
    place = [e.name for e in row].index(element.name)
    if place == len(row) - 1:
        return f"the last {role}"
    if place >= len(_ORDINALS):
        return ""
    return rng.choice(("the {} {}", "the {} {}", "{} {}")).format(_ORDINALS[place], role)


def _by_row(element: Element, seen: _Seen, rng: random.Random) -> str:
    """Say in which row stands what says the same in all of them."""
    row, down = _row_of(element, seen)
    if not element.shown or not down or len(row) < 2:
        return ""
    alone = {e.group for e in seen.every if e.shown == element.shown} == {element.group}
    place = [e.name for e in row].index(element.name)
    if not alone or place >= len(_ORDINALS):
        return ""
    said = element.shown
    if element.kind == "icon":
        said = rng.choice(("{}", "the {} icon", "{} icon", "the {} button")).format(said)
    return rng.choice(_ROWS).format(said, _ORDINALS[place])


def _by_neighbour(element: Element, seen: _Seen, rng: random.Random) -> str:
    """Say beside what it is: the nearest of its kind on one side of something named."""
    anchors = [e for e in seen.named if e.name != element.name and e.kind != "day"]
    rng.shuffle(anchors)
    role = _role(element.kind, rng)
    alike = _alike(role, seen.every)
    for anchor, side in product(anchors[:12], rng.sample(sorted(_SIDES), 4)):
        if _nearest(anchor, side, alike) is element:
            form = rng.choice(("the {} {} {}", "the {} {} {}", "{} {} {}"))
            return form.format(role, rng.choice(_SIDES[side]), anchor.name)
    return ""


def _nearest(anchor: Element, side: str, alike: Sequence[Element]) -> Element | None:
    """Return what is clearly nearest on a side of an anchor; None where two are about as near."""
    found = [
        (away, number)
        for number, e in enumerate(alike)
        if e is not anchor and (away := _away(anchor.box, e.box, side)) >= 0
    ]
    found.sort()
    if not found or found[0][0] > _NEAR:
        return None
    if len(found) > 1 and found[1][0] < found[0][0] + 12:
        return None
    return alike[found[0][1]]


def _away(anchor: Rect, box: Rect, side: str) -> float:
    """Return how far a box is off on a side of an anchor, in pixels; -1 where it is not there.

    It is there where half of the smaller of both is in line with the other.
    """
    low, high = (1, 3) if side in ("left", "right") else (0, 2)
    shared = min(anchor[high], box[high]) - max(anchor[low], box[low])
    if 2 * shared < min(anchor[high] - anchor[low], box[high] - box[low]):
        return -1.0
    gap = {
        "left": anchor[0] - box[2],
        "right": box[0] - anchor[2],
        "above": anchor[1] - box[3],
        "below": box[1] - anchor[3],
    }[side]
    return gap if gap >= -2 else -1.0


_WAYS: tuple[Phraser, ...] = (
    _by_role, _by_state, _by_order, _by_row, _by_neighbour, _by_neighbour,
)  # fmt: skip
