"""An action's input on a desktop, stroke by stroke: clicks, drags, notches, text and keys."""

import time

from handrail.actuators.actions import Action, Button, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.actuators.desktop_devices import Hands, View
from handrail.actuators.desktop_person import PersonWatch
from handrail.actuators.errors import PersonActive
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.primitives import Primitives, Stopped

WHEEL_STEP = 50  # pixels of content for one notch: toolkits move 40 to 60 (Chromium 53)
DRAG_STEPS, DRAG_PAUSE = 24, 0.012  # slower than any toolkit's threshold for a flick
HELD = 0.012  # seconds between a button going down and up
_DOUBLE_CLICK = 0.5  # seconds; toolkits join clicks that are up to 0.25 to 0.5 apart


class Strokes:
    """Sends input through hands, and asks before every stroke whether to stop."""

    def __init__(self, view: View, hands: Hands, watch: PersonWatch, stopped: Stopped) -> None:
        self._view, self._hands, self._watch = view, hands, watch
        self._stopped = stopped
        self._clicked = (0.0, (-1, -1), "")

    def act(self, action: Action, geometry: ScreenGeometry) -> str:
        """Send an action's input; return a word where there is one to say.

        Raises ActionStopped before the first event, and after it ActionInDoubt; PersonActive.
        """
        if isinstance(action, Move):
            self._events(1, "moves").next()
            self._move(place_of(action.point, geometry))
        elif isinstance(action, Click):
            return self._click(action, place_of(action.point, geometry))
        elif isinstance(action, Drag):
            start = self._hands.pointer()
            if action.start is not None:
                start = place_of(action.start, geometry)
            self._drag(start, place_of(action.end, geometry))
        elif isinstance(action, Scroll):
            self._scroll(action, geometry)
        elif isinstance(action, Type):
            text = action.text.replace("\r\n", "\n")
            self._hands.type(text, self._undisturbed, self._events(len(text), "characters").next)
        elif isinstance(action, Press):
            self._hands.chord(action.keys, self._events(len(action.keys), "keys").next)
            self._hands.taken()
        elif isinstance(action, Wait):
            self._wait(action.seconds)
        return ""

    def _events(self, total: int, unit: str) -> Primitives:
        return Primitives(self._stopped, total, unit)

    def _wait(self, seconds: float) -> None:
        """Wait, and no longer than a tenth of a second after a stop."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._events(1, "waits").next()
            time.sleep(min(left, 0.1))

    def _scroll(self, action: Scroll, geometry: ScreenGeometry) -> None:
        right, up = _notches(action.dx), _notches(action.dy)
        events = self._events(abs(right) + abs(up) + 1, "events of the mouse")
        events.next()
        if action.point is not None:
            self._move(place_of(action.point, geometry))
        self._hands.wheel(right, up, events.next)

    def _move(self, place: tuple[int, int]) -> None:
        self._hands.move(*place)
        self._watch.left(self._hands.pointer())

    def _click(self, action: Click, place: tuple[int, int]) -> str:
        target = self._view.aim(*place)
        when, where, button = self._clicked
        if (where, button) == (place, action.button):
            # Two clicks of two actions must not become one double click.
            time.sleep(max(0.0, when + _DOUBLE_CLICK - time.monotonic()))
        events = self._events(action.count + 1, "events of the mouse")
        events.next()
        self._move(place)
        for _ in range(action.count):
            events.next()
            self._press(action.button)
        self._clicked = (time.monotonic(), place, action.button)
        self._hands.taken()
        return self._view.clicked(target)

    def _press(self, button: Button) -> None:
        try:
            self._hands.button(button, True)
            # a window manager that grabs the button to raise windows loses what comes at once
            time.sleep(HELD)
        finally:
            self._hands.button(button, False)
        time.sleep(HELD)

    def _drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        events = self._events(DRAG_STEPS + 2, "events of the mouse")
        events.next()
        self._move(start)
        events.next()
        self._hands.button("left", True)
        try:
            for step in range(1, DRAG_STEPS + 1):
                events.next()
                time.sleep(DRAG_PAUSE)  # programs read a drag's speed from the clock
                x = start[0] + (end[0] - start[0]) * step // DRAG_STEPS
                y = start[1] + (end[1] - start[1]) * step // DRAG_STEPS
                self._move((x, y))
            time.sleep(DRAG_PAUSE)
        finally:
            self._hands.button("left", False)
        self._hands.taken()

    def _undisturbed(self) -> None:
        if self._watch.moved(self._hands.pointer()):
            raise PersonActive("someone moved the pointer")


def place_of(point: Point, geometry: ScreenGeometry) -> tuple[int, int]:
    """Return where a pixel of a picture lies, in input units."""
    x, y = geometry.to_input(point)
    return int(x), int(y)


def _notches(pixels: int) -> int:
    """Return wheel notches for pixels of content: the nearest number, but never none for some."""
    if pixels == 0:
        return 0
    size = max(1, round(abs(pixels) / WHEEL_STEP))
    return size if pixels > 0 else -size
