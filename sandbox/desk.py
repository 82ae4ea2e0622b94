"""The desk: one question shown at several front ends at once, of which the first answer counts.

Promises
- A question has so many seconds; nobody's answer in time is a denial that says so.
- However the asking ends, by an exception too, the question takes no answer afterwards.
- While a person has the screen, nothing is asked and there is no deadline.
- A run that is told to stop, by a file too, stops while it asks, and while a person has the screen.

Does not promise
- That a front end which blocks does so no longer than the question: each sees to that itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from handrail.sandbox.approval import DENY, STOP, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.question import Question, Takeover

APPROVAL_SECONDS = 300.0
"""How long a question waits for its answer, where nothing else was said."""


class FrontEnd(Protocol):
    """Where questions are shown; both methods may return at once, or when the matter is over."""

    def show(self, question: Question) -> None:
        """Show a question; whoever answers calls its ``answer``."""
        ...

    def lend(self, takeover: Takeover) -> None:
        """Show that a person has the screen; whoever hands it back calls its ``give``."""
        ...


class Desk:
    """An approver that asks at every front end, in their order; one that blocks comes last."""

    def __init__(
        self,
        fronts: Sequence[FrontEnd],
        seconds: float = APPROVAL_SECONDS,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        if not seconds > 0:
            raise ValueError(f"a question needs more than 0 seconds, not {seconds!r}")
        self._fronts = tuple(fronts)
        self._seconds = seconds
        self._stopped = stopped

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Return the first answer, or a denial where none came in time."""
        if not self._fronts:
            return DENY
        with Question(request, self._seconds, stopped=self._stopped) as question:
            for front in self._fronts:
                front.show(question)
            question.waits_for()
            late = f"nobody answered within {self._seconds:g} seconds"
            unheard = STOP if self._stopped() else ApprovalAnswer("deny", reason=late)
            answer = question.end(unheard)
        if answer.choice == "take_over":
            return replace(answer, handed_back=self._lent)
        return answer

    def _lent(self) -> bool:
        """Return when the person is done; False where the run is to end."""
        with Takeover(stopped=self._stopped) as takeover:
            for front in self._fronts:
                front.lend(takeover)
            takeover.waits_for()
            return takeover.end(False)
