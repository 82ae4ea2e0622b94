"""What programs tell of what lies in their windows, read from an accessibility bus (AT-SPI).

A program is believed about its own windows alone: the bus knows the process behind each object and
the X server the process behind each window. Within its window it may say what it likes. A program
that leaves a question unanswered for ``SECONDS`` tells nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from handrail.actuators.atspi_bus import AccessBus
from handrail.actuators.atspi_objects import Inquiry, Object, ProgramWindow
from handrail.actuators.atspi_roles import CONTROLS, FIXED, PARTS, PASSWORD, TEXT, aria
from handrail.actuators.desktop_devices import Told

__all__ = ["SECONDS", "AccessTree", "ProgramWindow"]

SECONDS = 0.3
_DEPTH = 40
_AROUND = ((-1, -1), (1, -1), (-1, 1), (1, 1))


@dataclass(frozen=True)
class _Found:
    """The objects from a window's own down to the innermost at a place, and the one for a press."""

    path: Sequence[Object]
    pressed: Object


class AccessTree:
    """Finds objects of programs on one accessibility bus.

    Every method raises ObservationFailed where a program did not answer in time, and
    EnvironmentMissing where the bus is gone.
    """

    def __init__(self, bus: AccessBus, seconds: float = SECONDS) -> None:
        self._bus = bus
        self._seconds = seconds

    def at(self, window: ProgramWindow, x: int, y: int) -> Told | None:
        """Return what a press at this place of the screen is for, None where the window is all."""
        ask = Inquiry(self._bus, self._seconds)
        found = _found(ask, window, x, y)
        return None if found is None else _told(ask, window, found)

    def target(self, window: ProgramWindow, x: int, y: int) -> Told | None:
        """Return the same, with what is beside it and what must be answered first."""
        ask = Inquiry(self._bus, self._seconds)
        found = _found(ask, window, x, y)
        if found is None:
            return None
        alone = all(
            _same_control(found, _descend(ask, found.path[0], x + dx, y + dy))
            for dx, dy in _AROUND
            if not found.pressed.holds(x + dx, y + dy)
        )
        return _told(ask, window, found, alone, ask.modal(found.path[0]))

    def focused(self, window: ProgramWindow) -> Told | None:
        """Return what has the keyboard in this window, None where nothing has or none is told."""
        ask = Inquiry(self._bus, self._seconds)
        top = ask.window(window)
        found = None if top is None else ask.focused(top)
        return None if found is None else _told(ask, window, _Found(ask.path(found), found))

    def controls(self, window: ProgramWindow) -> tuple[Told, ...]:
        """Return the named controls that show in this window, those of documents too."""
        ask = Inquiry(self._bus, self._seconds)
        top = ask.window(window)
        if top is None:
            return ()
        shown = [one for one in ask.showing(top) if _role(one) in CONTROLS and one.area]
        named = zip(shown, ask.names(shown), strict=True)
        return tuple(
            Told(_role(one), name, one.area, f"{window.id:x}{one.node.path}")
            for one, name in named
            if name.raw
        )


def _found(ask: Inquiry, window: ProgramWindow, x: int, y: int) -> _Found | None:
    top = ask.window(window)
    if top is not None:
        return _descend(ask, top, x, y)
    entry = ask.entry_at(window, x, y) if window.menu else None
    return None if entry is None else _Found((entry,), entry)


def _descend(ask: Inquiry, top: Object, x: int, y: int) -> _Found | None:
    """Return what lies at a place of a window, None where that is the window and no more."""
    path = [top]
    while len(path) < _DEPTH and (inner := ask.child_at(path[-1], x, y)) is not None:
        path.append(inner)
    return None if len(path) == 1 else _Found(path, _pressed(path))


def _pressed(path: Sequence[Object]) -> Object:
    """Return the control that the innermost object is a part of, or that object."""
    for outer in reversed(path):
        if _role(outer) in CONTROLS:
            return outer
        if _role(outer) not in PARTS:
            break
    return path[-1]


def _same_control(found: _Found, beside: _Found | None) -> bool:
    """Tell whether what lies beside is no control, or is the same one."""
    if beside is None or _role(beside.pressed) not in CONTROLS:
        return True
    return beside.pressed.node == found.pressed.node


def _told(
    ask: Inquiry,
    window: ProgramWindow,
    found: _Found,
    alone: bool | None = None,
    modal: Object | None = None,
) -> Told:
    one, inner = found.pressed, found.path[-1]
    name = ask.name(one)
    role = _role(one)
    editable = "editable" in one.states and role not in {"terminal", "document"}
    lines = one.number == TEXT and "single line" not in one.states
    # A viewer of many lines, such as a calculator's display, may pass keys on.
    fixed = None if editable or lines or role not in FIXED else True
    return Told(
        role=role,
        # A row of a list has no name of its own: it is called what is written in it.
        name=name if name.raw or one is inner else ask.name(inner),
        area=one.area,
        handle=f"{window.id:x}{one.node.path}",
        editable=editable,
        secret=one.number == PASSWORD,
        embedded=any(outer.document for outer in found.path if outer is not one),
        enabled={"enabled", "sensitive"} <= one.states if one.states else None,
        fixed=fixed,
        alone=alone,
        modal=None if modal is None else ask.name(modal),
    )


def _role(one: Object) -> str:
    return aria(one.number, "editable" in one.states)
