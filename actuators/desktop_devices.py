"""What a desktop is made of: a rectangle of it, what shows it, what moves its pointer and keys.

Every method may raise EnvironmentMissing when the display or window is gone; the desktop knows
whether an action was under way and makes ActionInDoubt of it where one was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import mss
from mss.exception import ScreenShotError
from PIL import Image

from handrail.actuators.actions import Button
from handrail.actuators.errors import EnvironmentMissing, ObservationFailed
from handrail.actuators.observation import Application, ScreenText, WindowKind

_NOTHING_KNOWN = Application()


@dataclass(frozen=True)
class Area:
    """A rectangle in input units: pixels of the root window on X11, points on macOS."""

    left: int
    top: int
    width: int
    height: int

    def holds(self, x: int, y: int) -> bool:
        """Tell whether a place lies in it."""
        return self.left <= x < self.left + self.width and self.top <= y < self.top + self.height

    def clipped(self, other: "Area") -> "Area | None":
        """Return the part that lies in the other rectangle, or None where there is none."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right = min(self.left + self.width, other.left + other.width)
        bottom = min(self.top + self.height, other.top + other.height)
        if right <= left or bottom <= top:
            return None
        return Area(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Shown:
    """A program's window: title, rectangle, and the surface's own number for it, 0 for none.

    A ``menu`` goes by title and rectangle of the window that it belongs to, and has its own number.
    ``top`` is the number of what a press there meets first, such as the window's frame.
    """

    title: str
    area: Area
    id: int = 0
    top: int = 0
    menu: bool = False
    application: Application = _NOTHING_KNOWN


@dataclass(frozen=True)
class Told:
    """A part of a window as its program tells it; ``role`` is an ARIA name, empty for none.

    ``secret``: it hides what is typed into it. ``embedded``: it lies in a document that the program
    shows, such as a page in a browser. ``handle`` is the same for as long as it lives. ``fixed``:
    no text can be typed into it; ``alone``: no other control lies within a pixel of the place;
    ``modal`` is the title of a dialog that must be answered first. What is None is not known.
    """

    role: str
    name: ScreenText
    area: Area | None
    handle: str
    editable: bool = False
    secret: bool = False
    embedded: bool = False
    enabled: bool | None = None
    fixed: bool | None = None
    alone: bool | None = None
    modal: ScreenText | None = None


class Tree(Protocol):
    """What programs tell of their windows, where there is somewhere to ask."""

    def at(self, window: Shown, x: int, y: int) -> Told | None:
        """Return what a press at this place of a window is for, None where the window is all."""
        ...

    def target(self, window: Shown, x: int, y: int) -> Told | None:
        """Return the same with ``alone`` and ``modal``, which take longer to find out.

        Raises ObservationFailed where the program does not answer.
        """
        ...

    def focused(self, window: Shown) -> Told | None:
        """Return what has the keyboard in a window, None where that is not told."""
        ...

    def keyboard(self, window: Shown) -> Told | None:
        """Return the same. Raises ObservationFailed where the program does not answer."""
        ...

    def controls(self, window: Shown) -> tuple[Told, ...]:
        """Return the named controls that show in a window, none where that is not told."""
        ...

    def close(self) -> None:
        """Give back what was opened; safe to call twice."""
        ...


class Hands(Protocol):
    """What moves the pointer and presses buttons and keys, in input units."""

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is."""
        ...

    def held(self) -> str:
        """Name the buttons and modifier keys that are down, empty where none is."""
        ...

    def taken(self) -> None:
        """Wait until the releases that were sent have been taken up, where that takes time."""
        ...

    def move(self, x: int, y: int) -> None:
        """Move the pointer at once."""
        ...

    def button(self, button: Button, down: bool) -> None:
        """Press or release a button where the pointer is."""
        ...

    def wheel(self, right: int, up: int, before: Callable[[], None]) -> None:
        """Turn the wheels by notches; negative turns left and down.

        ``before`` is called before each notch and may raise to stop.
        """
        ...

    def check_text(self, text: str) -> None:
        """Raise ActionRefused for text that cannot be typed exactly."""
        ...

    def check_keys(self, keys: tuple[str, ...]) -> None:
        """Raise ActionRefused for a key that there is not."""
        ...

    def type(self, text: str, undisturbed: Callable[[], None], before: Callable[[], None]) -> None:
        """Type the text exactly.

        ``undisturbed`` is called now and then and ``before`` before each character; both may raise
        to stop.
        """
        ...

    def chord(self, keys: tuple[str, ...], before: Callable[[], None]) -> None:
        """Press the keys down in order and release them in reverse.

        ``before`` is called before each key goes down and may raise to stop: what is down then is
        released.
        """
        ...

    def close(self) -> None:
        """Put back what was changed; safe to call twice."""
        ...


class View(Protocol):
    """What shows the screen, a monitor of it or a window."""

    def area(self) -> Area:
        """Return the rectangle that is shown now. Raises EnvironmentMissing where it is gone."""
        ...

    def grab(self, area: Area) -> Image.Image:
        """Return the pixels of a rectangle, RGB. Raises ObservationFailed."""
        ...

    def title(self) -> str:
        """Return the title of the window in front, empty where there is none."""
        ...

    def kind(self) -> WindowKind:
        """Return what the window in front is known to be."""
        ...

    def application(self) -> Application:
        """Return what the window in front is of, as far as it is known."""
        ...

    def window_at(self, x: int, y: int) -> Shown | None:
        """Return the program's window here, None where none is known."""
        ...

    def unseen(self, x: int, y: int) -> bool:
        """Tell whether a window that cannot be seen would take a press here."""
        ...

    def front(self) -> Shown | None:
        """Return the window that has the keyboard, None where none is known."""
        ...

    def window_area(self, window: int) -> Area | None:
        """Return where a window is shown now, by its number, None where it is not."""
        ...

    def aim(self, x: int, y: int) -> int:
        """Return the window at this place, 0 where that cannot be told.

        Raises ActionRefused where input would go to something that was not chosen.
        """
        ...

    def check_keyboard(self) -> None:
        """Raise ActionRefused where keys would go to something not chosen."""
        ...

    def clicked(self, target: int) -> str:
        """Wait until the window has the keyboard; return a note where it did not get it."""
        ...

    def close(self) -> None:
        """Give back what was opened; safe to call twice."""
        ...


class Held(Protocol):
    """A display that is this run's alone."""

    def close(self) -> None:
        """Give it up; safe to call twice."""
        ...


class Pixels:
    """Screenshots of one display, by mss."""

    def __init__(self, display: str | None = None) -> None:
        self._display = display
        self._shots = self._open()

    def _open(self) -> mss.MSS:
        try:
            return mss.MSS() if self._display is None else mss.MSS(display=self._display)
        except (ScreenShotError, OSError) as problem:
            raise EnvironmentMissing(
                f"no screenshots of display {self._display or 'here'}: {problem}; on X11 this "
                "needs the libraries libxcb1, libxcb-randr0, libxcb-shm0, libxcb-xfixes0 and "
                "libxcb-render0"
            ) from problem

    def areas(self) -> tuple[Area, ...]:
        """Return the whole desktop and then each monitor."""
        found = self._shots.monitors
        return tuple(Area(m["left"], m["top"], m["width"], m["height"]) for m in found)

    def grab(self, area: Area) -> Image.Image:
        """Return the pixels of a rectangle, RGB. Raises ObservationFailed."""
        place = {
            "left": area.left, "top": area.top, "width": area.width, "height": area.height,
        }  # fmt: skip
        try:
            shot = self._shots.grab(place)
        except ScreenShotError as problem:
            raise ObservationFailed(f"no screenshot of {area}: {problem}") from problem
        return Image.frombytes("RGB", shot.size, bytes(shot.bgra), "raw", "BGRX")

    def reopen(self) -> None:
        """Start anew, as mss must after the screen changed its size."""
        self.close()
        self._shots = self._open()

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self._shots.close()
