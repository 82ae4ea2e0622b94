"""The program that shows windows: started on a display, told what to show, awaited."""

import json
import select
import shutil
import socket
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from handrail.actuators.x11 import X11Link
from handrail.actuators.xvfb import VirtualDisplay
from handrail.tasks.data.toolkits.plan import Screen
from handrail.tasks.data.toolkits.seen import Shown
from handrail.tasks.errors import PackagesMissing, ScreenLost
from handrail.tasks.private_home import private_home

Toolkit = Literal["gtk", "qt"]
PACKAGES: dict[Toolkit, tuple[str, str]] = {
    "gtk": ("gi; gi.require_version('Gtk', '3.0')", "python3-gi gir1.2-gtk-3.0"),
    "qt": ("PyQt5.QtWidgets", "python3-pyqt5"),
}
"""What each program imports, and the Debian packages that have it."""
_SECONDS = 30.0
_LOOK = 0.1  # seconds after which the window manager is woken (see X11Link.nudge)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    windows: tuple[Shown, ...] = ()
    error: str = ""


def system_python(toolkit: Toolkit) -> str:
    """Return the system's Python that has a toolkit. Raises PackagesMissing."""
    imported, packages = PACKAGES[toolkit]
    python = shutil.which("python3", path="/usr/bin:/bin")
    command = [python or "", "-c", f"import {imported}"]
    if python is None or subprocess.run(command, capture_output=True, check=False).returncode:
        raise PackagesMissing(f"training's windows need a toolkit: apt install {packages}")
    return python


class Program:
    """One toolkit's program on a display, in a folder of its own; it ends with the display."""

    def __init__(
        self, toolkit: Toolkit, display: VirtualDisplay, link: X11Link, folder: Path, scale: float
    ) -> None:
        self._link = link
        folder.mkdir(parents=True)
        path = folder / "socket"
        package = Path(__file__).parent
        around = {
            "PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1",
            "GDK_SCALE": f"{scale:.0f}", "QT_SCALE_FACTOR": f"{scale:g}",
            "QT_LOGGING_RULES": "*=false", **private_home(folder),
        }  # fmt: skip
        command = [system_python(toolkit), "-m", f"{package.name}.{toolkit}_program", str(path)]
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(1)
            listener.settimeout(_SECONDS)
            display.launch(command, around)
            try:
                self._socket = listener.accept()[0]
            except TimeoutError as problem:
                raise ScreenLost(f"the program for {toolkit} windows did not start") from problem
        self._lines = self._socket.makefile("rw", encoding="utf-8")

    def show(self, screen: Screen | None) -> tuple[Shown, ...]:
        """Show a screen, or nothing, and return its windows, once drawn. Raises ScreenLost."""
        told = {"look": None, "windows": []} if screen is None else asdict(screen)
        self._lines.write(json.dumps(told) + "\n")
        self._lines.flush()
        end = time.monotonic() + _SECONDS
        while not select.select([self._socket], [], [], _LOOK)[0]:
            self._link.nudge()
            if time.monotonic() > end:
                raise ScreenLost(f"windows were not drawn in {_SECONDS:g} s")
        line = self._lines.readline()
        answer = _Answer.model_validate_json(line) if line else _Answer(error="it ended")
        if answer.error:
            raise ScreenLost(f"the program that shows windows failed: {answer.error}")
        return answer.windows

    def close(self) -> None:
        """End the program by hanging up; safe to call twice."""
        self._lines.close()
        self._socket.close()
