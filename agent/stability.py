"""Wait until the screen stands still, instead of sleeping for a guessed time."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from handrail.actuators.errors import ObservationFailed
from handrail.actuators.observation import Observation


class Clock(Protocol):
    """Time, as a run sees it."""

    def now(self) -> float:
        """Return seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return seconds of the monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        time.sleep(seconds)


class Watch:
    """Looks at a screen and waits for it: still means equal frames ``quiet`` seconds apart.

    An animation never stands still: after ``limit`` seconds the last frame is taken as it is. A
    look that fails is made again; looking has no effect.
    """

    def __init__(
        self,
        observe: Callable[[], Observation],
        clock: Clock | None = None,
        quiet: float = 0.2,
        limit: float = 4.0,
    ) -> None:
        self._observe = observe
        self._clock = SystemClock() if clock is None else clock
        self._quiet = quiet
        self._limit = limit

    def now(self) -> float:
        """Return the clock's seconds."""
        return self._clock.now()

    def pause(self, seconds: float) -> None:
        """Let time pass without looking."""
        self._clock.sleep(seconds)

    def settled(self) -> Observation:
        """Return the first frame that equals the one before it, or the first after the limit.

        Raises ObservationFailed where looks fail until the limit.
        """
        deadline = self._clock.now() + self._limit
        last: Observation | None = None
        while True:
            try:
                seen = self._observe()
            except ObservationFailed:
                if self._clock.now() >= deadline:
                    raise
            else:
                if last is not None and seen.fingerprint == last.fingerprint:
                    return _joined(last, seen)
                last = seen if last is None else _joined(last, seen)
                if self._clock.now() >= deadline:
                    return last
            self._clock.sleep(self._quiet)


def _joined(earlier: Observation, later: Observation) -> Observation:
    """Return the later look with the notices of both: each look reports what is new to it."""
    if not earlier.notices:
        return later
    return replace(later, notices=earlier.notices + later.notices)
