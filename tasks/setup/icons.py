"""The icon sets that the scenes are drawn with: three packages of the npm registry."""

import shutil

from .console import Console
from .settings import Settings
from .system import Packages

SETS = ("lucide-static@^1", "bootstrap-icons@^1.13", "@material-symbols/svg-400@~0.48")
"""Licences: ISC, MIT, Apache-2.0. They are drawn with in training; none of them is shipped."""


def prepare_icons(settings: Settings, console: Console, _packages: Packages) -> None:
    """Have the icon sets under ``build/icons``; without npm, shapes drawn by hand stand in."""
    folder = settings.root / "build" / "icons"
    names = [name.rpartition("@")[0] for name in SETS]
    if all((folder / "node_modules" / name / "package.json").is_file() for name in names):
        return
    npm = shutil.which("npm")
    if npm is None:
        console.say("no npm here: icons are drawn by hand, which are fewer")
        return
    folder.mkdir(parents=True, exist_ok=True)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    console.attempt("icon sets", (npm, "install", *quiet, "--prefix", str(folder), *SETS))
