"""A rerun: the plan done for real, as far as the world goes along with it.

Promises
- Whoever approved the plan, by its digest, approved its actions in order and its requests, each
  once: nothing else gets a yes here.
- A request that does not equal a rehearsed one, or comes before the step that sent it, or a second
  time, is stopped; so is every request after the first divergence.
- What the policy denies stays denied: its warden is asked about each request, too.
- A request is on the ledger, and the ledger on the disk, before it goes out.

Does not promise
- To undo what was done before a divergence; ``SendingState`` says what was sent.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from handrail.actuators.browser_answers import Answer
from handrail.actuators.held import HeldRequest, RequestWarden
from handrail.actuators.observation import Element, Observation
from handrail.sandbox.approval import DENY, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.rehearsal.captured import consequence_of
from handrail.sandbox.rehearsal.divergence import matching, screen_divergence
from handrail.sandbox.rehearsal.plan import Plan
from handrail.sandbox.rehearsal.sending import SendingLedger


class Rerun:
    """Approver, warden and judge of one commit.

    ``divergence`` is empty until something is not as it was rehearsed; ``onward``: that was a
    request which had been let go, and was to be sent on to another address.
    """

    def __init__(self, plan: Plan, ledger: SendingLedger) -> None:
        self.plan, self.ledger = plan, ledger
        self.divergence = ""
        self.onward = False
        self.thorough = False  # what fetches goes out unasked, as it did in the rehearsal
        self._step = 0  # the number of the step that is being done, from 1; 0: none yet
        self._spent: list[int] = []
        self._waiting: list[int] = []  # what was let go and not answered
        self._heard = 0
        self._inner: RequestWarden | None = None
        self._matched = False

    @property
    def lent(self) -> bool:
        """Tell that nobody else has the screen."""
        return False

    @property
    def by(self) -> str:
        """Return who consented, as the journal names it."""
        return f"plan {self.plan.digest[:16]}"

    @property
    def waiting(self) -> bool:
        """Tell whether something was let go of which nothing was heard yet."""
        return bool(self._waiting)

    @property
    def whole(self) -> bool:
        """Tell whether every rehearsed request was let go, and none of them was to be sent on."""
        return len(self._spent) == len(self.plan.requests) and not self.onward

    @contextmanager
    def over(self, inner: RequestWarden | None) -> Iterator[None]:
        """Have the policy's own warden asked as well, while this lasts."""
        self._inner = inner
        try:
            yield
        finally:
            self._inner = None

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Approve the planned action, or the request that was just matched, and nothing else."""
        if request.held is not None:
            approved = self._matched
        else:
            planned = self.plan.steps[self._step - 1].action if self._step else None
            approved = not self.divergence and request.action == planned
        return ApprovalAnswer("once", by=self.by) if approved else DENY

    def differs(
        self, number: int, rehearsed: Path, now: Observation, element: Element | None
    ) -> str:
        """Return how the screen before a step (from 0) is not as it was, or an empty string.

        ``rehearsed``: the file of the picture. Without a difference the step is the one to be done.
        """
        try:
            with Image.open(rehearsed) as picture:
                image = picture.convert("RGB")
        except (OSError, UnidentifiedImageError) as error:
            return f"the rehearsed screen cannot be read: {error}"
        step = self.plan.steps[number]
        difference = screen_divergence(step, image, now, element, self.plan.volatile)
        if not difference:
            self._step = number + 1
        return difference

    def decide(self, request: HeldRequest) -> bool:
        """Let a request go that equals a rehearsed one. Raises RehearsalError, JournalError."""
        if self.divergence:
            return False
        number, why = self._match(request)
        if number is None:
            self.divergence, self.onward = why, bool(request.hop_of)
            return False
        if not self._permitted(request):
            self.divergence = f"{request.method} {request.url}: the policy does not let it go"
            return False
        self._spent.append(number)
        self.ledger.sending(number)
        self._waiting.append(number)
        return True

    def _permitted(self, request: HeldRequest) -> bool:
        if self._inner is None:
            return True
        self._matched = True
        try:
            return self._inner.decide(request)
        finally:
            self._matched = False

    def _match(self, request: HeldRequest) -> tuple[int | None, str]:
        told = consequence_of(request)
        number, why = matching(told, self.plan.requests, self._spent, self.plan.volatile)
        if number is not None and self.plan.requests[number].step > self._step:
            return None, f"{told.method} {told.url}: it comes sooner than it was rehearsed"
        return number, why

    def hear(self, answers: Sequence[Answer]) -> None:
        """Note what was answered to what was let go; ``answers`` only grows.

        Raises RehearsalError.
        """
        for answer in answers[self._heard :]:
            self._heard += 1
            number = next((n for n in self._waiting if self._is_of(answer, n)), None)
            if number is not None:
                self._waiting.remove(number)
                if answer.status:  # else it failed, and nobody knows how far it came
                    self.ledger.answered(number, str(answer.status))

    def _is_of(self, answer: Answer, number: int) -> bool:
        planned = self.plan.requests[number].request
        return (planned.method, _place(planned.url)) == (answer.method, _place(answer.url))


def _place(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]
