"""Everything an actuator may raise.

ActuatorError
+-- EnvironmentMissing   no display, no browser, no such window: nothing was tried (exit code 5)
+-- Unreachable          the address or the application did not answer (exit code 5)
+-- ActionRefused        the action does not fit this screen or its target: certainly no effect
+-- ActionStopped        told to stop before the first input: certainly no effect
+-- PermitRefused        the permit is absent, spent, expired or for another action: no effect
+-- ActionInDoubt        something went wrong after input may have been sent: look, never repeat
|   +-- ActionCutShort   told to stop after some of the input
+-- ObservationFailed    the screen could not be read
+-- PersonActive         a person moved the mouse: the run pauses, no effect
"""

from typing import Literal

Obstacle = Literal[
    "out_of_bounds", "ambiguous", "invisible", "moving", "covered", "disabled", "not_editable"
]
"""Why a target cannot take an action."""


class ActuatorError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class EnvironmentMissing(ActuatorError):
    """A display, browser, window or program that is needed is not there."""


class Unreachable(ActuatorError):
    """An address or application did not answer."""


class ActionRefused(ActuatorError):
    """The action cannot be done on this screen; nothing was sent to it.

    ``reason`` says what is wrong with its target, where it is the target; None otherwise.
    """

    def __init__(self, message: str, reason: Obstacle | None = None) -> None:
        super().__init__(message)
        self.reason = reason

    @property
    def passing(self) -> bool:
        """Tell whether it may well be otherwise at the next look."""
        return self.reason == "moving"


class ActionStopped(ActuatorError):
    """The action was told to stop before its first input event; nothing was sent to the screen."""


class PermitRefused(ActuatorError):
    """The permit does not cover this action now; nothing was sent to the screen."""


class ActionInDoubt(ActuatorError):
    """The action may or may not have had its effect; it must not be repeated."""


class ActionCutShort(ActionInDoubt):
    """The action was told to stop after some of its input; the message says how much of it."""


class ObservationFailed(ActuatorError):
    """The screen could not be read."""


class PersonActive(ActuatorError):
    """A person is using the pointer; nothing was sent to the screen."""
