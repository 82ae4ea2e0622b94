"""Who is asked in a run: the options, and the approver that they make."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from handrail.agent.stop import StopSwitch
from handrail.tasks.run_approval import AttendedApprover

if TYPE_CHECKING:
    from handrail.sandbox.approval import Approver

_SECONDS = 300


def add_approval(group: argparse._ArgumentGroup) -> None:
    """Add the options."""
    group.add_argument(
        "--approval-timeout",
        type=_seconds,
        default=_SECONDS,
        metavar="SECONDS",
        help=f"a question that nobody answers in this time is denied (default: {_SECONDS})",
    )


@contextmanager
def opened_approver(
    arguments: argparse.Namespace,
    stop: StopSwitch,
    aside: Callable[[], AbstractContextManager[None]],
) -> Iterator["Approver"]:
    """Open every place where a person may be asked, and close it afterwards."""
    from handrail.sandbox.desk import Desk
    from handrail.sandbox.terminal import open_terminal

    terminal = open_terminal()
    try:
        fronts = [] if terminal is None else [terminal]
        yield AttendedApprover(Desk(fronts, arguments.approval_timeout), stop, aside)
    finally:
        if terminal is not None:
            terminal.close()


def _seconds(text: str) -> int:
    seconds = int(text)
    if seconds < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return seconds
