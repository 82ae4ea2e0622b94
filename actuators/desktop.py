"""Open a desktop: choose how to reach it, refuse plainly what cannot be reached."""

import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.desktop_lock import DisplayLock, lock_folder
from handrail.actuators.desktop_screen import Desktop, Devices
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.primitives import Guarded
from handrail.actuators.xvfb import VirtualDisplay

_BY_PYAUTOGUI = ("win32", "darwin")
_NO_WAYLAND = (
    "this is a Wayland session, which lets no program see or move other programs' windows: log in "
    "to an X11 (Xorg) session, or use a display of Handrail's own"
)


@dataclass(frozen=True)
class DesktopConfig:
    """Which desktop, and how.

    ``display``: an X11 name such as ``:1`` (None: the user's own). ``virtual``: a display that
    Handrail started; the surface then counts as owned. ``monitor`` counts from 1, ``window`` is
    part of a title; at most one of the two. After a person moved the pointer, it must lie still
    for ``still_seconds``.
    """

    display: str | None = None
    monitor: int | None = None
    window: str | None = None
    virtual: VirtualDisplay | None = None
    still_seconds: float = 3.0

    def __post_init__(self) -> None:
        if self.monitor is not None and self.window is not None:
            raise ValueError("choose a monitor or a window, not both")
        if self.window == "":
            raise ValueError("the window's title must not be empty")
        if self.virtual is not None and self.display not in (None, self.virtual.name):
            raise ValueError(f"{self.display} is not the virtual display {self.virtual.name}")


def open_desktop(
    config: DesktopConfig,
    verifier: PermitVerifier,
    environ: Mapping[str, str] | None = None,
    platform: str = sys.platform,
    secrets: SecretResolver | None = None,
) -> Guarded:
    """Open a desktop: X11 by XTest, Windows and macOS by pyautogui.

    ``environ`` (default: the process's) tells the user's own display. Raises EnvironmentMissing
    where there is no display, monitor or window, where another run holds the display, and on
    Wayland.
    """
    around = os.environ if environ is None else environ
    with contextlib.ExitStack() as opened:
        if platform in _BY_PYAUTOGUI:
            lock = DisplayLock(platform, lock_folder(around))
            opened.callback(lock.close)
            devices = _pyautogui_devices(config, lock)
        else:
            devices = _x11_devices(config, display_name(config, around), around)
        opened.pop_all()
    return Desktop(devices, verifier, secrets)


def display_name(config: DesktopConfig, environ: Mapping[str, str]) -> str:
    """Return the X display's name. Raises EnvironmentMissing where there is none, or Wayland."""
    if config.virtual is not None:
        return config.virtual.name
    if config.display:
        return config.display
    own = environ.get("DISPLAY", "")
    wayland = environ.get("WAYLAND_DISPLAY", "")
    if environ.get("XDG_SESSION_TYPE", "") == "wayland" or (wayland and not own):
        raise EnvironmentMissing(_NO_WAYLAND)
    if not own:
        raise EnvironmentMissing(
            "there is no display: DISPLAY is not set; name one with --display, or install Xvfb "
            "(apt install xvfb) and let Handrail start its own"
        )
    return own


def _x11_devices(config: DesktopConfig, name: str, environ: Mapping[str, str]) -> Devices:
    try:  # here, because python-xlib is installed on Linux only
        from handrail.actuators.desktop_x11 import X11Hands, X11View
        from handrail.actuators.x11 import X11Link
        from handrail.actuators.x11_claim import DisplayClaim
        from handrail.actuators.x11_tree import X11Tree, address_of
        from handrail.actuators.x11_windows import X11Windows
    except ImportError as problem:
        raise EnvironmentMissing(
            f"X11 needs python-xlib and jeepney: pip install python-xlib jeepney ({problem})"
        ) from problem
    with contextlib.ExitStack() as opened:
        link = X11Link(name)
        opened.callback(link.close)
        claim = DisplayClaim(link)
        opened.callback(claim.close)
        windows = X11Windows(link)
        view = X11View(link, windows, config.monitor, config.window)
        opened.callback(view.close)
        view.area()
        hands = X11Hands(link, windows)
        opened.pop_all()
    virtual = config.virtual
    owned = virtual is not None and virtual.alive
    # A program could name another bus on the display; the one of our own display is known.
    find = partial(address_of, name, link, environ) if virtual is None else lambda: virtual.bus
    tree = X11Tree(link, find)
    return Devices(name, owned, view, hands, claim, config.still_seconds, tree)


def _pyautogui_devices(config: DesktopConfig, lock: DisplayLock) -> Devices:
    from handrail.actuators.desktop_pyautogui import PyAutoGuiHands, load, open_view

    hands = PyAutoGuiHands(load())
    view = open_view(config.monitor, config.window)
    return Devices("desktop", False, view, hands, lock, config.still_seconds)
