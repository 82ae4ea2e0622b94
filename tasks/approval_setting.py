"""Who is asked in a run: the options, and the approver that they make."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import Approver
from handrail.sandbox.desk import APPROVAL_SECONDS, Desk, FrontEnd
from handrail.sandbox.grant import Grant, read_grant
from handrail.sandbox.granted import GrantedApprover
from handrail.sandbox.ledger import Ledger
from handrail.sandbox.terminal import TTY, open_terminal
from handrail.tasks.cli_output import say
from handrail.tasks.cli_permit import opened_ledger
from handrail.tasks.errors import UsageError
from handrail.tasks.run_approval import AttendedApprover
from handrail.tasks.runs import approvals_folder


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
        "--approve-at",
        type=int,
        metavar="PORT",
        help="offer the questions to other front ends on this machine, too, at this port (0: any); "
        "the bearer token lies in a file whose path is printed",
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
    """Who is asked, for how many seconds, and what needs no asking.

    ``port``: of the approval API, None for none; ``tokens``: the folder for its token; ``tty``:
    the terminal to ask at, where there is one.
    """

    seconds: float
    ledger: Ledger
    grants: tuple[Grant, ...] = ()
    port: int | None = None
    tokens: Path = Path()
    tty: Path = TTY

    @contextmanager
    def opened(
        self, stop: StopSwitch, aside: Callable[[], AbstractContextManager[None]]
    ) -> Iterator[Approver]:
        """Open every place where a person may be asked, and close it afterwards."""
        with ExitStack() as opened:
            fronts: list[FrontEnd] = []
            if self.port is not None:
                board, address, token = opened.enter_context(_board(self.port, self.tokens))
                with aside():
                    say(f"approvals  {address}/v1/approval\ntoken      {token}")
                fronts.append(board)
            terminal = open_terminal(self.tty)
            if terminal is not None:
                fronts.append(opened.enter_context(closing(terminal)))
            asked = AttendedApprover(Desk(fronts, self.seconds, stop), stop, aside)
            yield GrantedApprover(asked, self.ledger, self.grants) if self.grants else asked


def _board(port: int, tokens: Path) -> AbstractContextManager[tuple[FrontEnd, str, Path]]:
    try:
        from handrail.tasks.approval_server import served_board
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed: pip install 'handrail[serve]'") from error
    return served_board(port, tokens)


def chosen_approval(arguments: argparse.Namespace, root: Path) -> ApprovalChoice:
    """Return what was chosen; ``root`` is the folder of all runs.

    Raises UsageError, and GrantError for a grant that is worth nothing.
    """
    if not 1 <= arguments.approval_timeout <= 86_400:
        raise UsageError("--approval-timeout must be 1 to 86400 seconds")
    port = arguments.approve_at
    if port is not None and not 0 <= port < 65536:
        raise UsageError(f"--approve-at must be 0..65535, not {port}")
    ledger = opened_ledger(root)
    grants = tuple(read_grant(file) for file in arguments.permit or ())
    for grant in grants:
        ledger.check(grant)
    tokens = approvals_folder(root)
    return ApprovalChoice(arguments.approval_timeout, ledger, grants, port, tokens)
