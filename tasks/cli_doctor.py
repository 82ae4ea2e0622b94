"""``handrail doctor``: is this machine fit?"""

import argparse
import os
import tempfile
from pathlib import Path

from handrail.tasks.browser_setting import add_browser, chosen_browser
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
    add_browser(doctor)


def handle(arguments: argparse.Namespace) -> int:
    """Print each finding as it comes."""
    from handrail.tasks.doctor import Machine, examine

    broken = False
    with tempfile.TemporaryDirectory(prefix="handrail-doctor-") as workspace:
        browser = chosen_browser(arguments.browser, os.environ)
        machine = Machine(os.environ, arguments.model, browser, Path(workspace))
        for finding in examine(machine):
            say(f"{finding.health:<8} {finding.name:<9} {finding.words}")
            broken = broken or finding.health == "broken"
    return ExitCode.ENVIRONMENT if broken else ExitCode.SUCCESS
