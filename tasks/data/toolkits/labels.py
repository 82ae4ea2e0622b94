"""Make training's labels of what programs tell: objects (AT-SPI), lines of text, windows.

Exact: boxes, names, roles and states, which are AT-SPI's, cut to what they lie in; the place of
each character, by the toolkit's own layout (AT-SPI tells it for too few widgets). Estimated: answer
points, which are the middle of an element's text or where people click a field; that a label
belongs to the field that bears its name and is nearest; the box of a cell in GTK's trees, which GTK
tells an expander's width off, and which is widened to its text. Without labels: what is written on
the frames of windows, which the window manager draws, what dots cut short, and what is not ASCII,
such as the dots of passwords. Qt does not tell which tab is selected.

What another window or an open menu touches, what is cut by what it lies in and what has no name
cannot be asked for, though it may be seen; of a line of text the characters that show are kept.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from handrail.model.pocket.canvas import Element, Rect, centre
from handrail.model.pocket.controls import entry_point
from handrail.model.pocket.shots import Labels
from handrail.tasks.data.photographs import scaled
from handrail.tasks.data.toolkits.seen import Seen, Written, both, common, lines, touch
from handrail.tasks.data.toolkits.tree import Node

_KINDS = {
    7: "check", 8: "menu", 11: "list", 29: "text", 32: "item", 33: "menu", 35: "menu", 37: "tab",
    40: "field", 43: "button", 44: "radio", 45: "menu", 51: "slider", 52: "field", 56: "item",
    57: "item", 59: "menu", 61: "field", 62: "switch", 79: "field", 88: "link", 91: "item",
}  # fmt: skip
_COMBO, _MENU_BAR, _POPUP = 11, 34, 41
_THROUGH = frozenset((_COMBO, 33, 35, 37, _POPUP))
"""Roles whose children lie outside of their box: menus, and pages below their tabs."""
_APART = frozenset(("field", "list", "slider", "switch"))
"""Kinds whose name stands beside them."""
_COUNTED = frozenset(("radio", "check", "tab", "option"))
_LONGEST = 28
_LEAST = 8
"""The least side of an element in pixels."""
_SHOWN = 0.9
"""The least share of an element's sides that must lie within what it lies in."""


def labels_of(seen: Seen) -> Labels:
    """Return the named elements and lines of text of a screen, in its pixels."""
    written = [line for window in seen.windows for line in lines(seen, window)]
    kept: list[tuple[Node, Element]] = []
    lost: set[tuple[Node, str]] = set()
    partly: list[Element] = []
    # What is told twice, as options are, counts where it lies deepest, which is last.
    for node in {(n.role, n.name, n.box): n for n in seen.nodes if n.above}.values():
        kind = _kind(node)
        if not kind:
            continue
        element = _element(seen, node, kind, written) if _name(node) else None
        if element is None:
            lost.add((node.above[0], kind))
            partly.append(Element(kind, node.name, node.box, node.box, centre(node.box)))
        else:
            kept.append((node, element))
    elements = _alone(_grouped(kept, lost))
    return scaled(Labels(elements, [line.run for line in written], partly), seen.scale)


def _kind(node: Node) -> str:
    kind = _KINDS.get(node.role, "")
    if kind in ("menu", "item") and any(above.role == _COMBO for above in node.above):
        return "option" if node.role != 33 else ""
    return kind


def _name(node: Node) -> str:
    """Return an element's name, empty where nobody could ask for it."""
    name = node.description or node.name if node.role == _COMBO else node.name
    return name if name.isascii() and name.isprintable() and len(name) <= _LONGEST else ""


def _element(seen: Seen, node: Node, kind: str, written: Sequence[Written]) -> Element | None:
    """Return an element, None where it is covered, cut short, or does not show its name."""
    window = _window(seen, node, kind)
    if window is None:
        return None
    box = _visible(node, kind, common(window, seen.screen))
    if box is None:
        return None
    place = seen.place(window)
    if any(touch(box, cover) for cover in seen.covers(place)):
        return None
    inside = [w for w in written if w.place == place]
    line = _named(_name(node), kind, box, inside)
    blank = kind == "button" and not any(touch(w.run.box, box) for w in inside)
    if line is None and not blank:
        return None
    text = box if line is None else line.run.box
    if line is not None and kind not in _APART:
        box = both(box, text)
    point = entry_point(box) if kind in ("field", "list") else centre(text)
    if kind in ("slider", "switch"):
        point = centre(box)
    kind = "icon" if line is None else kind
    return Element(kind, _name(node), box, text, point, _states(node, kind))


def _pops_up(node: Node, kind: str) -> bool:
    """Tell whether an element lies in a window of its own above the one that tells of it."""
    return kind == "option" or (kind == "menu" and node.above[0].role != _MENU_BAR)


def _window(seen: Seen, node: Node, kind: str) -> Rect | None:
    """Return the window that an element is drawn in, None where there is none."""
    if not _pops_up(node, kind):
        return node.above[-1].box
    x, y = centre(node.box)
    around = [w.box for w in seen.windows if w.box[0] <= x < w.box[2] and w.box[1] <= y < w.box[3]]
    return around[-1] if around else None


def _visible(node: Node, kind: str, around: Rect) -> Rect | None:
    """Return what shows of a node's box in a window; None where that is too little."""
    box = common(node.box, around)
    for above in () if _pops_up(node, kind) else node.above:
        if above.role not in _THROUGH:
            box = common(box, above.box)
    wide, tall = box[2] - box[0], box[3] - box[1]
    enough = tall >= _SHOWN * (node.box[3] - node.box[1])
    if kind in _APART or kind == "button":  # of others only the text must show
        enough = enough and wide >= _SHOWN * (node.box[2] - node.box[0])
    return box if enough and wide >= _LEAST and tall >= _LEAST else None


def _named(name: str, kind: str, box: Rect, written: Sequence[Written]) -> Written | None:
    """Return the line that says an element's name: in it, or for an input the nearest one."""
    wanted = name.casefold()
    fitting = [
        w
        for w in written
        if w.whole
        and w.run.text.strip().rstrip(":").casefold() == wanted.rstrip(":")
        and (kind in _APART or touch(w.run.box, box))
    ]
    return min(fitting, key=lambda w: _apart(w.run.box, box), default=None)


def _apart(text: Rect, box: Rect) -> float:
    """Return how far a label is from the beginning of what it may name."""
    return math.dist(((text[0] + text[2]) / 2, (text[1] + text[3]) / 2), (box[0], box[1] + 8))


def _states(node: Node, kind: str) -> tuple[str, ...]:
    told = node.states
    out = [] if {"sensitive", "enabled"} & told else ["disabled"]
    if kind in ("check", "switch") or node.role == 8:
        on, off = ("on", "off") if kind == "switch" else ("checked", "unchecked")
        out.insert(0, on if "checked" in told else off)
    elif (kind == "radio" and "checked" in told) or (
        kind in ("tab", "item", "option") and "selected" in told
    ):
        out.append("selected")
    elif kind == "field" and "focused" in told:
        out.append("focused")
    return tuple(out)


def _grouped(kept: Sequence[tuple[Node, Element]], lost: set[tuple[Node, str]]) -> list[Element]:
    """Number rows and columns of elements of which none is missing."""
    rows: dict[tuple[Node, str], list[Element]] = defaultdict(list)
    for node, element in kept:
        rows[node.above[0], element.kind].append(element)
    number = 0
    for (above, kind), row in rows.items():
        if kind in _COUNTED and len(row) > 1 and (above, kind) not in lost:
            number += 1
            for element in row:
                element.group = number
    return [element for _, element in kept]


def _alone(elements: Sequence[Element]) -> list[Element]:
    """Leave out labels that stand for something else, which has their text as well."""
    taken = {e.text_box for e in elements if e.kind != "text"}
    return [e for e in elements if e.kind != "text" or e.text_box not in taken]
