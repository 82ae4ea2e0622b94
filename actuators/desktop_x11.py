"""X11's half of the desktop: what shows a display, monitor or window of it, and what acts on it."""

from collections.abc import Callable

from PIL import Image

from handrail.actuators.actions import Button
from handrail.actuators.desktop_devices import Area, Pixels, Shown
from handrail.actuators.errors import ActionRefused, EnvironmentMissing
from handrail.actuators.observation import Application, WindowKind
from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_input import X11Input
from handrail.actuators.x11_keyboard import X11Keyboard
from handrail.actuators.x11_layout import Layout
from handrail.actuators.x11_windows import X11Windows

_BUTTONS: dict[Button, int] = {"left": 1, "middle": 2, "right": 3}
_UP, _DOWN, _LEFT, _RIGHT = 4, 5, 6, 7  # the wheels are buttons (X Input protocol's custom)
_FIRST_BUTTON_BIT = 8
_FOCUS_SECONDS, _TAKEN_SECONDS = 1.0, 2.0


class X11Hands:
    """Pointer and keyboard of one X display through XTest."""

    def __init__(self, link: X11Link, windows: X11Windows) -> None:
        self._link = link
        self._input = X11Input(link)
        self._keyboard = X11Keyboard(self._input, windows.settle)

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is."""
        seen = self._input.pointer()
        return seen.x, seen.y

    def held(self) -> str:
        """Name the buttons and modifier keys that are down, empty where none is."""
        mask = self._input.pointer().mask
        for name, number in _BUTTONS.items():
            if mask >> (_FIRST_BUTTON_BIT + number - 1) & 1:
                return f"the {name} mouse button"
        layout = Layout(self._input.keymap(), self._input.modifiers(), 0)
        if layout.holders() & self._input.keys_down():
            return "a modifier key (Shift, Ctrl, Alt or the like)"
        return ""

    def taken(self) -> None:
        """Wait until the releases that were sent have been taken up.

        A window manager that grabs clicks and keys freezes the device until it has decided.
        """
        self._link.wait_until(lambda: not self.held(), _TAKEN_SECONDS)

    def move(self, x: int, y: int) -> None:
        """Move the pointer at once."""
        self._input.motion(x, y)

    def button(self, button: Button, down: bool) -> None:
        """Press or release a button where the pointer is."""
        self._input.button(_BUTTONS[button], down)

    def wheel(self, right: int, up: int, before: Callable[[], None]) -> None:
        """Turn the wheels by notches, ``before`` each of which something may raise to stop."""
        turns = ((up, _UP, _DOWN), (right, _RIGHT, _LEFT))
        for count, positive, negative in turns:
            number = positive if count > 0 else negative
            for _ in range(abs(count)):
                before()
                self._input.button(number, True)
                self._input.button(number, False)

    def check_text(self, text: str) -> None:
        """Raise ActionRefused for text that cannot be typed exactly."""
        self._keyboard.check_text(text)

    def check_keys(self, keys: tuple[str, ...]) -> None:
        """Raise ActionRefused for a key that there is not."""
        self._keyboard.check_keys(keys)

    def type(self, text: str, undisturbed: Callable[[], None], before: Callable[[], None]) -> None:
        """Type the text exactly; ``undisturbed`` now and then, ``before`` each character."""
        self._keyboard.type(text, undisturbed, before)

    def chord(self, keys: tuple[str, ...], before: Callable[[], None]) -> None:
        """Press the keys down in order, ``before`` each, and release them in reverse."""
        self._keyboard.chord(keys, before)

    def close(self) -> None:
        """Put the keyboard back; safe to call twice."""
        self._keyboard.close()


class X11View:
    """The whole of an X display, or one monitor or one window of it.

    ``monitor`` counts from 1 in the server's order. ``window`` is part of a title, in any case; the
    topmost such window is chosen once, and stays chosen when its title changes. Raises
    EnvironmentMissing where there is no such monitor or window.
    """

    def __init__(self, link: X11Link, windows: X11Windows, monitor: int | None, window: str | None):
        self._link = link
        self._windows = windows
        self._monitor = monitor
        self._window = 0 if window is None else self._choose(window)
        self._screen = link.screen()
        self._pixels = Pixels(link.name)

    def _choose(self, title: str) -> int:
        found = self._windows.find(title)
        if found is None:
            raise EnvironmentMissing(
                f"no window with {title!a} in its title is shown on display {self._link.name}: "
                "open it first, or choose another"
            )
        return found.id

    def area(self) -> Area:
        """Return the rectangle that is shown now. Raises EnvironmentMissing where it is gone."""
        screen = self._link.screen()
        if self._window:
            shown = self._link.shown(self._window)
            visible = shown and shown.clipped(screen)
            if not visible:
                raise EnvironmentMissing("the chosen window was closed, hidden or moved off screen")
            return visible
        if self._monitor is None:
            return screen
        monitors = self._link.monitors()
        if not 1 <= self._monitor <= len(monitors):
            raise EnvironmentMissing(
                f"there is no monitor {self._monitor} on display {self._link.name}: "
                f"it has {len(monitors)}, counted from 1"
            )
        return monitors[self._monitor - 1]

    def grab(self, area: Area) -> Image.Image:
        """Return the pixels of a rectangle, RGB. Raises ObservationFailed."""
        self._link.nudge()
        screen = self._link.screen()
        if screen != self._screen:
            self._pixels.reopen()
            self._screen = screen
        return self._pixels.grab(area)

    def title(self) -> str:
        """Return the title of the window in front, empty where there is none."""
        return self._windows.title(self._windows.active())

    def kind(self) -> WindowKind:
        """Return what the window in front says that it is."""
        return self._windows.kind(self._windows.active())

    def application(self) -> Application:
        """Return what the window in front is of."""
        return self._windows.application(self._windows.active())

    def window_at(self, x: int, y: int) -> Shown | None:
        """Return the program's window here, None where there is none.

        A menu, which no window manager frames, counts as the window in front where it is of the
        same program.
        """
        top = self._link.at(x, y)
        if not top:
            return None
        if window := self._windows.owner(top):
            return self._shown(window, window, top)
        front = self._windows.active()
        return self._shown(front, top, top) if self._windows.related(top, front) else None

    def unseen(self, x: int, y: int) -> bool:
        """Tell whether a window that cannot be seen would take a press here."""
        top = self._link.at(x, y)
        return top != 0 and self._link.unseen(top)

    def front(self) -> Shown | None:
        """Return the window that has the keyboard, None where there is none."""
        active = self._windows.active()
        return self._shown(active, active, self._windows.frame(active)) if active else None

    def window_area(self, window: int) -> Area | None:
        """Return where a window is shown now, by its number, None where it is not."""
        return self._link.shown(window)

    def _shown(self, window: int, number: int, top: int) -> Shown | None:
        area = self._link.shown(window) if window else None
        if area is None:
            return None
        title, application = self._windows.title(window), self._windows.application(number)
        return Shown(title, area, number, top, window != number, application)

    def aim(self, x: int, y: int) -> int:
        """Return the window at this place. Raises ActionRefused for one that was not chosen.

        Windows that no window manager frames, such as menus, are let through.
        """
        target = self._windows.owner(self._link.at(x, y))
        if self._window and target and not self._windows.related(target, self._window):
            raise ActionRefused(f"another window than the chosen one is in front at ({x}, {y})")
        return target

    def check_keyboard(self) -> None:
        """Raise ActionRefused where keys would go to a window that was not chosen."""
        if self._window and not self._windows.related(self._windows.active(), self._window):
            raise ActionRefused("the chosen window does not have the keyboard: click it first")

    def clicked(self, target: int) -> str:
        """Wait until the window has the keyboard; return a note where it did not get it.

        Keys sent before the window manager has moved the focus would go to the window before.
        """
        if not target or not self._windows.managed():
            return ""
        if self._windows.wait_active_or_gone(target, _FOCUS_SECONDS):
            return ""
        return "the window that was clicked did not come to the front"

    def close(self) -> None:
        """Give back the connections; safe to call twice."""
        self._pixels.close()
        self._link.close()
