"""What the input of an action would reach on a desktop, for the checks of actionability.

Whatever the window system and the program leave open stands in nobody's way.
"""

from collections.abc import Callable

from PIL import Image

from handrail.actuators.actionability import Target
from handrail.actuators.desktop_devices import Area, Told, Tree, View
from handrail.actuators.observation import ScreenText

# What draws itself apart from what lies behind it: its place is never of one colour alone.
_DRAWN = frozenset(("button", "checkbox", "link", "menuitem", "radio", "switch", "tab"))

_NAMELESS, _UNSEEN = ScreenText(""), ScreenText("a window that cannot be seen")


class TargetFinder:
    """Looks at the target of input through a view and what programs tell.

    Raises ObservationFailed for a program that tells things and does not answer now.
    """

    def __init__(self, view: View, tree: Tree | None) -> None:
        self._view = view
        self._tree = tree

    def at(self, place: tuple[int, int]) -> Target | None:
        """Return what a press at this place would reach, None where no window is known there."""
        if self._view.unseen(*place):
            return Target(receives=False, cover=_UNSEEN)
        shown = self._view.window_at(*place)
        if shown is None:
            return None
        told = self._tree.target(shown, *place) if self._tree else None
        area = shown.area if told is None else told.area
        modal = None if told is None else told.modal
        return Target(
            name=ScreenText(shown.title) if told is None else told.name,
            identity=f"{shown.id:x}" if told is None else told.handle,
            box=None if area is None else _corners(area),
            shown=self._view.area().holds(*place),
            alone=None if told is None else told.alone,
            visible=_visible(told, self._view.grab),
            receives=modal is None,
            cover=modal or _NAMELESS,
            enabled=None if told is None else told.enabled,
        )

    def keyboard(self) -> Target | None:
        """Return what has the keyboard, None where that is not told."""
        shown = self._view.front() if self._tree else None
        told = self._tree.keyboard(shown) if self._tree and shown else None
        if told is None:
            return None
        editable = False if told.fixed else (told.editable or None)
        return Target(name=told.name, identity=told.handle, enabled=told.enabled, editable=editable)


def _visible(told: Told | None, grab: Callable[[Area], Image.Image]) -> bool | None:
    """Tell whether a control that draws itself can be seen: its place is not of one colour."""
    if told is None or told.area is None or told.role not in _DRAWN or not told.name.raw:
        return None
    colours = grab(told.area).getcolors(1)
    return colours is None


def _corners(area: Area) -> tuple[float, float, float, float]:
    return (area.left, area.top, area.left + area.width, area.top + area.height)
