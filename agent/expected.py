"""What a success must meet beside the model's word: checks of the world, made at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from handrail.agent.result import Checked, Result


class Expected(Protocol):
    """Checks that were declared for a task."""

    def checked(self) -> Sequence[Checked]:
        """Look at the world and return what became of each check, in order.

        Raises ActuatorError where the screen is gone.
        """
        ...


@dataclass(frozen=True)
class NothingExpected:
    """No check: a success is the model's word, and is called so."""

    def checked(self) -> Sequence[Checked]:
        """Return nothing."""
        return ()


def judged(claim: Result, checks: Sequence[Checked]) -> Result:
    """Return a claimed success as it stands beside its checks: each must hold."""
    if not checks:
        return claim
    broken = [one for one in checks if one.problem]
    if not broken:
        how = "the check holds" if len(checks) == 1 else f"all {len(checks)} checks hold"
        return replace(claim, reason=f"{claim.reason}, and {how}", checks=tuple(checks))
    named = "; ".join(f"{one.check}: {one.problem}" for one in broken)
    reason = f"{claim.reason}, but {len(broken)} of {len(checks)} checks failed: {named}"
    return replace(claim, kind="failed", reason=reason, checks=tuple(checks))
