"""The desktop of Windows and macOS, by pyautogui: it types only what its own table of keys holds.

pyautogui reads the display when it is imported, and may end the process there; it is imported when
such a desktop is opened, and its ways of failing become EnvironmentMissing.
"""

import importlib
import sys
from collections.abc import Callable
from typing import Protocol, cast

from PIL import Image

from handrail.actuators.actions import Button
from handrail.actuators.desktop_devices import Area, Pixels, Shown
from handrail.actuators.errors import ActionRefused, EnvironmentMissing
from handrail.actuators.keys import key
from handrail.actuators.observation import Application, WindowKind

_WINDOWS_NOTCH = 120  # WHEEL_DELTA: pyautogui hands its number to Windows as it is
_BATCH = 32


class PyAutoGui(Protocol):
    """What is used of the module pyautogui."""

    FAILSAFE: bool
    PAUSE: float
    KEYBOARD_KEYS: list[str]

    def position(self) -> tuple[int, int]: ...
    def moveTo(self, x: int, y: int) -> None: ...
    def mouseDown(self, *, button: str) -> None: ...
    def mouseUp(self, *, button: str) -> None: ...
    def scroll(self, clicks: int) -> None: ...
    def hscroll(self, clicks: int) -> None: ...
    def write(self, message: str) -> None: ...
    def keyDown(self, key: str) -> None: ...
    def keyUp(self, key: str) -> None: ...


def load() -> PyAutoGui:
    """Import pyautogui now. Raises EnvironmentMissing where it is absent or finds no display."""
    try:
        module = cast(PyAutoGui, importlib.import_module("pyautogui"))
    except (ImportError, KeyError, OSError, SystemExit) as problem:
        raise EnvironmentMissing(
            f"pyautogui does not start ({type(problem).__name__}: {problem}): "
            "pip install 'handrail[pyautogui]', and run where there is a desktop"
        ) from problem
    # The corner that aborts is replaced by noticing a person's mouse; waits are the caller's.
    module.FAILSAFE = False
    module.PAUSE = 0.0
    return module


class PyAutoGuiHands:
    """Pointer and keyboard by pyautogui; what it cannot type exactly is refused."""

    def __init__(self, module: PyAutoGui, platform: str = sys.platform) -> None:
        self._gui = module
        self._notch = _WINDOWS_NOTCH if platform == "win32" else 1

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is."""
        x, y = self._gui.position()
        return int(x), int(y)

    def held(self) -> str:
        """Return nothing: pyautogui cannot tell which keys are down."""
        return ""

    def taken(self) -> None:
        """Do nothing: pyautogui cannot tell."""

    def move(self, x: int, y: int) -> None:
        """Move the pointer at once."""
        self._gui.moveTo(x, y)

    def button(self, button: Button, down: bool) -> None:
        """Press or release a button where the pointer is."""
        (self._gui.mouseDown if down else self._gui.mouseUp)(button=button)

    def wheel(self, right: int, up: int, before: Callable[[], None]) -> None:
        """Turn the wheels by notches, ``before`` each of which something may raise to stop."""
        for count, turn in ((up, self._gui.scroll), (right, self._gui.hscroll)):
            for _ in range(abs(count)):
                before()
                turn(self._notch if count > 0 else -self._notch)

    def check_text(self, text: str) -> None:
        """Raise ActionRefused for text that pyautogui would not type exactly."""
        known = set(self._gui.KEYBOARD_KEYS)
        for i, c in enumerate(text):
            if not (c in known or c.lower() in known) or not (c.isascii() or c in "\n\t"):
                raise ActionRefused(
                    f"character {i} of the text, U+{ord(c):04X}, cannot be typed on this desktop: "
                    "pyautogui types ASCII only"
                )

    def check_keys(self, keys: tuple[str, ...]) -> None:
        """Raise ActionRefused for a key that there is not."""
        for name in keys:
            if key(name).name.lower() not in self._gui.KEYBOARD_KEYS:
                raise ActionRefused(f"pyautogui has no key called {name!a}")

    def type(self, text: str, undisturbed: Callable[[], None], before: Callable[[], None]) -> None:
        """Type the text; ``undisturbed`` before each batch, ``before`` each character."""
        for number, character in enumerate(text):
            if number % _BATCH == 0:
                undisturbed()
            before()
            self._gui.write(character)

    def chord(self, keys: tuple[str, ...], before: Callable[[], None]) -> None:
        """Press the keys down in order, ``before`` each, and release them in reverse."""
        names = [key(name).name for name in keys]
        pressed: list[str] = []
        try:
            for name in names:
                before()
                pressed.append(name)
                self._gui.keyDown(name)
        finally:
            for name in reversed(pressed):
                self._gui.keyUp(name)

    def close(self) -> None:
        """Do nothing: pyautogui changes nothing that stays."""


class MonitorView:
    """The whole desktop or one monitor, by mss; it cannot tell one window from another."""

    def __init__(self, pixels: Pixels, monitor: int | None) -> None:
        self._pixels = pixels
        self._monitor = monitor

    def area(self) -> Area:
        """Return the rectangle that is shown now. Raises EnvironmentMissing where it is gone."""
        areas = self._pixels.areas()
        if self._monitor is None:
            return areas[0]
        if not 1 <= self._monitor < len(areas):
            raise EnvironmentMissing(
                f"there is no monitor {self._monitor}: {len(areas) - 1} found, counted from 1"
            )
        return areas[self._monitor]

    def grab(self, area: Area) -> Image.Image:
        """Return the pixels of a rectangle, RGB. Raises ObservationFailed."""
        return self._pixels.grab(area)

    def title(self) -> str:
        """Return nothing: the window in front is not known here."""
        return ""

    def kind(self) -> WindowKind:
        """Return nothing: the window in front is not known here."""
        return ""

    def application(self) -> Application:
        """Return nothing: windows are not known here."""
        return Application()

    def window_at(self, x: int, y: int) -> Shown | None:
        """Return None: windows are not known here."""
        return None

    def unseen(self, x: int, y: int) -> bool:
        """Return False: windows are not known here."""
        return False

    def front(self) -> Shown | None:
        """Return None: windows are not known here."""
        return None

    def window_area(self, window: int) -> Area | None:
        """Return None: windows are not known here."""
        return None

    def aim(self, x: int, y: int) -> int:
        """Return 0: windows are not known here."""
        return 0

    def check_keyboard(self) -> None:
        """Let every key through: no window can be chosen here."""

    def clicked(self, target: int) -> str:
        """Return nothing: the focus is not known here."""
        return ""

    def close(self) -> None:
        """Give back the screenshots; safe to call twice."""
        self._pixels.close()


def open_view(monitor: int | None, window: str | None) -> MonitorView:
    """Open the view. Raises EnvironmentMissing for a window or for a monitor that there is not."""
    if window is not None:
        raise EnvironmentMissing("a window can be chosen on X11 only: choose a monitor here")
    view = MonitorView(Pixels(), monitor)
    try:
        view.area()
    except EnvironmentMissing:
        view.close()
        raise
    return view
