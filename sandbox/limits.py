"""Limits: how much a run may do, whatever each single action would be permitted.

Promises
- Limits of several files join to the least of each; none can raise another's.
- Every action is counted before it is performed, so that one whose outcome is in doubt counts.
- A clock that is turned back gives no second minute: the rate is counted on a monotonic clock.

Does not promise
- To hold across runs: each run begins at nothing.
- A bound of rows: until there are jobs that have rows, ``rows`` is refused.

``commits`` counts every effect of the class ``commit`` or graver, ``unknown`` among them.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from handrail.sandbox.rules import EffectClass

_COUNT = Annotated[int, Strict(), Field(ge=1)]
_GRAVE: frozenset[EffectClass] = frozenset({"commit", "destroy", "system", "unknown"})
_MINUTE = 60.0


class Limits(BaseModel):
    """Upper bounds of one run; None means that this file sets none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: _COUNT | None = None
    seconds: _COUNT | None = None
    calls: _COUNT | None = None
    actions_per_minute: _COUNT | None = None
    commits: Annotated[int, Strict(), Field(ge=0)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_rows_yet(cls, given: object) -> object:
        # A bound that nothing keeps is worse than none: it would be relied on.
        if isinstance(given, dict) and "rows" in given:
            raise ValueError("rows: bounds a job's rows, and there are no jobs yet: leave it out")
        return given


def least(limits: Iterable[Limits]) -> Limits:
    """Return the limits that keep all of these."""
    given = [one.model_dump(exclude_none=True) for one in limits]
    names = sorted({name for one in given for name in one})
    return Limits(**{name: min(one[name] for one in given if name in one) for name in names})


class Meter:
    """What one run has done so far."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._recent: deque[float] = deque()
        self._commits = 0

    def used_up(self, effect: EffectClass) -> str:
        """Return which limit leaves no room for an action of this class, or an empty string."""
        rate = self._limits.actions_per_minute
        if rate is not None:
            since = self._clock() - _MINUTE
            while self._recent and self._recent[0] <= since:
                self._recent.popleft()
            if len(self._recent) >= rate:
                return f"{_many(rate, 'action')} a minute are used up"
        commits = self._limits.commits
        if commits is not None and effect in _GRAVE and self._commits >= commits:
            return (
                f"{_many(commits, 'commit')} a run are used up: this would be one more ({effect})"
            )
        return ""

    def spend(self, effect: EffectClass) -> None:
        """Count an action that is about to be performed."""
        self._commits += effect in _GRAVE
        if self._limits.actions_per_minute is not None:
            self._recent.append(self._clock())


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
