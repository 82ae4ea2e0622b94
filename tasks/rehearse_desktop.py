"""Rehearse on a desktop: a program in a copy of the user's folders, on a display of its own."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.errors import UsageError

if TYPE_CHECKING:
    from handrail.tasks.rehearse import CopyTarget


class DesktopGround:
    """``--on desktop``."""

    options = ("app", "folder", "show")

    def add_options(self, group: argparse._ArgumentGroup) -> None:
        """Add the program and the folders."""
        group.add_argument("--app", metavar="CMD", help="the program to start in the copy")
        group.add_argument(
            "--folder",
            action="append",
            type=Path,
            metavar="DIR",
            help="a folder to copy beside your home and the present folder; may be given several "
            "times",
        )
        group.add_argument(
            "--show",
            action="append",
            type=Path,
            metavar="PATH",
            help="something in these folders that would be hidden, such as ~/.ssh; may be given "
            "several times",
        )

    def target(self, arguments: argparse.Namespace, environ: Mapping[str, str]) -> "CopyTarget":
        """Return the desktop's copy. Raises UsageError."""
        raise UsageError("not yet")
