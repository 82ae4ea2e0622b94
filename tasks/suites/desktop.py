"""Photograph desktop applications and write down where their named controls are.

For examination only: none of these applications is ever trained on or tuned to. Boxes come from the
accessibility tree (AT-SPI); a picture with the boxes drawn is kept beside each, to be looked at.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from handrail.tasks.errors import PackagesMissing
from handrail.tasks.results.result import Figure, measured, write_result
from handrail.tasks.suites.desktop_shots import HEIGHT, LIBRARIES, WIDTH, View, photographed
from handrail.tasks.suites.lines import lines_of

ROWS = "rows-2.jsonl"
"""The suite's second form: several windows of each application, asked by state too."""
MOST_PER_WINDOW = 40
# It only asks another process for the window, and would end the session of both.
_SETTINGS = ("sh", "-c", "thunar-settings; exec sleep 600")
VIEWS = (
    View("galculator", "window", "galculator"),
    View("galculator", "scientific", "galculator", opens="Scientific Mode"),
    View("galculator", "preferences", "preferences", opens="Preferences..."),
    View("thunar", "window", "thunar"),
    View("thunar", "rename", "rename multiple files", ("thunar", "--bulk-rename")),
    View("thunar", "preferences", "file manager preferences", _SETTINGS),
    View("gnumeric", "window", "gnumeric"),
    View("gnumeric", "cells", "format cells", opens="Format..."),
    View("gnumeric", "search", "search", opens="Search..."),
    View("gimp", "window", "image manipulation program"),
    View("gimp", "new", "create a new image", opens="New..."),
    View("kcalc", "window", "kcalc"),
    View("kcalc", "science", "kcalc", opens="Science Mode"),
    View("kcalc", "settings", "configure", opens="Configure KCalc..."),
)


def collected(
    out: Path, seed: int, tell: Callable[[str], None], views: Sequence[View] = VIEWS
) -> Path:
    """Return the file of rows, photographing the applications where it is not there yet.

    Raises PackagesMissing, EnvironmentMissing, ScreenLost.
    """
    file = out / ROWS
    if file.is_file():
        return file
    python = _required(views)
    (out / "images").mkdir(parents=True, exist_ok=True)
    windows = []
    for view in views:
        windows.append(photographed(view, python, out))
        tell(f"{view.program} {view.name}: {len(windows[-1].targets)} controls with their own name")
    lines = lines_of(windows, seed, MOST_PER_WINDOW)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    tell(f"look at {out / 'images'}: the pictures named boxes-... show where the boxes are")
    return file


def keep(found: Sequence[Figure], seed: int, folder: Path, hinted: bool = False) -> Path:
    """Write the result as ``desktop-grounding.json``, and where; with hints apart."""
    title = f"Grounding on desktop applications (Xvfb, {WIDTH}x{HEIGHT}, boxes from AT-SPI)"
    command = "handrail eval grounding --suite desktop"
    name = "desktop-grounding"
    if hinted:
        name, title, command = f"{name}-hints", f"{title}, with hints", f"{command} --hints"
    return write_result(measured(name, title, command, seed, found), folder)


def _required(views: Sequence[View]) -> str:
    """Return the system's Python. Raises PackagesMissing with what to install."""
    programs = dict.fromkeys(view.program for view in views)
    absent = [program for program in programs if shutil.which(program) is None]
    python = shutil.which("python3", path="/usr/bin:/bin")
    if absent or python is None or shutil.which("dbus-run-session") is None:
        wanted = " ".join([*absent, LIBRARIES])
        raise PackagesMissing(f"the desktop suite needs programs: apt install {wanted}")
    return python
