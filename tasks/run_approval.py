"""Ask a person in the middle of a run: the live view steps aside, and Ctrl-C ends the run."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest, Approver


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

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Return the other approver's answer. Raises Stopped on Ctrl-C: nothing was done.

        That holds while a person has taken over, too.
        """
        with self._aside(), self._stop.interruptible():
            answer = self._approver.ask(request)
        if answer.choice != "take_over":
            return answer

        def handed_back() -> bool:
            with self._aside(), self._stop.interruptible():
                return answer.handed_back()

        return replace(answer, handed_back=handed_back)
