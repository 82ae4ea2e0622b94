"""Those who follow a run while it goes on: the live view, the record."""

from collections.abc import Sequence
from typing import Protocol

from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.result import Result
from handrail.sandbox.records import Alert


class Listener(Protocol):
    """Is told of a run as it goes; must not touch the screen."""

    def looked(self, number: int, observation: Observation) -> None:
        """Hear of the still screen that step ``number`` starts from."""
        ...

    def stepped(self, step: Step) -> None:
        """Hear of a reply and what became of it."""
        ...

    def alerted(self, alert: Alert) -> None:
        """Hear, within a step, that a rule of the user's finds this run unusual."""
        ...

    def ended(self, result: Result) -> None:
        """Hear of the end."""
        ...


class Listeners:
    """Tells several listeners, in order; none of them is silence."""

    def __init__(self, listeners: Sequence[Listener] = ()) -> None:
        self._listeners = tuple(listeners)

    def looked(self, number: int, observation: Observation) -> None:
        """Tell each of the look."""
        for listener in self._listeners:
            listener.looked(number, observation)

    def stepped(self, step: Step) -> None:
        """Tell each of the step."""
        for listener in self._listeners:
            listener.stepped(step)

    def alerted(self, alert: Alert) -> None:
        """Tell each of the alert."""
        for listener in self._listeners:
            listener.alerted(alert)

    def ended(self, result: Result) -> None:
        """Tell each of the end."""
        for listener in self._listeners:
            listener.ended(result)
