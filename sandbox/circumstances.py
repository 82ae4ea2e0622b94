"""Circumstances: what is known of an action beside its own fields and the surface.

Promises
- What is left out counts as not known, which no rule takes for a yes (see ``rules.py``).

Does not promise
- That an element is what it says: its role and name are the page's or the program's own words.
"""

from dataclasses import dataclass
from datetime import datetime

from handrail.actuators.actions import Action, Drag, Press, Scroll, Type, points
from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.observation import Element


@dataclass(frozen=True)
class Circumstances:
    """Where an action lands and when.

    ``elements``: what lies under each of its points or, where keys are pressed, what has the
    keyboard; None stands for what could not be told. ``now`` is local time.
    """

    elements: tuple[Element | None, ...] = ()
    geometry: ScreenGeometry | None = None
    now: datetime | None = None

    def targets(self, action: Action) -> tuple[Element | None, ...]:
        """Return everything that the action lands on; empty where it lands on nothing."""
        if not lands(action):
            return ()
        missing = max(1, len(points(action))) - len(self.elements)
        unseen = isinstance(action, Drag) and action.start is None
        return (*self.elements, *[None] * (max(0, missing) + unseen))

    def places(self, action: Action) -> tuple[tuple[float, float] | None, ...]:
        """Return where on the screen the action lands, in fractions of it; None: not known.

        Keys land in the middle of what has the keyboard.
        """
        if not lands(action):
            return ()
        if isinstance(action, Type | Press):
            boxes = [None if e is None else e.box for e in self.targets(action)]
            spots = [None if b is None else (b.center.x, b.center.y) for b in boxes]
        else:
            spots = [(point.x, point.y) for point in points(action)]
            spots += [None] * ((isinstance(action, Drag) and action.start is None) or not spots)
        return tuple(None if spot is None else self._fraction(*spot) for spot in spots)

    def _fraction(self, x: int, y: int) -> tuple[float, float] | None:
        if self.geometry is None:
            return None
        return (x + 0.5) / self.geometry.width, (y + 0.5) / self.geometry.height


def lands(action: Action) -> bool:
    """Tell whether the action touches anything on the screen."""
    return bool(points(action)) or isinstance(action, Type | Press | Drag | Scroll)
