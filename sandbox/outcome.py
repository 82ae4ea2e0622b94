"""What became of a submitted action.

Promises
- Every kind says whether an effect is possible: only ``done`` and ``in_doubt`` have one.

Does not promise
- That an action which is ``done`` did what was wanted.
"""

from dataclasses import dataclass, replace
from typing import Literal

from handrail.actuators.actions import Action
from handrail.actuators.base import Receipt
from handrail.sandbox.records import Result, ResultKind
from handrail.sandbox.redact import hidden
from handrail.sandbox.rules import EffectClass

OutcomeKind = Literal[
    "done", "failed", "in_doubt", "withdrawn", "denied", "exhausted", "stopped", "handed_back"
]
_WRITTEN: dict[OutcomeKind, ResultKind] = {
    "done": "done", "failed": "failed", "in_doubt": "in_doubt",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of a submitted action.

    ``done``: performed. ``failed``: refused by the screen, ``withdrawn``: the screen changed or a
    person was active, ``denied``: by the policy or the person asked, ``exhausted``: a limit of the
    policy is used up, ``stopped``: the run is to end, ``handed_back``: a person took over and acted
    in its place: certainly no effect of ours in all six. ``in_doubt``: an effect is possible; look,
    do not repeat. ``redacted``: what was typed is not to be written down anywhere. ``edited``: what
    the person who was asked made of the action, where they changed it: all else is about that.
    ``tried``: what came of trying it on a copy first, empty where nobody wanted that.
    """

    kind: OutcomeKind
    effect: EffectClass
    reason: str
    receipt: Receipt | None = None
    redacted: bool = False
    edited: Action | None = None
    tried: str = ""

    def told(self) -> "Outcome":
        """Return the outcome as it may be written down or printed."""
        if self.edited is None or not self.redacted:
            return self
        return replace(self, edited=hidden(self.edited))

    def written(self, intent: int) -> Result:
        """Return the record of what became of the intent of this number."""
        seconds = None if self.receipt is None else self.receipt.seconds
        kind = _WRITTEN.get(self.kind, "withdrawn")
        return Result(intent=intent, outcome=kind, reason=self.reason, seconds=seconds)
