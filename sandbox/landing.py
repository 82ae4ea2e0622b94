"""Where an action lands: on a desktop, in the window under its point, not in the one in front.

Promises
- On a desktop, an action with points is judged in every window that lies under one of them, by that
  window's title; where none lies there, or it cannot be told, by an empty title, which no rule that
  allows can name. So is the start of a drag from wherever the pointer is.
- Everywhere else, and for keys, it is judged where the surface says.

Does not promise
- To know where a scroll without a point lands: it counts for the window in front.
"""

from collections.abc import Sequence
from dataclasses import replace

from handrail.actuators.actions import Action, Drag, points
from handrail.actuators.observation import Element, ScreenText, Surface

_NOWHERE = ScreenText("")


def landings(
    action: Action, elements: Sequence[Element | None], surface: Surface
) -> tuple[Surface, ...]:
    """Return the surfaces on which an action must be permitted, one for each window it lands in."""
    if surface.kind != "desktop" or not points(action):
        return (surface,)
    titles = [_NOWHERE if element is None else element.name for element in elements]
    if isinstance(action, Drag) and action.start is None:
        titles.append(_NOWHERE)
    return tuple(replace(surface, window=title) for title in dict.fromkeys(titles))
