"""The desktop actuator: looks, checks that nobody is in the way, spends the permit, acts."""

import math
import time
from dataclasses import dataclass, replace

from handrail.actuators.actions import (
    ENDINGS,
    Action,
    Button,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Type,
    Wait,
    points,
)
from handrail.actuators.base import Permit, PermitVerifier, Receipt
from handrail.actuators.desktop_devices import Area, Hands, Held, View
from handrail.actuators.desktop_person import PersonWatch
from handrail.actuators.errors import (
    ActionInDoubt,
    ActionRefused,
    EnvironmentMissing,
    PersonActive,
)
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.observation import Element, Observation, ScreenText, Surface
from handrail.actuators.primitives import Primitives, Safeguards

WHEEL_STEP = 50  # pixels of content for one notch: toolkits move 40 to 60 (Chromium 53)
DRAG_STEPS, DRAG_PAUSE = 24, 0.012  # slower than any toolkit's threshold for a flick
HELD = 0.012  # seconds between a button going down and up
_DOUBLE_CLICK = 0.5  # seconds; toolkits join clicks that are up to 0.25 to 0.5 apart


@dataclass(frozen=True)
class Devices:
    """One display's parts, opened; ``owned``: Handrail started this display for itself."""

    name: str
    owned: bool
    view: View
    hands: Hands
    lock: Held
    still_seconds: float


class Desktop:
    """A display, a monitor or a window of it, as an Actuator.

    ``Scroll`` turns one notch for each 50 pixels, at least one. ``hit_test`` knows only windows:
    X11 has no element tree of its own. Actions on coordinates of an outdated look (the window
    moved, the screen changed its size) are refused.
    """

    def __init__(self, devices: Devices, verifier: PermitVerifier) -> None:
        self._devices = devices
        self._view, self._hands = devices.view, devices.hands
        self._verifier = verifier
        self._watch = PersonWatch(self._hands.pointer(), devices.still_seconds)
        self._looked: tuple[Area, ScreenGeometry] | None = None
        self._clicked = (0.0, (-1, -1), "")
        self._closed = False
        self.safeguards = Safeguards()

    def observe(self) -> Observation:
        """Look at the screen now. Raises ObservationFailed, EnvironmentMissing."""
        self._open()
        area = self._view.area()
        image = self._view.grab(area)
        self._watch.saw(self._hands.pointer())
        geometry = ScreenGeometry(
            width=image.width,
            height=image.height,
            scale=image.width / area.width,
            origin_x=area.left,
            origin_y=area.top,
        )
        self._looked = (area, geometry)
        surface = Surface(
            kind="desktop",
            name=self._devices.name,
            owned=self._devices.owned,
            window=ScreenText(self._view.title()),
            window_kind=self._view.kind(),
            application=self._view.application(),
        )
        return Observation(image=image, geometry=geometry, time=time.time(), surface=surface)

    def hit_test(self, point: Point) -> Element | None:
        """Return the window under a pixel, and no more: X11 has no element tree of its own."""
        self._open()
        if self._looked is None or not self._looked[1].contains(point):
            return None
        geometry = self._looked[1]
        place = self._place(point, geometry)
        found = self._view.window_at(*place)
        if found is None:
            return None
        return replace(_window(*found, geometry), application=self._view.application(place))

    def focused(self) -> Element | None:
        """Return None: without an accessibility tree a desktop cannot tell."""
        return None

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Do one action.

        Raises PermitRefused, ActionRefused, ActionStopped, PersonActive and EnvironmentMissing (no
        effect), and ActionInDoubt where a stop, a person or the display's end cut it short.
        """
        self._open()
        geometry = self._check(action)
        if not isinstance(action, Wait):
            self._alone()
        self._verifier.redeem(permit, action)
        started = time.monotonic()
        try:
            note = self._act(action, geometry)
        except (EnvironmentMissing, PersonActive) as problem:
            raise ActionInDoubt(
                f"{action.kind} on display {self._devices.name} was cut short: {problem}"
            ) from problem
        return Receipt(time.monotonic() - started, note)

    def close(self) -> None:
        """Give the display back; safe to call twice."""
        self._closed = True
        self._hands.close()
        self._devices.lock.close()
        self._view.close()

    def _open(self) -> None:
        if self._closed:
            raise EnvironmentMissing(f"display {self._devices.name} was closed by this program")

    def _check(self, action: Action) -> ScreenGeometry:
        """Refuse what does not fit this screen, before anything is spent or sent."""
        if isinstance(action, ENDINGS):
            raise ActionRefused(f"{action.kind} ends a run and is nothing that a screen can do")
        if self._looked is None:
            raise ActionRefused("look at the screen before acting on it")
        area, geometry = self._looked
        named = points(action)
        if named and self._view.area() != area:
            raise ActionRefused("the screen or window moved or changed size: look again")
        for point in named:
            if not geometry.contains(point):
                raise ActionRefused(
                    f"({point.x}, {point.y}) is not on the {geometry.width}x{geometry.height} "
                    "screen: name a point on it"
                )
            self._view.aim(*self._place(point, geometry))
        if isinstance(action, Type | Press):
            self._view.check_keyboard()
        if isinstance(action, Type):
            self._hands.check_text(action.text)
        elif isinstance(action, Press):
            self._hands.check_keys(action.keys)
        elif not named and not isinstance(action, Wait):
            self._view.aim(*self._hands.pointer())
        return geometry

    def _alone(self) -> None:
        self._watch.check(self._hands.pointer())
        if held := self._hands.held():
            raise PersonActive(f"{held} is held down: waiting until it is released")

    def _undisturbed(self) -> None:
        if self._watch.moved(self._hands.pointer()):
            raise PersonActive("someone moved the pointer")

    def _act(self, action: Action, geometry: ScreenGeometry) -> str:
        if isinstance(action, Move):
            self._events(1, "moves").next()
            self._move(self._place(action.point, geometry))
        elif isinstance(action, Click):
            return self._click(action, self._place(action.point, geometry))
        elif isinstance(action, Drag):
            start = self._hands.pointer()
            if action.start is not None:
                start = self._place(action.start, geometry)
            self._drag(start, self._place(action.end, geometry))
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
        return Primitives(self.safeguards.stopped, total, unit)

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
            self._move(self._place(action.point, geometry))
        self._hands.wheel(right, up, events.next)

    def _place(self, point: Point, geometry: ScreenGeometry) -> tuple[int, int]:
        x, y = geometry.to_input(point)
        return int(x), int(y)

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


def _window(title: str, area: Area, geometry: ScreenGeometry) -> Element:
    left = math.floor((area.left - geometry.origin_x) * geometry.scale)
    top = math.floor((area.top - geometry.origin_y) * geometry.scale)
    right = left + math.ceil(area.width * geometry.scale)
    bottom = top + math.ceil(area.height * geometry.scale)
    box = Box(left=left, top=top, right=right, bottom=bottom)
    return Element("window", ScreenText(title), box)


def _notches(pixels: int) -> int:
    """Return wheel notches for pixels of content: the nearest number, but never none for some."""
    if pixels == 0:
        return 0
    size = max(1, round(abs(pixels) / WHEEL_STEP))
    return size if pixels > 0 else -size
