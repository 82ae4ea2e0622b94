"""Where an action lands: in the window or the frame under its point, not only where one looks.

An action is aimed at one element or at none: a drag's must be under both its ends.

Promises
- On a desktop, an action with points is judged in every window that lies under one of them, by that
  window's title and application as the window system tells them, whatever a program calls the
  element that lies there; where none lies there, or it cannot be told, by empty ones, which no rule
  that allows can name. So is the start of a drag from wherever the pointer is.
- In a browser it is judged on the page and, where the element is a frame's, at the frame's address
  too: a page's permission is not that of what it embeds.
- Everywhere else, and for keys on a desktop, it is judged where the surface says.

Does not promise
- To know where a scroll without a point lands: it counts for the window in front.
- To tell who wrote a frame without an address of its own (about:srcdoc): it counts for the page.
"""

from collections.abc import Sequence
from dataclasses import replace

from handrail.actuators.actions import Action, Drag, points
from handrail.actuators.observation import Application, Element, Observation, ScreenText, Surface

Elements = tuple[Element | None, ...]
"""What lies under each point of an action, or what has the keyboard."""
_NOWHERE = ScreenText("")


def landings(
    action: Action, elements: Sequence[Element | None], surface: Surface
) -> tuple[Surface, ...]:
    """Return the surfaces on which an action must be permitted, one for each place it lands in."""
    if surface.kind == "browser":
        pages = [e.page for e in elements if e is not None and not e.page.startswith("about:")]
        own = surface.url.partition("#")[0]
        frames = dict.fromkeys(page for page in pages if page not in {"", own})
        return (surface, *(replace(surface, url=frame) for frame in frames))
    if surface.kind != "desktop" or not points(action):
        return (surface,)
    nowhere = (_NOWHERE, Application())
    found = [nowhere if e is None else (e.window, e.application) for e in elements]
    if isinstance(action, Drag) and action.start is None:
        found.append(nowhere)
    windows = dict.fromkeys(found)
    return tuple(replace(surface, window=title, application=app) for title, app in windows)


def misfit(action: Action, observation: Observation) -> str:
    """Say why an action cannot be meant for this screen, or return an empty string."""
    geometry = observation.geometry
    for point in points(action):
        if not geometry.contains(point):
            size = f"{geometry.width}x{geometry.height}"
            return f"({point.x}, {point.y}) is not on the {size} screen; choose a point on it"
    return ""


def target(action: Action, elements: Elements) -> Element | None:
    """Return the one element that the action is aimed at, or None."""
    if not elements or any(element != elements[0] for element in elements):
        return None
    if isinstance(action, Drag) and action.start is None:
        return None
    return elements[0]
