"""Where an action happened, as shapes to draw over its frame, in the frame's own pixels."""

from dataclasses import dataclass
from typing import Literal

from handrail.actuators.actions import Action, Click, Drag, Move, Scroll
from handrail.actuators.geometry import Point

_ARM = 70


@dataclass(frozen=True)
class Mark:
    """A ring, a cross or an arrow; an arrow goes from (x, y) to (to_x, to_y)."""

    shape: Literal["ring", "cross", "arrow"]
    x: int
    y: int
    to_x: int = 0
    to_y: int = 0
    count: int = 1
    label: str = ""


def marks(action: Action | None, width: int, height: int) -> tuple[Mark, ...]:
    """Return the marks of an action on a frame of this size; most have one, some none."""
    match action:
        case Click(point=at, button=button, count=count):
            label = "" if button == "left" else button
            return (Mark("ring", at.x, at.y, count=count, label=label),)
        case Move(point=at):
            return (Mark("cross", at.x, at.y),)
        case Drag(start=None, end=end):
            return (Mark("ring", end.x, end.y, label="drop"),)
        case Drag(start=Point() as start, end=end):
            return (Mark("arrow", start.x, start.y, end.x, end.y),)
        case Scroll(point=at, dx=dx, dy=dy):
            x, y = (width // 2, height // 2) if at is None else (at.x, at.y)
            # Positive dy is a turn of the wheel up: the arrow shows where the view goes.
            return (Mark("arrow", x, y, x + _sign(dx) * _ARM, y - _sign(dy) * _ARM),)
    return ()


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
