"""Notice a run that goes round in circles."""

from collections import Counter
from dataclasses import dataclass, field

from handrail.actuators.actions import Action, digest
from handrail.sandbox.gate import Outcome
from handrail.sandbox.rules import EffectClass

_LOOKING: frozenset[EffectClass] = frozenset({"observe", "navigate"})


@dataclass
class Progress:
    """Counts how often the same action met the same screen.

    ``limit`` is the count at which the run is over. After an outcome in doubt the same action is
    not asked for again, on any screen: it may have had its effect already. Only an action that
    changed something since makes it another one; a look, a wait or a refused action does not.
    """

    limit: int = 3
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _doubted: set[str] = field(default_factory=set)

    def stuck(self, fingerprint: str, action: Action) -> str:
        """Return why an action must not be asked for once more, or an empty string."""
        if digest(action) in self._doubted:
            return "this action may already have had its effect, and it is asked for again"
        if self._seen[fingerprint, digest(action)] + 1 >= self.limit:
            return f"no progress: the same action on the same screen {self.limit} times"
        return ""

    def note(self, fingerprint: str, action: Action, outcome: Outcome) -> None:
        """Count an action that went to the screen, and remember one whose outcome is unknown."""
        if outcome.kind != "withdrawn":
            self._seen[fingerprint, digest(action)] += 1
        if outcome.kind == "in_doubt":
            self._doubted.add(digest(action))
        elif outcome.kind == "done" and outcome.effect not in _LOOKING:
            self._doubted.clear()
