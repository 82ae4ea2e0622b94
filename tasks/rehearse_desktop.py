"""Rehearse on a desktop: a program in a copy of the user's folders, on a display of its own."""

import argparse
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.errors import UsageError
from handrail.tasks.home import home_folder
from handrail.tasks.run_policy import user_policy
from handrail.tasks.runs import runs_root

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
        """Return the desktop's copy. Raises UsageError, RunFolderError."""
        from handrail.tasks.copy_target import CopyOfDesktop, Wanted

        if sys.platform != "linux":
            raise UsageError("a copy of a desktop needs Linux: rehearse --on browser instead")
        home, cwd = home_folder("HOME"), Path.cwd()
        folders = [*(arguments.folder or ()), *([] if cwd.is_relative_to(home) else [cwd])]
        wanted = Wanted(
            home=home,
            cwd=cwd,
            folders=tuple(map(Path.absolute, folders)),
            shown=tuple(map(Path.absolute, arguments.show or ())),
            hidden=(runs_root(environ).parent, user_policy(environ).parent),
        )
        return CopyOfDesktop(_command(arguments.app), wanted, environ)


def _command(app: str | None) -> tuple[str, ...]:
    try:
        command = tuple(shlex.split(app or ""))
    except ValueError as error:
        raise UsageError(f"--app cannot be read as a command: {error}") from error
    if not command:
        raise UsageError("--on desktop needs --app: which program is to work in the copy?")
    return command
