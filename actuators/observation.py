"""What was seen: pixels, where they lie, when, on which surface."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from PIL import Image

from handrail.actuators.geometry import Box, ScreenGeometry

SurfaceKind = Literal["browser", "desktop", "android", "fake"]
WindowKind = Literal["", "dialog", "file chooser", "terminal"]
FormMethod = Literal["", "get", "post", "dialog"]


@dataclass(frozen=True)
class ScreenText:
    """Text that a screen, a page or a file chose: shown only through the sanitiser."""

    raw: str


def storable(text: str) -> str:
    """Return text as UTF-8 can hold it: halves of surrogate pairs are written as escapes.

    JSON of a page or a model, and arguments of a command line, may hold such halves.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True)
class Application:
    """Which program a window is of, as far as it is known; an empty text is not known.

    ``name`` is the window's own word (on X11 its WM_CLASS): any program may take any name.
    ``program`` is the file of the process that the window system knows behind the window, as the
    operating system tells it; what that program was made to do, it does not tell.
    """

    name: str = ""
    program: str = ""


@dataclass(frozen=True)
class Surface:
    """Where pixels come from.

    ``owned``: Handrail started this display or browser itself, for this run. ``window`` is the
    title of the window in front and ``window_kind`` what it is known to be, which an empty text
    leaves open; ``url`` the page's address in a browser; ``application`` what the window in front
    is of, on a desktop.
    """

    kind: SurfaceKind
    name: str
    owned: bool = False
    window: ScreenText = ScreenText("")
    url: str = ""
    window_kind: WindowKind = ""
    application: Application = Application()


@dataclass(frozen=True)
class Element:
    """What lies under a point, as the surface's own tree tells it (role: ARIA role names).

    ``method`` and ``sends_to`` (an absolute address) are those of the form that pressing it sends,
    or that Enter in it does; ``scripted`` is False only where the surface knows that no script
    hears of input to it.
    ``secret``: it hides what is typed into it, as a password field does. ``page``: in a browser the
    address, without its fragment, of the document that holds it, which may be a frame's.

    On a desktop ``window`` is the title of the window that it lies in, or is: the window system's
    word, where role and name are the program's. ``embedded``: it lies in a document that the
    program shows and somebody else wrote. ``handle`` names it for as long as it lives, empty where
    the surface has no such name.
    ``value``: the text that stands in it, where the surface tells and it hides nothing;
    ``checked``: whether it is ticked.
    """

    role: str
    name: ScreenText
    box: Box
    editable: bool = False
    submits: bool = False
    href: str = ""
    method: FormMethod = ""
    sends_to: str = ""
    scripted: bool = True
    secret: bool = False
    page: str = ""
    window: ScreenText = ScreenText("")
    embedded: bool = False
    handle: str = ""
    value: ScreenText | None = field(default=None, repr=False)
    checked: bool | None = None
    application: Application = Application()


@dataclass(frozen=True)
class Hint:
    """A named control that shows, by the surface's own word, and its box in pixels of the picture.

    The word of a page or a program: it may help a model to find something, and decides nothing.
    """

    role: str
    name: ScreenText
    box: Box


@dataclass(frozen=True)
class Observation:
    """One look at a screen: an RGB image of ``geometry``'s size, and where and when it was taken.

    ``time`` is seconds since the epoch; ``notices`` are things that happened since the last look
    and that pixels alone may not show (a download that ended, a tab that opened). ``hints`` are
    there where a user allows them and the surface has some.
    """

    image: Image.Image
    geometry: ScreenGeometry
    time: float
    surface: Surface
    notices: tuple[ScreenText, ...] = field(default=())
    hints: tuple[Hint, ...] = ()

    def __post_init__(self) -> None:
        if self.image.size != (self.geometry.width, self.geometry.height):
            raise ValueError(f"image {self.image.size} does not fit geometry {self.geometry!r}")

    @cached_property
    def fingerprint(self) -> str:
        """Return the SHA-256 (hex) of the size and the RGB bytes."""
        head = f"{self.image.width}x{self.image.height}:".encode()
        # A screen has megabytes: nothing of it is copied that need not be.
        rgb = self.image if self.image.mode == "RGB" else self.image.convert("RGB")
        digest = hashlib.sha256(head)
        digest.update(rgb.tobytes())
        return digest.hexdigest()
