"""How patient a run is, and how much of its patience is used up."""

from dataclasses import dataclass, field

from handrail.agent.budget import Budget
from handrail.agent.history import SCREENSHOTS


@dataclass(frozen=True)
class Habits:
    """How patient a run is.

    ``screenshots``: how many pictures the proposer may still look at, the present one included;
    ``repeats``: the same action on the same screen so often is the end; ``failures``: so many
    failed steps in a row are the end; ``withdrawals``: so many actions in a row that the screen
    or a person outran are the end, with ``pause`` seconds after the first and twice that after
    each further one.
    """

    budget: Budget = field(default_factory=Budget)
    screenshots: int = SCREENSHOTS
    repeats: int = 3
    failures: int = 2
    withdrawals: int = 6
    pause: float = 0.5


class Patience:
    """Counts steps in a row that failed or were outrun."""

    def __init__(self, habits: Habits) -> None:
        self._habits = habits
        self._failures = 0
        self._withdrawals = 0

    def restored(self) -> None:
        """Begin anew: something went well."""
        self._failures = self._withdrawals = 0

    def failed(self, reason: str) -> str:
        """Count a failed step; return why it was the last, or an empty string."""
        self._failures += 1
        over = self._failures >= self._habits.failures
        return f"{self._failures} failed steps in a row: {reason}" if over else ""

    def outrun(self, reason: str) -> str:
        """Count a step that the screen or a person outran; return why it was the last, or ""."""
        self._withdrawals += 1
        over = self._withdrawals >= self._habits.withdrawals
        return f"the screen never held still: {reason}" if over else ""

    @property
    def pause(self) -> float:
        """Return the seconds to give way for: longer each time."""
        return self._habits.pause * 2.0 ** (self._withdrawals - 1)
