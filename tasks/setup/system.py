"""What comes from the system's package manager: Xvfb, a window manager, two applications, fonts."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from .console import Console
from .errors import Missing
from .settings import Settings

_PROGRAMS = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "mousepad": "mousepad",
    "galculator": "galculator",
    "xterm": "xterm",
}
"""Program -> the Debian package that has it: what the demo and the desktop tests need."""

_ACCESSIBILITY = ("dbus", "at-spi2-core", "python3-gi", "gir1.2-gtk-3.0")
"""What displays of Handrail's own need to know more than windows, and the tests' own program."""

_TOOLKITS = ("python3-gi", "gir1.2-gtk-3.0", "python3-pyqt5")
"""What the windows of the pocket model's training are shown with (tasks/data/toolkits/)."""

_COPIES = ("bubblewrap", "fuse-overlayfs")
"""What shuts programs in for a rehearsal, and lays changes over folders where mounts are closed."""

_FONTS = (
    "fonts-cabin",
    "fonts-cantarell",
    "fonts-crosextra-caladea",
    "fonts-crosextra-carlito",
    "fonts-dejavu-core",
    "fonts-dejavu-extra",
    "fonts-firacode",
    "fonts-freefont-ttf",
    "fonts-hack",
    "fonts-inter",
    "fonts-lato",
    "fonts-liberation",
    "fonts-liberation2",
    "fonts-linuxlibertine",
    "fonts-noto-core",
    "fonts-noto-extra",
    "fonts-noto-mono",
    "fonts-open-sans",
    "fonts-quicksand",
    "fonts-roboto-unhinted",
    "fonts-urw-base35",
)
"""The packages that the pocket model's renderer draws with (model/pocket/fonts.py)."""


class Packages:
    """Installs system packages where apt is here and no password is asked for."""

    def __init__(self, console: Console, allowed: bool) -> None:
        self._console = console
        self._allowed = allowed
        self._updated = False

    @cached_property
    def prefix(self) -> tuple[str, ...] | None:
        """Return what goes before a command of the system's, or None where none may be run."""
        return _privilege() if self._allowed and shutil.which("apt-get") else None

    def install(self, title: str, packages: Sequence[str]) -> bool:
        """Install packages; False where that is not possible from here."""
        if self.prefix is None:
            return False
        apt = (*self.prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get")
        if not self._updated:
            self._console.attempt("package lists (apt-get update)", (*apt, "update"), limit=600)
            self._updated = True
        command = (*apt, "install", "--yes", "--no-install-recommends", *packages)
        return self._console.attempt(f"{title}: apt-get install {' '.join(packages)}", command)


def _privilege() -> tuple[str, ...] | None:
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        return None
    quiet = subprocess.DEVNULL
    allowed = subprocess.call(["sudo", "-n", "true"], stdout=quiet, stderr=quiet) == 0
    return ("sudo", "-n") if allowed else None


def prepare_display(_settings: Settings, console: Console, packages: Packages) -> None:
    """Have Xvfb, a window manager and two small applications. Raises Missing."""
    if sys.platform != "linux":
        console.say(f"no Xvfb on {platform.system()}: the desktop parts are for Linux")
        return
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if not missing:
        return
    wanted = [_PROGRAMS[program] for program in missing]
    packages.install("virtual display and applications", wanted)
    if still := [program for program in missing if shutil.which(program) is None]:
        raise Missing(
            f"the demo and the tests need {', '.join(still)}, which are not installed.\n"
            f"  Debian, Ubuntu:  sudo apt-get install {' '.join(wanted)}\n"
            f"  elsewhere:       install the programs {', '.join(still)}\n"
            "then run make again"
        )


def prepare_accessibility(_settings: Settings, console: Console, packages: Packages) -> None:
    """Have a message bus and AT-SPI's registry. Raises Missing on Debian and Ubuntu."""
    why = "the tests of the desktop need programs that tell what lies in their windows"
    _have("accessibility of the desktop", _ACCESSIBILITY, why, console, packages)


def prepare_toolkits(_settings: Settings, console: Console, packages: Packages) -> None:
    """Have GTK 3 and Qt 5 for the system's Python. Raises Missing on Debian and Ubuntu."""
    why = "the tests of training's windows show some"
    _have("toolkits", _TOOLKITS, why, console, packages)


def prepare_copies(_settings: Settings, console: Console, packages: Packages) -> None:
    """Have what rehearsals on a desktop need. Raises Missing on Debian and Ubuntu."""
    why = "the tests of rehearsals shut programs in with a copy of folders"
    _have("copies of folders", _COPIES, why, console, packages)


def prepare_fonts(_settings: Settings, console: Console, packages: Packages) -> None:
    """Have the fonts that screens are rendered with. Raises Missing on Debian and Ubuntu."""
    why = "rendered screens need the fonts of the fixed suite"
    _have("fonts", _FONTS, why, console, packages)


def _have(
    title: str, wanted: Sequence[str], why: str, console: Console, packages: Packages
) -> None:
    if shutil.which("dpkg-query") is None:
        console.say(f"no Debian packages here: have these installed: {' '.join(wanted)}")
        return
    missing = [name for name in wanted if not _installed(name)]
    if missing and not packages.install(title, missing):
        raise Missing(f"{why}:\n  sudo apt-get install {' '.join(missing)}\nthen run make again")


def _installed(package: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    ended = subprocess.run(query, capture_output=True, text=True, check=False)
    return ended.stdout.strip() == "installed"


def distribution(release: Path = Path("/etc/os-release")) -> str:
    """Return the distribution's ID ("debian", "ubuntu", ...), or an empty string."""
    if not release.is_file():
        return ""
    for line in release.read_text(encoding="utf-8").splitlines():
        if line.startswith("ID="):
            return line[3:].strip('"')
    return ""
