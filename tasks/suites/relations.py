"""Ask for controls by where they stand, beside a named one or in a row, and by their state.

Only what a person would take for one thing is asked: on that side of the named control there must
be exactly one control of the role, near it and in line with it; of one role, exactly one control
must be in that state. Nameless controls count, too, and nothing is said to stand beside them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

Sides = tuple[float, float, float, float]
NEAR = 260.0
"""How far from the named control the other may be, in pixels."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_DIRECTIONS = ("left of", "right of", "above", "below")
ROLE_WORDS: Mapping[str, str] = {
    "button": "button",
    "link": "link",
    "textbox": "text field",
    "searchbox": "text field",
    "field": "text field",
    "checkbox": "checkbox",
    "check": "checkbox",
    "radio": "radio button",
    "tab": "tab",
    "combobox": "dropdown",
    "spinbutton": "number field",
}


@dataclass(frozen=True)
class Placed:
    """A control that can be seen: its role or kind, its name, its box (xyxy, pixels), its state."""

    role: str
    name: str
    box: Sides
    state: str = ""


@dataclass(frozen=True)
class Related:
    """A phrase that means one control by its place or state, and that control's box."""

    phrase: str
    box: Sides


def related(controls: Sequence[Placed]) -> tuple[Related, ...]:
    """Return every phrase that means one of the controls by its place, in a fixed order."""
    return (*_beside(controls), *_in_rows(controls))


def by_state(controls: Sequence[Placed]) -> tuple[Related, ...]:
    """Return every phrase that means one of the controls by its state, in a fixed order."""
    members = defaultdict(list)
    for control in controls:
        if control.state and control.role in ROLE_WORDS:
            members[f"the {control.state} {ROLE_WORDS[control.role]}"].append(control)
    alone = [(phrase, alike[0]) for phrase, alike in members.items() if len(alike) == 1]
    return tuple(Related(phrase, control.box) for phrase, control in alone if control.name)


def _beside(controls: Sequence[Placed]) -> list[Related]:
    names = [control.name.casefold() for control in controls]
    anchors = [c for c in controls if c.name and names.count(c.name.casefold()) == 1]
    words = sorted({ROLE_WORDS[c.role] for c in controls if c.role in ROLE_WORDS})
    found = []
    for anchor, direction, word in product(anchors, _DIRECTIONS, words):
        alike = [c for c in controls if c is not anchor and ROLE_WORDS.get(c.role) == word]
        there = [c for c in alike if _away(anchor.box, c.box, direction) >= 0]
        if len(there) == 1 and _away(anchor.box, there[0].box, direction) <= NEAR:
            found.append(Related(f"the {word} {direction} {anchor.name}", there[0].box))
    return found


def _in_rows(controls: Sequence[Placed]) -> list[Related]:
    """Say in which row one of several controls of one name stands, where they form a column."""
    by_name = defaultdict(list)
    for control in controls:
        if control.name:
            by_name[control.role, control.name].append(control)
    found = []
    for (_, name), members in by_name.items():
        members.sort(key=lambda control: control.box[1])
        boxes = [control.box for control in members]
        column = all(b[1] >= a[3] - 1 and abs(a[0] - b[0]) < 3 for a, b in pairwise(boxes))
        if len(members) >= 2 and column:
            rows = zip(_ORDINALS, boxes, strict=False)
            found += [Related(f"{name} in the {nth} row", box) for nth, box in rows]
    return found


def _away(anchor: Sides, box: Sides, direction: str) -> float:
    """Return how many pixels lie between two boxes in a direction; -1 where it is not there."""
    low, high = (1, 3) if direction in ("left of", "right of") else (0, 2)
    shared = min(anchor[high], box[high]) - max(anchor[low], box[low])
    if 2 * shared < min(anchor[high] - anchor[low], box[high] - box[low]):
        return -1.0
    gap = {
        "left of": anchor[0] - box[2],
        "right of": box[0] - anchor[2],
        "above": anchor[1] - box[3],
        "below": box[1] - anchor[3],
    }[direction]
    return gap if gap >= 0 else -1.0
