"""What the programs of an X display tell of their windows: the bus of that display, if it has one.

The bus of a display of our own is known. On the user's display it is the one that the session names
or, for another display, the one that its root window names. Without a bus, and after one that went
away, nothing is told until one answers.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from handrail.actuators.atspi import AccessTree, ProgramWindow
from handrail.actuators.atspi_bus import AccessBus, session_address
from handrail.actuators.desktop_devices import Shown, Told
from handrail.actuators.errors import EnvironmentMissing, ObservationFailed
from handrail.actuators.x11 import X11Link

T = TypeVar("T")
_PROPERTY = "AT_SPI_BUS"
_RETRY_SECONDS = 5.0


class X11Tree:
    """Asks programs by the bus whose address ``find`` returns, empty for none."""

    def __init__(self, link: X11Link, find: Callable[[], str]) -> None:
        self._link = link
        self._find = find
        self._bus: AccessBus | None = None
        self._tried = -_RETRY_SECONDS

    def at(self, window: Shown, x: int, y: int) -> Told | None:
        """Return what a press at this place of a window is for, None where that is not told."""
        return self._told(lambda tree: tree.at(self._program(window), x, y))

    def target(self, window: Shown, x: int, y: int) -> Told | None:
        """Return the same with what is beside it and above it. Raises ObservationFailed."""
        return self._asked(lambda tree: tree.target(self._program(window), x, y))

    def focused(self, window: Shown) -> Told | None:
        """Return what has the keyboard in a window, None where that is not told."""
        return self._told(lambda tree: tree.focused(self._program(window)))

    def keyboard(self, window: Shown) -> Told | None:
        """Return the same. Raises ObservationFailed where the program does not answer."""
        return self._asked(lambda tree: tree.focused(self._program(window)))

    def controls(self, window: Shown) -> tuple[Told, ...]:
        """Return the named controls that show in a window, none where that is not told."""
        return self._told(lambda tree: tree.controls(self._program(window))) or ()

    def answers(self) -> bool:
        """Tell whether there is a bus."""
        return self._connected() is not None

    def close(self) -> None:
        """Hang up; safe to call twice."""
        if self._bus is not None:
            self._bus.close()
            self._bus = None

    def _told(self, ask: Callable[[AccessTree], T | None]) -> T | None:
        try:
            return self._asked(ask)
        except ObservationFailed:
            return None  # whoever says nothing in time is known by its window alone

    def _asked(self, ask: Callable[[AccessTree], T | None]) -> T | None:
        bus = self._connected()
        if bus is None:
            return None
        try:
            return ask(AccessTree(bus))
        except EnvironmentMissing:
            if not bus.closed:  # it is the display that went away
                raise
            return None
        finally:
            if bus.closed:
                self.close()

    def _connected(self) -> AccessBus | None:
        if self._bus is None and time.monotonic() - self._tried >= _RETRY_SECONDS:
            self._tried = time.monotonic()
            with contextlib.suppress(EnvironmentMissing):
                if address := self._find():
                    self._bus = AccessBus(address)
        return self._bus

    def _program(self, window: Shown) -> ProgramWindow:
        found = (self._link.shown(window.id), self._link.shown(window.top))
        areas = tuple(area for area in found if area is not None)
        process = self._link.process(window.id)
        return ProgramWindow(window.id, process, window.title, areas, window.menu)


def address_of(display: str, link: X11Link, environ: Mapping[str, str]) -> str:
    """Return the accessibility bus's address of a display that is not ours, empty for none."""
    found = ""
    if display == environ.get("DISPLAY"):
        session = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
        found = environ.get("AT_SPI_BUS_ADDRESS", "")
        if not found and session and not session.startswith("disabled:"):
            found = session_address(session)
    return found or link.text(link.root, _PROPERTY)
