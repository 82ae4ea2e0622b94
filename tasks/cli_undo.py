"""``handrail undo``: put back what a run changed, as far as it was kept."""

import argparse
from pathlib import Path

from handrail.tasks.browser_setting import add_browser


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    command = sub.add_parser(
        "undo",
        help="put back what a run changed",
        description="Put back what a run changed in what your policy's [restore] table had kept, "
        "the newest step first, and say what cannot be taken back. Where something changed "
        "meanwhile, nothing of that step is touched and the undo ends there. Exit codes: 0 all "
        "that was kept is as it was and no step did what nobody can take back, 1 otherwise, "
        "2 usage, 3 not confirmed, 5 environment.",
    )
    command.set_defaults(handler=handle)
    command.add_argument("run", metavar="RUN", help="a run of yours: its name, or last")
    command.add_argument(
        "--to", type=int, default=0, metavar="STEP", help="undo what came after this step alone"
    )
    command.add_argument("--dry-run", action="store_true", help="say what it would do; do nothing")
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument(
        "--unseen",
        action="store_true",
        help="of a run that was cut off: put back all that changed since its last action began, "
        "whoever changed it",
    )
    command.add_argument(
        "--without",
        action="append",
        default=[],
        choices=("files", "clipboard", "storage"),
        help="leave this part as it is, for good; more than once for more",
    )
    add_browser(command)
    command.add_argument("--all", action="store_true", help="list every difference, however many")
    command.add_argument("--key", type=Path, metavar="FILE", help="the key of the journal's anchor")


def handle(arguments: argparse.Namespace) -> int:
    """Undo a run, or say what that would do."""
    from handrail.tasks.undo_run import undo_from_command

    return undo_from_command(arguments)
