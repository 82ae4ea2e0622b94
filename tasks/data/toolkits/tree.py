"""Read the accessibility trees of all programs on a display's bus, a level at a time."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from handrail.actuators.atspi_bus import ROOT, AccessBus, Answer, Question, property_of
from handrail.actuators.atspi_bus import Node as Place
from handrail.actuators.atspi_roles import StateName, states
from handrail.model.pocket.canvas import Rect

_SECONDS = 20.0
_DEEPEST = 40
_LEAVES = frozenset((7, 8, 29, 40, 43, 44, 45, 48, 50, 51, 52, 56, 57, 62, 79, 88))
"""Roles of what holds nothing else that is asked for: boxes to check, labels, buttons, cells."""
_ACCESSIBLE = "org.a11y.atspi.Accessible"


@dataclass(frozen=True, eq=False)
class Node:
    """What is shown of a program: AT-SPI's number of the role, name, description, states, box.

    ``box`` is in the program's own pixels of the screen; ``above`` is what it lies in, its window
    last.
    """

    role: int
    name: str
    description: str
    states: frozenset[StateName]
    box: Rect
    above: tuple["Node", ...]


_Found = tuple[Place, tuple[Node, ...]]
"""An object and what it lies in."""


def shown(address: str) -> list[Node]:
    """Return every object that its program says is showing, windows before what is in them.

    Raises ObservationFailed where a program does not answer in time, EnvironmentMissing without a
    bus.
    """
    deadline = time.monotonic() + _SECONDS
    with contextlib.closing(AccessBus(address)) as bus:
        programs = _below(bus, [(ROOT, ())], deadline)
        level = _below(bus, programs, deadline)
        found: list[Node] = []
        for _ in range(_DEEPEST):
            if not level:
                break
            nodes = _told(bus, level, deadline)
            found += [node for _, node in nodes]
            open_ = [(place, (n, *n.above)) for place, n in nodes if n.role not in _LEAVES]
            level = _below(bus, open_, deadline)
    return found


def _below(bus: AccessBus, level: Sequence[_Found], deadline: float) -> list[_Found]:
    """Return the children of a level's objects, each with what it lies in."""
    answers = bus.ask([Question(p, _ACCESSIBLE, "GetChildren") for p, _ in level], deadline)
    return [
        (Place(owner, path), above)
        for (_, above), answer in zip(level, answers, strict=True)
        for owner, path in _listed(answer)
        if not path.endswith("/null")
    ]


def _listed(answer: Answer | None) -> list[tuple[str, str]]:
    listed = answer[0] if answer else None
    return [(str(one[0]), str(one[1])) for one in listed] if isinstance(listed, list) else []


def _told(bus: AccessBus, level: Sequence[_Found], deadline: float) -> list[tuple[Place, Node]]:
    """Return those objects of a level that show."""
    asked = [Question(place, _ACCESSIBLE, "GetState") for place, _ in level]
    answers = bus.ask(asked, deadline)
    there = []
    for found, answer in zip(level, answers, strict=True):
        told = states(answer[0]) if answer else frozenset[StateName]()
        if "showing" in told:
            there.append((found, told))
    asked = []
    for (place, _), _ in there:
        asked.append(Question(place, _ACCESSIBLE, "GetRole"))
        asked.append(Question(place, "org.a11y.atspi.Component", "GetExtents", "u", (0,)))
        asked.append(property_of(place, _ACCESSIBLE, "Name"))
        asked.append(property_of(place, _ACCESSIBLE, "Description"))
    answers = bus.ask(asked, deadline)
    nodes = []
    for number, ((place, above), told) in enumerate(there):
        match answers[4 * number : 4 * number + 4]:
            case [(int(role),), ((int(x), int(y), int(wide), int(tall)),), name, about]:
                box = (float(x), float(y), float(x + wide), float(y + tall))
                node = Node(role, _text(name), _text(about), told, box, above)
                nodes.append((place, node))
    return nodes


def _text(answer: Answer | None) -> str:
    """Return the text that a property holds."""
    match answer:
        case ((_, str(text)),):
            return text.strip()
    return ""
