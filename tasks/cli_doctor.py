"""``handrail doctor``: is this machine fit?"""

import argparse
import os
import tempfile
from pathlib import Path

from handrail.tasks.cli_output import say
from handrail.tasks.errors import ExitCode


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    doctor = sub.add_parser(
        "doctor",
        help="check this machine: versions, display, browser, model, hands",
        description="Check this machine. Types, moves and reads back in windows that it opens "
        "itself, never in the user's own. Exit code 5 where something is broken.",
    )
    doctor.set_defaults(handler=handle)
    doctor.add_argument("--model", default="pocket", metavar="PATH_OR_NAME")
    doctor.add_argument("--browser", type=Path, metavar="PATH", help="the Chrome or Chromium")


def handle(arguments: argparse.Namespace) -> int:
    """Print each finding as it comes."""
    from handrail.tasks.doctor import Machine, examine

    broken = False
    with tempfile.TemporaryDirectory(prefix="handrail-doctor-") as workspace:
        machine = Machine(os.environ, arguments.model, arguments.browser, Path(workspace))
        for finding in examine(machine):
            say(f"{finding.health:<8} {finding.name:<9} {finding.words}")
            broken = broken or finding.health == "broken"
    return ExitCode.ENVIRONMENT if broken else ExitCode.SUCCESS
