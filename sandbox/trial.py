"""Trials: one action, tried on a copy of the screen before it is done there.

Promises
- An action that the rules want rehearsed, and nothing else, is done without a question only where
  its trial was whole, found nothing that would be sent or kept, and its effect is a light one
  (``LIGHT``): what commits, destroys, or is not known is asked about, with what was found in view.
- What could not be tried is asked about, and whoever is asked is told why.

Does not promise
- That the screen does what its copy did: what a page's scripts hold in memory is not copied. What
  the action then sends is held and decided on its own, as ever.
"""

from dataclasses import dataclass
from typing import Protocol

from handrail.actuators.actions import Action
from handrail.actuators.observation import Observation
from handrail.sandbox.records import Scalar
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rules import EffectClass

BY = "trial"
"""Who consented, as the journal names it."""
NO_REHEARSAL = "asked, for no rehearsal came before it"
"""What whoever is asked is told where one was wanted."""
_WHY = 300
LIGHT: frozenset[EffectClass] = frozenset({"observe", "navigate", "edit"})


@dataclass(frozen=True)
class Trial:
    """What came of a trial; ``why``: why there was none, or what of it could not be told."""

    consequences: Consequences | None = None
    why: str = ""

    def told(self) -> dict[str, Scalar]:
        """Return what is written down of it: how much was found, its digest, and ``why``."""
        found = self.consequences
        told: dict[str, Scalar] = {"why": self.why[:_WHY]}
        if found is not None:
            told |= {"found": len(found.found), "digest": found.digest}
        return told

    @property
    def line(self) -> str:
        """Return what came of it in a line."""
        if self.consequences is None:
            return f"not tried on a copy: {self.why}"
        count = len(self.consequences.found)
        found = "nothing" if not count else "one thing" if count == 1 else f"{count} things"
        unknown = f"; not known: {self.why}" if self.why else ""
        return f"tried on a copy: {found} would be sent or kept{unknown}"

    @property
    def harmless(self) -> bool:
        """Tell whether all of it was tried, and nothing would come of it."""
        return self.consequences is not None and not self.why and not self.consequences.found


class Trials(Protocol):
    """Something that can try an action on a copy."""

    def tried(self, action: Action, seen: Observation) -> Trial:
        """Try an action that was decided on this observation; the screen itself is not touched."""
        ...
