"""How much a run may use, and how much it has used."""

from dataclasses import dataclass
from typing import Self

from handrail.sandbox.limits import Limits


@dataclass(frozen=True)
class Budget:
    """Upper bounds of a run; every one is at least 1."""

    steps: int = 30
    seconds: float = 900.0
    calls: int = 60

    def __post_init__(self) -> None:
        for name in ("steps", "seconds", "calls"):
            if not getattr(self, name) >= 1:
                raise ValueError(f"a budget of {name} must be at least 1")

    def within(self, limits: Limits) -> Self:
        """Return this budget, cut to a policy's limits."""
        return type(self)(
            min(self.steps, limits.steps or self.steps),
            min(self.seconds, limits.seconds or self.seconds),
            min(self.calls, limits.calls or self.calls),
        )


@dataclass
class Spent:
    """What a run has used so far."""

    steps: int = 0
    seconds: float = 0.0
    calls: int = 0

    def over(self, budget: Budget) -> str:
        """Return in words which bound leaves no room for a model call, or an empty string."""
        if self.steps >= budget.steps:
            return f"{budget.steps} steps are used"
        if self.seconds >= budget.seconds:
            return f"{budget.seconds:g} seconds are used"
        if self.calls >= budget.calls:
            return f"{budget.calls} model calls are used"
        return ""
