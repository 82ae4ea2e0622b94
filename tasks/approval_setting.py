"""Who is asked in a run: the options, and the approver that they make."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import Approver
from handrail.sandbox.desk import APPROVAL_SECONDS, Desk
from handrail.sandbox.grant import Grant, read_grant
from handrail.sandbox.granted import GrantedApprover
from handrail.sandbox.ledger import Ledger
from handrail.sandbox.terminal import open_terminal
from handrail.tasks.errors import UsageError
from handrail.tasks.run_approval import AttendedApprover


def add_approval(group: argparse._ArgumentGroup) -> None:
    """Add the options."""
    group.add_argument(
        "--approval-timeout",
        type=float,
        default=APPROVAL_SECONDS,
        metavar="SECONDS",
        help="a question that nobody answers in this time is denied "
        f"(default: {APPROVAL_SECONDS:g})",
    )
    group.add_argument(
        "--permit",
        type=Path,
        action="append",
        metavar="FILE",
        help="a grant made by `handrail permit issue`: what it covers is not asked about; may be "
        "given several times",
    )


@dataclass(frozen=True)
class ApprovalChoice:
    """Who is asked, for how many seconds, and what needs no asking."""

    seconds: float
    ledger: Ledger
    grants: tuple[Grant, ...] = ()

    @contextmanager
    def opened(
        self, stop: StopSwitch, aside: Callable[[], AbstractContextManager[None]]
    ) -> Iterator[Approver]:
        """Open every place where a person may be asked, and close it afterwards."""
        terminal = open_terminal()
        try:
            fronts = [] if terminal is None else [terminal]
            asked = AttendedApprover(Desk(fronts, self.seconds), stop, aside)
            yield GrantedApprover(asked, self.ledger, self.grants) if self.grants else asked
        finally:
            if terminal is not None:
                terminal.close()


def chosen_approval(arguments: argparse.Namespace, ledger: Ledger) -> ApprovalChoice:
    """Return what was chosen. Raises UsageError, and GrantError for a grant worth nothing."""
    if not 1 <= arguments.approval_timeout <= 86_400:
        raise UsageError("--approval-timeout must be 1 to 86400 seconds")
    grants = tuple(read_grant(file) for file in arguments.permit or ())
    for grant in grants:
        ledger.check(grant)
    return ApprovalChoice(arguments.approval_timeout, ledger, grants)
