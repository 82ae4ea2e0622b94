"""Hear Ctrl+Shift+Escape on an X display, whatever program has the keyboard.

The keys that are down are read fifty times a second rather than grabbed: a grab can be taken by
another program, or be held up while a menu is open, and a kill switch must work then too. The
program in front sees the keys as well. Escape, unlike a letter, is on every layout.
"""

import contextlib
import threading
from collections.abc import Callable

from Xlib import XK

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_input import X11Input

NAME = "Ctrl+Shift+Escape"
_CHORD = (("Control_L", "Control_R"), ("Shift_L", "Shift_R"), ("Escape",))
_PERIOD = 0.02  # seconds; a key that is pressed stays down for 50 ms and more


class X11StopKey:
    """Calls ``pressed`` from a thread of its own, once for each time the keys go down.

    ``close`` ends it; so does the end of the display. Raises EnvironmentMissing where the display
    does not answer.
    """

    def __init__(self, display: str, pressed: Callable[[], None]) -> None:
        self._link = X11Link(display)
        self._input = X11Input(self._link)
        self._pressed = pressed
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="handrail-stop-key", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; safe to call twice."""
        self._closing.set()
        self._thread.join()
        self._link.close()

    def _listen(self) -> None:
        with contextlib.suppress(EnvironmentMissing):  # the display is gone, and its keys with it
            before = False
            while not self._closing.wait(_PERIOD):
                down = self._down()
                if down and not before:
                    self._pressed()
                before = down

    def _down(self) -> bool:
        codes = self._input.keys_down()
        # Fewer than three keys are no chord, and nearly always none is down: one request does then.
        return len(codes) >= len(_CHORD) and all(codes & self._codes(any_of) for any_of in _CHORD)

    def _codes(self, names: tuple[str, ...]) -> frozenset[int]:
        wanted = {XK.string_to_keysym(name) for name in names}
        keymap = self._input.keymap()
        return frozenset(code for code, symbols in keymap.items() if wanted & set(symbols[:1]))
