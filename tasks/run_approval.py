"""Ask a person in the middle of a run: the live view steps aside, and Ctrl-C ends the run."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import ApprovalRequest, Approver


class AttendedApprover:
    """Puts each request to another approver, with the terminal free and the stop switch live."""

    def __init__(
        self,
        approver: Approver,
        stop: StopSwitch,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._approver = approver
        self._stop = stop
        self._aside = aside

    def ask(self, request: ApprovalRequest) -> bool:
        """Return the other approver's answer. Raises Stopped on Ctrl-C: nothing was done."""
        with self._aside(), self._stop.interruptible():
            return self._approver.ask(request)
