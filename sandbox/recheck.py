"""Is this still the screen that the decision was made on?

The rule. An action with points (click, move, drag, scroll at a point) looks at the pixels within
``RADIUS`` input units of each point. They count as unchanged where at most ``SHARE`` of them
differ by more than ``LEVELS`` of 255 in some channel, or where all that differ lie in a bar at
most ``CARET`` input units wide: a blinking caret. And the element under each point must be the same
by role, name, address, form (method and address), whether it is editable, submits or hides its
text, and by the surface's own name for it, such as a page's node or a window's number; so must be
what has the keyboard, for an action that presses keys, as far as the surface can tell. An action on
what has the focus (type, press, scroll or drag from where the pointer is) has no point: of a grid
of 16 x 10 tiles, at most ``TILES`` may hold any such change, so that a clock, a caret or a notice
does not stop it and another page does. For both, size, scale and origin, surface, and page address
(without its fragment) must be the same; for an action on the focus also the window's title.

Promises
- The rule above, on a screen that was observed anew; an equal screen is always unchanged.

Does not promise
- To notice a change between this look and the act (some milliseconds), a focus that moved where
  the surface knows no elements, or a change that no pixel and no element tells of.
"""

from dataclasses import replace

from PIL import Image, ImageChops

from handrail.actuators.actions import Action, points
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, Observation, ScreenText, Surface

RADIUS = 24
SHARE = 0.01
LEVELS = 24
CARET = 3
TILES = 0.25
_GRID = (16, 10)
_NOWHERE = Box(left=0, top=0, right=1, bottom=1)


def screen_change(action: Action, before: Observation, now: Observation) -> str:
    """Return what changed that matters to this action, or an empty string."""
    if before.geometry != now.geometry:
        return "the screen's size, scale or place changed"
    told = _surface_change(before.surface, now.surface, focused=_on_focus(action))
    if told or before.fingerprint == now.fingerprint:
        return told
    changed = changed_pixels(before.image, now.image)
    scale = before.geometry.scale
    for point in points(action):
        if not region_holds(changed, point, scale):
            return f"the screen changed around ({point.x}, {point.y})"
    if _on_focus(action) and not screen_holds(changed):
        return "too much of the screen changed"
    return ""


def same_element(before: Element | None, now: Element | None) -> bool:
    """Tell whether two looks at one point found the same thing, wherever its edges are."""
    return _identity(before) == _identity(now)


def _identity(element: Element | None) -> Element | None:
    """Return the element without what may change about a thing that stays the same."""
    if element is None:
        return None
    # A window's title may tick like a clock; where a rule names it, policy is asked once more.
    name = ScreenText("") if element.role == "window" else element.name
    # Whether a script listens counts by the class of the effect, which is found once more.
    same = replace(element, name=name, window=ScreenText(""), box=_NOWHERE, scripted=True)
    # What stands in it is no part of what it is: the pixels tell where that matters.
    return replace(same, value=None, checked=None)


def _on_focus(action: Action) -> bool:
    if action.kind in {"type", "press"}:
        return True
    return (action.kind == "drag" and action.start is None) or (
        action.kind == "scroll" and action.point is None
    )


def _surface_change(before: Surface, now: Surface, focused: bool) -> str:
    if (before.kind, before.name, before.owned) != (now.kind, now.name, now.owned):
        return "another surface is shown"
    if before.url.partition("#")[0] != now.url.partition("#")[0]:
        return "another page is shown"
    if focused and before.window != now.window:
        return "another window is in front"
    return ""


def changed_pixels(before: Image.Image, now: Image.Image) -> Image.Image:
    """Return an 8-bit image that is 255 where a pixel differs by more than LEVELS in a channel."""
    red, green, blue = ImageChops.difference(before.convert("RGB"), now.convert("RGB")).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return most.point([0] * (LEVELS + 1) + [255] * (255 - LEVELS))


def region_holds(changed: Image.Image, point: Point, scale: float) -> bool:
    """Tell whether changed pixels leave the surroundings of a point as they were, by the rule."""
    reach = round(RADIUS * scale)
    region = changed.crop((
        max(0, point.x - reach),
        max(0, point.y - reach),
        min(changed.width, point.x + reach + 1),
        min(changed.height, point.y + reach + 1),
    ))  # fmt: skip
    box = region.getbbox()
    if box is None or box[2] - box[0] <= CARET * scale:
        return True
    return region.histogram()[255] <= SHARE * region.width * region.height


def screen_holds(changed: Image.Image) -> bool:
    """Tell whether changed pixels leave the screen as a whole as it was, by the rule."""
    columns, rows = _GRID
    hit = 0
    for row in range(rows):
        for column in range(columns):
            tile = (
                column * changed.width // columns,
                row * changed.height // rows,
                max(column * changed.width // columns + 1, (column + 1) * changed.width // columns),
                max(row * changed.height // rows + 1, (row + 1) * changed.height // rows),
            )
            hit += changed.crop(tile).getbbox() is not None
    return hit <= TILES * columns * rows
