"""Asking a person: what they are asked, and what they may answer.

Promises
- An answer is one of six, by its type: approve once, approve this kind in this run, edit, deny,
  take over, stop. It is no truth value: whoever takes it for one gets a TypeError, not a yes.
- Approving a kind is offered only with the exact statement of what it permits (``likeness.py``).
- While a person has taken over, nothing is looked at: ``handed_back`` returns when they are done.

Does not promise
- That a person reads what they approve.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from handrail.actuators.actions import Action, digest
from handrail.actuators.held import HeldRequest
from handrail.actuators.observation import Element, Observation, Surface
from handrail.sandbox.destination import destinations
from handrail.sandbox.editing import editable
from handrail.sandbox.likeness import Likeness
from handrail.sandbox.requests import RequestKind
from handrail.sandbox.rules import EffectClass
from handrail.sandbox.trial import Trial

Choice = Literal["once", "kind", "edit", "deny", "take_over", "stop"]


@dataclass(frozen=True)
class ApprovalRequest:
    """What a person is asked: the user's own goal, the typed action, and where it would happen.

    ``reason`` is the policy's. ``element`` is what the screen says lies under the point; its
    words are the screen's own. The model's thoughts are left out: they are no argument. ``kind`` is
    what approving the kind would permit, None where that is not offered; ``observation`` the screen
    that the action was decided on; ``places`` where it lands and leads to; ``rehearsal``: the rules
    want it rehearsed, too; ``in_person``: no grant stands for a person's look at it. ``held``: the
    question is not whether the action may be done but whether this may be sent, which waits since.
    ``trial``: what came of it where it was to be tried on a copy first.
    """

    goal: str
    action: Action
    effect: EffectClass
    surface: Surface
    reason: str
    element: Element | None = None
    kind: Likeness | RequestKind | None = None
    observation: Observation | None = None
    places: tuple[Surface, ...] = ()
    rehearsal: bool = False
    in_person: bool = False
    held: HeldRequest | None = None
    trial: Trial | None = None

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of what is asked about; an answer is to nothing else."""
        own = digest(self.action)
        if self.held is None:
            return own
        return hashlib.sha256(f"{own} {self.held!r}".encode("utf-8", "replace")).hexdigest()

    @property
    def editable(self) -> str:
        """Return the name of the field that whoever is asked may change, or an empty string."""
        return "" if self.held is not None else editable(self.action)

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Return in words where the action lands, but for the surface's own page or window."""
        aimed = () if self.element is None else (self.element,)
        here, led = self.surface, destinations(self.action, aimed, self.surface)
        shown = {here.url, *(place.url for place in led)}
        found = []
        for place in self.places:
            if place.window != here.window:
                title = place.window.raw
                found.append(f'window "{title}"' if title else "a window that cannot be told")
            elif place.url not in shown:
                found.append(f"frame of {place.url}")
        return tuple(dict.fromkeys(found))


def _at_once() -> bool:
    return True


def _uncounted() -> str:
    return ""


@dataclass(frozen=True)
class ApprovalAnswer:
    """What was answered.

    ``action``: the edited action, with the choice ``edit`` alone. ``reason``: why it was denied.
    ``handed_back``: with ``take_over``, waits until the person is done; False: end the run instead.
    ``by``: who answered, where it was no person: ``grant ID``. ``count``: with ``once``, counts
    the use before the permit, on the disk when it returns, or returns why there may be none.
    """

    choice: Choice
    action: Action | None = None
    reason: str = "not approved"
    handed_back: Callable[[], bool] = _at_once
    by: str = ""
    count: Callable[[], str] = _uncounted

    def __post_init__(self) -> None:
        if (self.action is not None) != (self.choice == "edit"):
            raise ValueError("an edited action goes with the choice edit, and only with it")

    def __bool__(self) -> bool:
        raise TypeError("an answer is more than yes or no: look at its choice")


ONCE = ApprovalAnswer("once")
KIND = ApprovalAnswer("kind")
DENY = ApprovalAnswer("deny")
TAKE_OVER = ApprovalAnswer("take_over")
STOP = ApprovalAnswer("stop")


class Approver(Protocol):
    """Someone who may say yes."""

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Return what was answered about this very action."""
        ...


class DenyAll:
    """The approver of a run without a terminal: nobody is there, so nobody approved."""

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Deny."""
        return DENY


class ScriptedApprover:
    """Answers from a list, in order, and no once it is used up; remembers what it was asked.

    True approves once, False denies.
    """

    def __init__(self, answers: Iterable[bool | ApprovalAnswer] = ()) -> None:
        self._answers = iter(answers)
        self.requests: list[ApprovalRequest] = []

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Return the next answer of the script."""
        self.requests.append(request)
        answer = next(self._answers, DENY)
        if isinstance(answer, ApprovalAnswer):
            return answer
        return ONCE if answer else DENY
