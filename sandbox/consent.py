"""Consent: whether an action that the rules ask about may go on, and who said so.

Promises
- It comes from a kind that a person approved in this run, or from the approver, who is a person or
  a live grant; who said yes stands with the intent.
- A grant's use is counted, on the disk, right before the permit; without that there is no permit.
- A person's taking over and handing back are written down before and after; nothing is looked at
  in between.
- An edited action is no consent: it begins anew. After ``EDITS`` edits in a row it is denied.

Does not promise
- To overrule a denial: what is denied never comes here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from handrail.actuators.actions import Action
from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest, Approver
from handrail.sandbox.journal import Journal
from handrail.sandbox.likeness import Likeness
from handrail.sandbox.outcome import Outcome
from handrail.sandbox.records import Note
from handrail.sandbox.requests import RequestKind

EDITS = 9


def _uncounted() -> str:
    return ""


@dataclass(frozen=True)
class Consent:
    """What came of asking: ``by`` says who consented, ``count`` is called before the permit.

    Otherwise ``edited`` is what the person made of the action, or ``refused`` why it ends here.
    """

    by: str = ""
    count: Callable[[], str] = _uncounted
    edited: Action | None = None
    refused: Outcome | None = None


UNASKED = Consent()


@dataclass
class Consents:
    """The consents of one run; ``lent``: a person has the screen."""

    approver: Approver
    journal: Journal
    clock: Callable[[], float] = time.monotonic
    lent: bool = False
    _kinds: set[Likeness | RequestKind] = field(default_factory=set)
    _edits: int = 0
    _edited: Action | None = None

    @classmethod
    def of(cls, approver: "Approver | Consents", journal: Journal) -> "Consents":
        """Return consents as they are, or those that begin with this approver."""
        return approver if isinstance(approver, Consents) else cls(approver, journal)

    def seek(self, request: ApprovalRequest) -> Consent:
        """Return the consent to what the rules ask about. Raises JournalError."""
        if request.kind in self._kinds:
            return Consent(by="kind")
        return self._heard(request, self.approver.ask(request))

    def _heard(self, request: ApprovalRequest, answer: ApprovalAnswer) -> Consent:
        if answer.choice == "edit":
            self._edits = self._edits + 1 if request.action == self._edited else 1
            self._edited = answer.action
            if self._edits <= EDITS:
                return Consent(edited=answer.action)
            answer = ApprovalAnswer("deny", reason=f"edited more than {EDITS} times in a row")
        match answer.choice:
            case "kind" if request.kind is not None:
                self.journal.append(Note(topic="kind", data={"permits": request.kind.told()}))
                self._kinds.add(request.kind)
                return Consent(by="kind")
            case "once":
                return Consent(by=answer.by or "once", count=answer.count)
            case "take_over":
                return Consent(refused=self._taken_over(request, answer))
            case "stop":
                why = "stopped by the person who was asked"
                return Consent(refused=Outcome("stopped", request.effect, why))
        why = f"{request.reason}: {answer.reason}"
        return Consent(refused=Outcome("denied", request.effect, why))

    def _taken_over(self, request: ApprovalRequest, answer: ApprovalAnswer) -> Outcome:
        """Wait, without looking, until the person hands the screen back."""
        self.journal.append(Note(topic="taken_over"))
        began = self.clock()
        self.lent = True
        try:
            back = answer.handed_back()
        finally:
            self.lent = False
        seconds = round(self.clock() - began, 3)
        self.journal.append(Note(topic="handed_back", data={"seconds": seconds, "goes_on": back}))
        if not back:
            return Outcome("stopped", request.effect, "stopped by the person who had taken over")
        told = "a person took over, acted in its place, and handed back: look again"
        return Outcome("handed_back", request.effect, told)
