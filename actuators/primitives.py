"""The primitive events of one action, and the stop that takes hold before the next of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from handrail.actuators.actionability import Check, insist_actionable
from handrail.actuators.base import Actuator
from handrail.actuators.errors import ActionCutShort, ActionStopped

Stopped = Callable[[], bool]


def never() -> bool:
    """Never stop."""
    return False


@dataclass(frozen=True)
class Safeguards:
    """What a surface keeps to beside the permit.

    ``stopped`` is asked before every primitive event, from the thread that acts; ``check`` refuses
    a target that cannot take the action.
    """

    stopped: Stopped = never
    check: Check = insist_actionable


class Guarded(Actuator, Protocol):
    """An actuator that keeps to safeguards, which may be put in place of its own."""

    safeguards: Safeguards


class Primitives:
    """Counts the primitive events of one action and ends it before the next one.

    A primitive event is the least that can be done without leaving anything held down: one
    character, one press and release of a button, one notch of the wheel, one step of a drag.
    ``unit`` is their name in the plural.
    """

    def __init__(self, stopped: Stopped, total: int, unit: str) -> None:
        self._stopped, self._total, self._unit = stopped, total, unit
        self.done = 0

    def next(self, size: int = 1) -> None:
        """Announce the next event, of ``size`` units.

        Raises ActionStopped where nothing has been sent, ActionCutShort where something has.
        """
        if self._stopped():
            if not self.done:
                raise ActionStopped("stopped before its first input")
            raise ActionCutShort(f"stopped after {self.done} of {self._total} {self._unit}")
        self.done += size
