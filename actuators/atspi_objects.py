"""The objects that programs put on an accessibility bus, and one inquiry among them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from handrail.actuators.atspi_bus import ROOT, AccessBus, Answer, Node, Question, property_of
from handrail.actuators.atspi_roles import DOCUMENTS, PAGE_TAB, StateName, entries, mask, states
from handrail.actuators.desktop_devices import Area
from handrail.actuators.observation import ScreenText

_MOST, _DEPTH, _LONGEST = 128, 40, 2_000
_PATIENCE = 8  # answers that a slow program may need this much longer for, together
_SLACK = 3  # pixels that a window's frame and a program's own idea of it may differ by
_ACCESSIBLE = "org.a11y.atspi.Accessible"
_COMPONENT = "org.a11y.atspi.Component"
_COLLECTION = "org.a11y.atspi.Collection"
_SCREEN, _ALL, _ANY, _CANONICAL = 0, 1, 2, 1
_NOWHERE = -(1 << 31)
_LABELLED_BY = 2
_MANY = 2_000


@dataclass(frozen=True)
class ProgramWindow:
    """A window as the X server tells it; ``areas``: its rectangle without its frame and with it.

    ``menu``: it is no window of its own for people, and goes by the title of another.
    """

    id: int
    process: int
    title: str
    areas: tuple[Area, ...]
    menu: bool = False


@dataclass(frozen=True)
class Object:
    """An object as its program tells it: AT-SPI's role and states, its place on the screen.

    ``area`` is None where it has none; ``children`` is their number.
    """

    node: Node
    number: int
    states: frozenset[StateName]
    area: Area | None
    children: int

    @property
    def document(self) -> bool:
        """Tell whether what lies in it was written by somebody else than its program."""
        return self.number in DOCUMENTS

    def holds(self, x: int, y: int) -> bool:
        """Tell whether it is shown at this place of the screen."""
        return "showing" in self.states and self.area is not None and self.area.holds(x, y)


class Inquiry:
    """Questions to one program, each to be answered in ``seconds``, and all in eight times that.

    Raises ObservationFailed where an answer is missing then, EnvironmentMissing where the bus is
    gone.
    """

    def __init__(self, bus: AccessBus, seconds: float) -> None:
        self._bus = bus
        self._seconds = seconds
        self._end = time.monotonic() + _PATIENCE * seconds
        self._tops: list[Object] = []

    def window(self, wanted: ProgramWindow) -> Object | None:
        """Return the program's own object for a window, where exactly one fits it."""
        if wanted.process == 0:
            return None
        self._tops = []
        for program in self._children(ROOT):
            if self._bus.process(program.owner, self._deadline()) == wanted.process:
                self._tops += self._objects(self._children(program))
        fitting = [t for t in self._tops if "showing" in t.states and _fits(t.area, wanted.areas)]
        if len(fitting) > 1:
            fitting = [top for top in fitting if self.name(top).raw == wanted.title.strip()]
        return fitting[0] if len(fitting) == 1 else None

    def modal(self, top: Object) -> Object | None:
        """Return a dialog of this window's program that takes all input, unless it is one."""
        dialogs = [t for t in self._tops if {"modal", "showing"} <= t.states]
        return None if not dialogs or top in dialogs else dialogs[0]

    def child_at(self, outer: Object, x: int, y: int) -> Object | None:
        """Return the child that is shown here; the topmost, which is the last, of several."""
        if not outer.children:
            return None
        if outer.children > _MOST:
            asked = Question(outer.node, _COMPONENT, "GetAccessibleAtPoint", "iiu", (x, y, _SCREEN))
            (answer,) = self._ask([asked])
            told = _node(_first(answer))
            children = [] if told is None else self._objects([told])
        else:
            children = self._objects(self._children(outer.node))
        if found := _topmost(children, x, y):
            return found
        # A page of a notebook is a child of its tab, and lies outside of it.
        for child in children:
            if (child.area is None or child.number == PAGE_TAB) and "showing" in child.states:
                inner = self._objects(self._children(child.node))
                if found := _topmost(inner, x, y):
                    return found
        return None

    def focused(self, top: Object) -> Object | None:
        """Return what has the keyboard in a window, None where that is not told."""
        matches = self._matches(top, "focused", [0] * 4, 2)
        if matches is None:
            return self._searched(top)
        found = [one for one in matches if "focused" in one.states]
        return found[0] if len(found) == 1 else None

    def entry_at(self, wanted: ProgramWindow, x: int, y: int) -> Object | None:
        """Return the entry of an open menu here, which a program tells in the menu's own window.

        Its menus lie on the screen in windows of their own, and in its tree below what opens them.
        """
        found: list[Object] = []
        for top in (top for top in self._tops if "showing" in top.states):
            found += self._matches(top, "showing", entries(), _MOST) or []
        inside = [one for one in found if one.area and _inside(one.area, wanted.areas)]
        return _topmost(inside, x, y)

    def _matches(
        self, top: Object, state: StateName, roles: list[int], most: int
    ) -> list[Object] | None:
        """Return what has a state and one of the roles, None where the program cannot search."""
        kind = _ANY if any(roles) else _ALL
        rule: Answer = (mask(state), _ALL, {}, _ALL, roles, kind, [], _ALL, False)
        asked = (rule, _CANONICAL, most, True)
        signature = "(aiia{ss}iaiiasib)uib"
        (answer,) = self._ask([Question(top.node, _COLLECTION, "GetMatches", signature, asked)])
        return None if answer is None else self._objects(_listed(answer))

    def _searched(self, top: Object) -> Object | None:
        """Look through a window whose program cannot search by itself, as Qt's cannot."""
        level = [top]
        for _ in range(_DEPTH):
            inner = [node for one in level for node in self._children(one.node)][: 4 * _MOST]
            level = [one for one in self._objects(inner) if "showing" in one.states]
            if found := [one for one in level if "focused" in one.states]:
                return found[0] if len(found) == 1 else None
        return None

    def showing(self, top: Object) -> list[Object]:
        """Return what shows in a window, from the outside inwards; of a large one not all."""
        level, found = [top], list[Object]()
        for _ in range(_DEPTH):
            asked = [Question(one.node, _ACCESSIBLE, "GetChildren") for one in level]
            lists = [_listed(answer) for answer in self._ask(asked) if answer is not None]
            inner = [node for nodes in lists for node in nodes][: 4 * _MOST]
            level = [one for one in self._objects(inner) if "showing" in one.states]
            found += level
            if not level or len(found) >= _MANY:
                break
        return found

    def names(self, objects: Sequence[Object]) -> list[ScreenText]:
        """Return the name of each; of one that has none, such as a field, that of its label."""
        own = self._named([one.node for one in objects])
        bare = [one.node for one, name in zip(objects, own, strict=True) if not name.raw]
        asked = [Question(node, _ACCESSIBLE, "GetRelationSet") for node in bare]
        labels = [_label(answer) for answer in self._ask(asked)]
        told = iter(self._named([node for node in labels if node is not None]))
        lent = {n: next(told) for n, label in zip(bare, labels, strict=True) if label is not None}
        return [lent.get(one.node, name) for one, name in zip(objects, own, strict=True)]

    def path(self, one: Object) -> list[Object]:
        """Return what an object lies in, from its window inwards, and itself."""
        found = [one]
        while len(found) < _DEPTH:
            (answer,) = self._ask([property_of(found[-1].node, _ACCESSIBLE, "Parent")])
            parent = _node(_value(answer))
            outer = [] if parent is None else self._objects([parent])
            if not outer or outer[0].node.owner != one.node.owner:
                break
            found += outer
        return found[::-1]

    def name(self, one: Object) -> ScreenText:
        """Return an object's name, without blanks around it."""
        return self._named([one.node])[0]

    def _named(self, nodes: Sequence[Node]) -> list[ScreenText]:
        answers = self._ask([property_of(node, _ACCESSIBLE, "Name") for node in nodes])
        names = (_value(answer) for answer in answers)
        return [ScreenText(n.strip()[:_LONGEST] if isinstance(n, str) else "") for n in names]

    def _children(self, node: Node) -> list[Node]:
        (answer,) = self._ask([Question(node, _ACCESSIBLE, "GetChildren")])
        return [] if answer is None else _listed(answer)

    def _objects(self, nodes: Sequence[Node]) -> list[Object]:
        """Return each object that tells a role."""
        if not nodes:
            return []
        asked: list[Question] = []
        for node in nodes:
            asked.append(Question(node, _ACCESSIBLE, "GetRole"))
            asked.append(Question(node, _ACCESSIBLE, "GetState"))
            asked.append(Question(node, _COMPONENT, "GetExtents", "u", (_SCREEN,)))
            asked.append(property_of(node, _ACCESSIBLE, "ChildCount"))
        answers = self._ask(asked)
        found: list[Object] = []
        for number, node in enumerate(nodes):
            role, state, extents, children = answers[4 * number : 4 * number + 4]
            if isinstance(told := _first(role), int):
                count = _value(children)
                found.append(
                    Object(
                        node,
                        told,
                        states(_first(state)),
                        _area(_first(extents)),
                        count if isinstance(count, int) else 0,
                    )
                )
        return found

    def _ask(self, questions: Sequence[Question]) -> list[Answer | None]:
        return self._bus.ask(questions, self._deadline())

    def _deadline(self) -> float:
        return min(self._end, time.monotonic() + self._seconds)


def _topmost(objects: Sequence[Object], x: int, y: int) -> Object | None:
    return next((one for one in reversed(objects) if one.holds(x, y)), None)


def _first(answer: Answer | None) -> object:
    return answer[0] if answer else None


def _value(answer: Answer | None) -> object:
    """Return the value of a property."""
    found = _first(answer)
    return found[1] if isinstance(found, tuple) and len(found) == 2 else None


def _node(value: object) -> Node | None:
    match value:
        case (str(owner), str(path)) if owner and not path.endswith("/null"):
            return Node(owner, path)
    return None


def _listed(answer: Answer) -> list[Node]:
    listed = _first(answer)
    found = [_node(one) for one in listed[:_MOST]] if isinstance(listed, list) else []
    return [node for node in found if node is not None]


def _label(answer: Answer | None) -> Node | None:
    """Return the first object that labels the one whose relations these are."""
    relations = _first(answer)
    for relation in relations if isinstance(relations, list) else []:
        match relation:
            case (int(kind), [first, *_]) if kind == _LABELLED_BY:
                return _node(first)
    return None


def _area(extents: object) -> Area | None:
    match extents:
        case (int(left), int(top), int(width), int(height)) if width > 0 and height > 0:
            return None if _NOWHERE in (left, top) else Area(left, top, width, height)
    return None


def _inside(area: Area, windows: Sequence[Area]) -> bool:
    return any(area.clipped(one) == area for one in windows)


def _fits(area: Area | None, windows: Sequence[Area]) -> bool:
    """Tell whether a program means one of these rectangles, which differ by a window's frame."""
    return area is not None and any(
        abs(area.left - one.left) <= _SLACK
        and abs(area.top - one.top) <= _SLACK
        and abs(area.left + area.width - one.left - one.width) <= _SLACK
        and abs(area.top + area.height - one.top - one.height) <= _SLACK
        for one in windows
    )
