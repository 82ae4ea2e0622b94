"""Wait until the screen stands still, instead of sleeping for a guessed time."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from handrail.actuators.actions import Action
from handrail.actuators.errors import ObservationFailed
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Hint, Observation
from handrail.agent.verify import Sight, target_of


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


class Senses(Protocol):
    """What a surface answers beside its pixels; an actuator's answers, without its hands."""

    def hit_test(self, point: Point) -> Element | None:
        """Return what lies under a pixel, or None where that cannot be told."""
        ...

    def focused(self) -> Element | None:
        """Return what has the keyboard, or None where that cannot be told."""
        ...


class Watch:
    """Looks at a screen and waits for it: still means equal frames ``quiet`` seconds apart.

    An animation never stands still: after ``limit`` seconds the last frame is taken as it is. A
    look that fails is made again; looking has no effect. Without ``senses`` there are the pixels
    alone to tell what became of an action. ``hints`` are asked for once the screen is still, where
    the user allows them.
    """

    def __init__(
        self,
        observe: Callable[[], Observation],
        clock: Clock | None = None,
        quiet: float = 0.2,
        limit: float = 4.0,
        senses: Senses | None = None,
        hints: Callable[[], tuple[Hint, ...]] | None = None,
    ) -> None:
        self._observe = observe
        self._clock = SystemClock() if clock is None else clock
        self._quiet = quiet
        self._limit = limit
        self._senses = senses
        self._hints = hints

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
        seen = self._still()
        if self._hints is None:
            return seen
        try:
            return replace(seen, hints=self._hints())
        except ObservationFailed:
            return seen

    def _still(self) -> Observation:
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

    def sight(self, action: Action, seen: Observation) -> Sight:
        """Return a look with what the surface says of the places that the action is about."""
        if self._senses is None:
            return Sight(seen)
        point = target_of(action)
        try:
            element = None if point is None else self._senses.hit_test(point)
            return Sight(seen, element, self._senses.focused())
        except ObservationFailed:
            return Sight(seen)


def _joined(earlier: Observation, later: Observation) -> Observation:
    """Return the later look with the notices of both: each look reports what is new to it."""
    if not earlier.notices:
        return later
    return replace(later, notices=earlier.notices + later.notices)
