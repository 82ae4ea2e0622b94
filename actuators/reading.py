"""All that a surface says is on it: for those who check a result, not for those who decide."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from handrail.actuators.observation import ScreenText


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
