"""All that a surface says is on it: for those who check a result, not for those who decide.

Named controls alone may be told to a model too, where the user allows it: its hints.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from handrail.actuators.observation import Hint, ScreenText


@dataclass(frozen=True)
class Part:
    """An element by role and name: the text in it, and whether it is ticked, where it has these."""

    role: str
    name: ScreenText
    value: ScreenText | None = None
    checked: bool | None = None


@dataclass(frozen=True)
class Reading:
    """The text that is shown, off the visible part of the page too, and the elements there are."""

    text: ScreenText
    parts: tuple[Part, ...]


@runtime_checkable
class Reader(Protocol):
    """A surface that can be read as a whole."""

    def read(self) -> Reading:
        """Read the surface now. Raises ObservationFailed, EnvironmentMissing."""
        ...


MOST_HINTS = 200
"""So many controls of one surface are told of at most."""


@runtime_checkable
class Hinting(Protocol):
    """A surface that tells of the controls that show on it."""

    def hints(self) -> tuple[Hint, ...]:
        """Return the named controls that show now, on the screen of the last look.

        None where the surface cannot tell. Raises ObservationFailed, EnvironmentMissing.
        """
        ...
