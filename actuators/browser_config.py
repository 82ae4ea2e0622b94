"""Which browser, and how it is started or joined."""

import ipaddress
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from handrail.actuators.browser_driver import start_driver
from handrail.actuators.browser_loop import LoopThread
from handrail.actuators.errors import EnvironmentMissing

# Quiet: nothing is fetched that no page asked for. --disable-gpu: captures under Xvfb need it.
LAUNCH_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
)
# For a browser whose requests are held: what would go past the place where they are.
# A browser heeds one list of features only, the last: playwright's own comes first in ours.
_PLAYWRIGHTS = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,"
    "ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,TcpPortRandomizationWin,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,"
    "msForceBrowserSignIn,msEdgeUpdateLaunchServicesPreferredVersion"
)
HOLD_FLAGS = (
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    f"--disable-features={_PLAYWRIGHTS},Reporting,NetworkErrorLogging",
)
_NAMES = (
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "chromium",
    "chromium-browser",
)
_INSTALLED = {
    "linux": ("/opt/google/chrome/chrome",),
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
    "win32": (
        "C:/Program Files/Google/Chrome/Application/chrome.exe",
        "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    ),
}


@dataclass(frozen=True)
class BrowserConfig:
    """How to open a browser.

    ``width`` and ``height`` are CSS pixels, ``scale`` screenshot pixels for one of them. With
    ``attach`` (the address of a running browser's DevTools) size and scale are that browser's own
    and nothing is ever closed. Without ``downloads_dir`` downloads are refused, with a notice.
    Raises ValueError for settings that contradict each other.
    """

    executable: Path | None = None
    headless: bool = True
    width: int = 1280
    height: int = 800
    scale: float = 1.0
    storage_state: Path | None = None
    profile_dir: Path | None = None
    attach: str | None = None
    downloads_dir: Path | None = None

    def __post_init__(self) -> None:
        if not (0 < self.width <= 10_000 and 0 < self.height <= 10_000 and 0 < self.scale <= 8):
            raise ValueError(
                f"a browser of {self.width}x{self.height} at scale {self.scale} cannot be opened: "
                "sides must be 1..10000 and the scale above 0, at most 8"
            )
        if self.storage_state and self.profile_dir:
            raise ValueError("a storage state and a profile folder exclude each other: give one")
        if self.attach is not None and (self.executable or self.storage_state or self.profile_dir):
            raise ValueError(
                "an attached browser keeps its own program, storage and profile: give only attach"
            )


def find_chromium(explicit: Path | None) -> Path:
    """Return the browser to start: the explicit one, playwright's own, Chrome, or one on PATH.

    Raises EnvironmentMissing where there is none, or where playwright cannot be asked for its own.
    """
    if explicit is not None:
        return pick_chromium(explicit, Path())
    with LoopThread("handrail-browser-probe") as thread:
        return pick_chromium(None, thread.call(_playwrights_own(), timeout=60))


async def _playwrights_own() -> Path:
    playwright = await start_driver()
    try:
        return Path(playwright.chromium.executable_path)
    finally:
        await playwright.stop()


def pick_chromium(explicit: Path | None, own: Path) -> Path:
    """Return the browser to start, with the place of playwright's own already known."""
    if explicit is not None:
        if os.access(explicit, os.X_OK) and explicit.is_file():
            return explicit
        raise EnvironmentMissing(
            f"the browser {str(explicit)!r} is not a program that can be started: "
            "correct the setting, or leave it out to use an installed one"
        )
    places = [own, *(Path(place) for place in _INSTALLED.get(sys.platform, ()))]
    found = (shutil.which(name) for name in _NAMES)
    for place in [*places, *(Path(name) for name in found if name)]:
        if place.is_file():
            return place
    raise EnvironmentMissing(
        "no Chrome or Chromium was found: run `playwright install chromium`, or on Debian and "
        "Ubuntu `apt install chromium`, or name one with --browser"
    )


def check_attach(address: str) -> str:
    """Return the address if it may be attached to: loopback, or encrypted (wss).

    DevTools hands whoever speaks to it the whole browser, so it never goes over a network in clear.
    Raises EnvironmentMissing.
    """
    try:
        parts = urlsplit(address)
        host, scheme = parts.hostname or "", parts.scheme.lower()
    except ValueError:
        host, scheme = "", ""
    if scheme == "wss" and host:
        return address
    if scheme in ("http", "ws") and _loopback(host):
        return address
    raise EnvironmentMissing(
        f"cannot attach to {address!a}: give http://127.0.0.1:PORT, ws://127.0.0.1:PORT/... "
        "or a wss:// address"
    )


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
