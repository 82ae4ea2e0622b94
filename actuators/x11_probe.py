"""A small window of our own that writes down what reaches it: the proof that input arrives."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from Xlib import X
from Xlib.protocol import event

from handrail.actuators.desktop_devices import Area
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_windows import X11Windows

_LATIN, _UNICODE = range(0x20, 0x100), range(0x0100_0100, 0x0111_0000)
_CLOSE_SECONDS = 10.0
_AREA = Area(100, 100, 400, 300)
_CONTROLS = {0xFF0D: "\n", 0xFF09: "\t"}
_SHIFT, _LOCK, _MOD5 = 1, 2, 0x80
_KINDS: dict[int, Literal["press", "release", "move", "key", "keyup"]] = {
    X.ButtonPress: "press",
    X.ButtonRelease: "release",
    X.MotionNotify: "move",
    X.KeyPress: "key",
    X.KeyRelease: "keyup",
}


@dataclass(frozen=True)
class Arrival:
    """One event: ``detail`` is the button's number or the key's keysym; x and y on the screen."""

    kind: Literal["press", "release", "move", "key", "keyup"]
    detail: int
    x: int
    y: int
    time: int


class ProbeWindow:
    """A window on an X display that reads its events as programs do, in a thread of its own.

    Raises EnvironmentMissing where the display does not answer. ``id`` and ``title`` name it.
    """

    def __init__(self, display: str, title: str = "Handrail probe", area: Area = _AREA) -> None:
        self.title = title
        self.area = area
        self.arrivals: list[Arrival] = []
        self._link = X11Link(display)
        self._stop = False
        screen = self._link.display.screen()
        place = area
        self._window = screen.root.create_window(
            place.left,
            place.top,
            place.width,
            place.height,
            0,
            screen.root_depth,
            background_pixel=screen.white_pixel,
            event_mask=X.KeyPressMask
            | X.KeyReleaseMask
            | X.ButtonPressMask
            | X.ButtonReleaseMask
            | X.PointerMotionMask,
        )
        self.id = int(self._window.id)
        self._window.set_wm_name(self.title)
        self._window.set_wm_normal_hints(flags=1, x=place.left, y=place.top)  # USPosition
        self._ping = self._link.display.intern_atom("_NET_WM_PING")
        self._window.set_wm_protocols([self._ping])
        self._window.map()
        self._link.display.sync()
        self._thread = threading.Thread(target=self._read, name="probe", daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """Return what was typed, of the keys that give characters."""
        return "".join(_character(a.detail) for a in list(self.arrivals) if a.kind == "key")

    def wait(self, condition: Callable[[], bool], seconds: float = 10.0) -> bool:
        """Wait until the condition on what has arrived holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def wait_active(self, seconds: float) -> bool:
        """Wait until the window is in front, and tell whether it is."""
        with contextlib.closing(X11Link(self._link.name)) as link:  # the own one is being read
            windows = X11Windows(link)
            return link.wait_until(lambda: windows.active() == self.id, seconds)

    def close(self) -> None:
        """Close the window and wait until the window manager knows; safe to call twice.

        The server gives the next program the same ids, and a window manager that has not yet heard
        of the old window's end would take the new one for it, and leave it unmapped.
        """
        self._stop = True
        self._thread.join()
        with contextlib.suppress(EnvironmentMissing), contextlib.closing(self._link):
            with self._link.asking():
                self._window.destroy()
                self._link.display.sync()
            windows = X11Windows(self._link)
            self._link.wait_until(lambda: self.id not in windows.clients(), _CLOSE_SECONDS)

    def __enter__(self) -> "ProbeWindow":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        try:
            while not self._stop:
                for seen in self._link.events(0.05):
                    self._take(seen)
        except EnvironmentMissing:
            return  # the display went away, and the window with it

    def _take(self, seen: event.AnyEvent) -> None:
        if seen.type == X.MappingNotify:
            self._link.display.refresh_keyboard_mapping(seen)
        elif seen.type == X.ClientMessage and seen.data[1][0] == self._ping:
            self._pong(seen)
        elif seen.type in _KINDS:
            kind = _KINDS[seen.type]
            detail = self._symbol(seen) if kind in ("key", "keyup") else int(seen.detail)
            self.arrivals.append(
                Arrival(kind, detail, int(seen.root_x), int(seen.root_y), int(seen.time))
            )

    def _pong(self, seen: event.AnyEvent) -> None:
        root = self._link.display.screen().root
        back = event.ClientMessage(window=root, client_type=seen.client_type, data=seen.data)
        root.send_event(back, X.SubstructureNotifyMask | X.SubstructureRedirectMask)
        self._link.display.flush()

    def _symbol(self, seen: event.AnyEvent) -> int:
        level = 4 if seen.state & _MOD5 else 0
        symbol = self._link.display.keycode_to_keysym(
            seen.detail, level + (1 if seen.state & _SHIFT else 0)
        )
        plain = int(symbol) or int(self._link.display.keycode_to_keysym(seen.detail, level))
        if seen.state & _LOCK and (c := _character(plain)).isalpha() and plain in _LATIN:
            return ord(c.swapcase())
        return plain


def _character(symbol: int) -> str:
    if symbol in _LATIN:
        return chr(symbol)
    if symbol in _UNICODE:
        return chr(symbol - 0x0100_0000)
    return _CONTROLS.get(symbol, "")
