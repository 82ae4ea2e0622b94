"""Rulings: what was decided, and how several of them become one.

Promises
- Rulings join: deny wins over all; of the rest each adds what it demands, so that rehearse and ask
  together are a rehearsal and then a question. The order does not matter, and one ruling more never
  allows more.
- No profile allows ``commit``, ``destroy``, ``system`` or ``unknown`` effects.
- A reason names every rule that matched: first those that decided, then those that were overruled.

Does not promise
- A rehearsal: where none came before an action, who asks for one is asked (``Ruling.asks``).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from handrail.sandbox.rules import Decision, EffectClass

ProfileName = Literal["observe", "rehearse", "ask", "unattended"]

_GRAVE: tuple[EffectClass, ...] = ("commit", "destroy", "system", "unknown")

# The stages of a roll-out, from looking on to working alone.
PROFILES: dict[ProfileName, dict[EffectClass, Decision]] = {
    "observe": {"observe": "allow"},
    "rehearse": {
        "observe": "allow",
        "navigate": "allow",
        **dict.fromkeys(("edit", *_GRAVE), "rehearse"),
    },
    "ask": {"observe": "allow", "navigate": "allow", **dict.fromkeys(("edit", *_GRAVE), "ask")},
    "unattended": {"observe": "allow", "navigate": "allow", "edit": "allow"},
}


class Ruling(NamedTuple):
    """What the policy decided and why; ``rehearsed``: a rehearsal comes before the question.

    ``in_person``: a person must look at this very action; no grant, and no yes to others of its
    kind, stands for that.
    """

    decision: Decision
    reason: str
    rehearsed: bool = False
    in_person: bool = False

    @property
    def asks(self) -> bool:
        """Tell whether a person must say yes first."""
        return self.decision in {"ask", "rehearse"}

    def demands_more_than(self, other: "Ruling") -> bool:
        """Tell whether a yes to the other is none to this one."""
        return (self.asks and not other.asks) or (self.in_person and not other.in_person)

    @property
    def demands(self) -> frozenset[Decision]:
        """Return what stands between the action and the screen: nothing, for ``allow``."""
        return _DEMANDS["rehearse"] | {self.decision} if self.rehearsed else _DEMANDS[self.decision]


_DEMANDS: dict[Decision, frozenset[Decision]] = {
    "allow": frozenset(),
    "rehearse": frozenset({"rehearse"}),
    "ask": frozenset({"ask"}),
    "deny": frozenset({"deny"}),
}


@lru_cache(maxsize=256)
def profile_ruling(name: ProfileName, effect: EffectClass, label: str = "") -> Ruling:
    """Return what a profile says of an effect; ``label`` names the layer that chose it."""
    decision = PROFILES[name].get(effect, "deny")
    return Ruling(decision, f"{label}profile {name}: {decision} {effect}")


def strictest(rulings: Iterable[Ruling]) -> Ruling:
    """Return the one ruling that demands all that these demand; there must be one."""
    found = tuple(rulings)
    if len(found) == 1:
        return found[0]
    demands = frozenset[Decision]().union(*[ruling.demands for ruling in found])
    decision: Decision = "allow"
    for grave in ("deny", "ask", "rehearse"):
        if grave in demands:
            decision = grave
            break
    rehearsed = decision == "ask" and "rehearse" in demands
    deciding: set[Decision] = {"ask", "rehearse"} if rehearsed else {decision}
    made = _reasons(ruling for ruling in found if ruling.decision in deciding)
    lost = _reasons(ruling for ruling in found if ruling.decision not in deciding)
    in_person = any(ruling.in_person for ruling in found)
    return Ruling(decision, made + (f"; overruled: {lost}" if lost else ""), rehearsed, in_person)


def _reasons(rulings: Iterable[Ruling]) -> str:
    return "; ".join(dict.fromkeys(ruling.reason for ruling in rulings))
