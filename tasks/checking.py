"""Make the checks of a task: look at the world until they hold, and hold on, or time is up."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from handrail.actuators.base import Actuator, sanitise
from handrail.actuators.errors import ObservationFailed
from handrail.actuators.observation import Observation
from handrail.actuators.reading import Reader, Reading
from handrail.agent.result import Checked
from handrail.agent.stability import Clock, SystemClock
from handrail.tasks.errors import UsageError

_SHOWN = 120
PATIENCE = 5.0
"""Seconds that a state may come late after the end of a run."""
STEADY = 0.5
"""Seconds that it must last: a page may say that all is well before it knows."""


class World:
    """The world at one moment; the screen is looked at and read only where a check asks for it."""

    def __init__(self, screen: Actuator | None = None) -> None:
        self._screen = screen

    @cached_property
    def observation(self) -> Observation:
        """Return what is seen. Raises ObservationFailed."""
        if self._screen is None:
            raise ObservationFailed("there is no screen")
        return self._screen.observe()

    @cached_property
    def reading(self) -> Reading:
        """Return what is read. Raises ObservationFailed."""
        if not isinstance(self._screen, Reader):
            raise ObservationFailed("this kind of screen cannot be read")
        return self._screen.read()


class Check(Protocol):
    """One thing that must be so."""

    @property
    def written(self) -> str:
        """Return the check as a command line writes it."""
        ...

    @property
    def reads(self) -> bool:
        """Tell whether the screen's text or elements must be readable."""
        ...

    def problem(self, world: World) -> str:
        """Return how the world differs, or an empty string. Raises ObservationFailed."""
        ...


class Checks:
    """The checks of one task on one screen."""

    def __init__(
        self,
        checks: Sequence[Check],
        screen: Actuator | None = None,
        clock: Clock | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Refuse what this screen can never tell. Raises UsageError."""
        self._checks, self._screen = tuple(checks), screen
        self._clock = SystemClock() if clock is None else clock
        self._patience = patience
        for check in self._checks:
            if check.reads and not isinstance(screen, Reader):
                raise UsageError(
                    f"{check.written}: text and elements cannot be read on this kind of screen; "
                    "check a window's title or a file"
                )

    def checked(self) -> tuple[Checked, ...]:
        """Return what became of each check, once all hold and go on holding, or at the deadline.

        Raises ActuatorError where the screen is gone.
        """
        deadline = self._clock.now() + self._patience
        while True:
            found = self.look()
            if not any(one.problem for one in found):
                self._clock.sleep(STEADY)
                found = self.look()
                if not any(one.problem for one in found):
                    return found
            if self._clock.now() >= deadline:
                return found
            self._clock.sleep(STEADY / 2)

    def look(self) -> tuple[Checked, ...]:
        """Return what is so at this moment. Raises ActuatorError where the screen is gone."""
        world = World(self._screen)
        return tuple(Checked(check.written, _problem(check, world)) for check in self._checks)


def _problem(check: Check, world: World) -> str:
    try:
        return check.problem(world)
    except ObservationFailed as error:
        return f"it cannot be told: {sanitise(str(error), _SHOWN)}"
