"""Questions that are open: the first answer counts, wherever it comes from.

Promises
- An answer counts only with the question's own nonce, for the digest of its action, in time, and
  as the first; every other raises ``AnswerRefused`` and changes nothing.
- A question that nobody answered in time is denied.
- An edit changes the text or the point of the action and nothing else.
- ``waits_for`` returns as soon as there is an answer: several may ask at once. It notices a stop
  within half a second.

Does not promise
- To know who answers: whoever shows a question decides who may see its nonce.
"""

import hmac
import math
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Generic, Self, TextIO, TypeVar

from handrail.actuators.actions import Action
from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest
from handrail.sandbox.editing import only_edited
from handrail.sandbox.errors import AnswerRefused

T = TypeVar("T")
_SLICE_SECONDS = 0.5


def _never() -> bool:
    return False


class Pending(Generic[T]):
    """Something that is waited for, for so many seconds: the first value that is given counts.

    Once ``stopped`` says so, it is too late for any.
    """

    def __init__(
        self,
        seconds: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        stopped: Callable[[], bool] = _never,
    ) -> None:
        self.nonce = secrets.token_urlsafe(18)
        self._clock = clock
        self._stopped = stopped
        self._deadline = clock() + seconds
        self._lock = threading.Lock()
        self._given: T | None = None
        self._over = False
        self._ear, self._mouth = socket.socketpair()

    @property
    def left(self) -> float:
        """Return the seconds until it is too late; infinite where it never is."""
        return 0.0 if self._stopped() else max(0.0, self._deadline - self._clock())

    @property
    def is_open(self) -> bool:
        """Tell whether a value would still count."""
        return self._given is None and not self._over and self.left > 0

    def check(self, nonce: str) -> None:
        """Insist that this nonce is meant. Raises AnswerRefused."""
        if not hmac.compare_digest(nonce.encode("utf-8", "replace"), self.nonce.encode()):
            raise AnswerRefused("other_question", "this nonce belongs to another question")

    def give(self, value: T, nonce: str) -> None:
        """Give the value. Raises AnswerRefused."""
        self.check(nonce)
        with self._lock:
            if self._given is not None:
                raise AnswerRefused("repeated", "the question was answered already")
            if self._over or not self.left:
                raise AnswerRefused("late", "the question is no longer open")
            self._given = value
            self._mouth.send(b"!")

    def waits_for(self, source: TextIO | None = None) -> bool:
        """Wait for input; return False as soon as there is a value, or no time, instead."""
        sources: list[socket.socket | TextIO] = [self._ear]
        if source is not None:
            sources.append(source)
        while self.is_open:
            ready, _, _ = select.select(sources, [], [], min(self.left, _SLICE_SECONDS))
            if source is not None and source in ready and self._given is None:
                return True
        return False

    def end(self, otherwise: T) -> T:
        """Let nobody answer any more, and return what was given, or else this."""
        with self._lock:
            self._over = True
            return otherwise if self._given is None else self._given

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._over = True
            self._ear.close()
            self._mouth.close()


class Question(Pending[ApprovalAnswer]):
    """One request that waits for its answer."""

    def __init__(
        self,
        request: ApprovalRequest,
        seconds: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        stopped: Callable[[], bool] = _never,
    ) -> None:
        super().__init__(seconds, clock, stopped)
        self.request = request
        self.digest = request.digest

    def answer(self, answer: ApprovalAnswer, nonce: str, action_digest: str) -> None:
        """Answer the question. Raises AnswerRefused."""
        if not hmac.compare_digest(action_digest.encode("utf-8", "replace"), self.digest.encode()):
            raise AnswerRefused("other_action", "this answer is about another action")
        if answer.choice == "kind" and self.request.kind is None:
            raise AnswerRefused("unfit", "only this very action can be approved, not its kind")
        if answer.action is not None and not self._edits(answer.action):
            raise AnswerRefused("unfit", "an edit changes the action's text or point, nothing else")
        self.give(answer, nonce)

    def _edits(self, action: Action) -> bool:
        return bool(self.request.editable) and only_edited(self.request.action, action)


class Takeover(Pending[bool]):
    """A screen that a person has: True hands it back, False ends the run."""
