"""What one look at the fake screen says of the target of an action."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handrail.actuators.actionability import Target
from handrail.actuators.fake_widgets import Widget
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Element, Hint, ScreenText
from handrail.actuators.reading import Part, Reading

_AROUND = ((-1, 0), (1, 0), (0, -1), (0, 1))


@dataclass(frozen=True)
class Stack:
    """The widgets of a screen, the lowest first, ``scrolled`` by so many pixels."""

    widgets: Sequence[Widget]
    scrolled: int

    def receiver(self, x: int, y: int) -> Widget | None:
        """Return what takes the input at a pixel, or None."""
        return self._top([w for w in self.widgets if w.solid], x, y)

    def seen(self, x: int, y: int) -> Widget | None:
        """Return what is seen at a pixel, or None."""
        return self._top([w for w in self.widgets if w.painted], x, y)

    def target(self, point: Point, shown: bool) -> Target:
        """Return what there is to say of the target of a click; ``shown``: it is on the screen."""
        taker, seen = self.receiver(point.x, point.y), self.seen(point.x, point.y)
        aim = seen if seen is not None and seen.focusable else taker
        if aim is None or not shown:
            return Target(shown=shown)
        others = (self.receiver(point.x + dx, point.y + dy) for dx, dy in _AROUND)
        return Target(
            name=ScreenText(aim.name),
            identity=str(id(aim)),
            box=_edges(aim),
            shown=True,
            alone=not aim.focusable
            or not any(w.focusable for w in others if w is not None and w is not taker),
            visible=aim is seen or not aim.focusable,
            receives=aim is taker,
            cover=ScreenText("" if taker is None else taker.name),
            enabled=aim.enabled,
        )

    def reading(self, told: Callable[[Widget], Element]) -> Reading:
        """Return all that nothing covers; ``told`` says what there is to tell of a widget."""
        shown = self._shown()
        parts = [told(widget) for widget in shown]
        text = "\n".join(widget.name for widget in shown)
        return Reading(
            ScreenText(text), tuple(Part(e.role, e.name, e.value, e.checked) for e in parts)
        )

    def hints(
        self, told: Callable[[Widget], Element], geometry: ScreenGeometry
    ) -> tuple[Hint, ...]:
        """Return the controls that show, with their boxes on the screen."""
        controls = (told(w) for w in self._shown() if w.focusable and w.name)
        return tuple(
            Hint(e.role, e.name, box)
            for e in controls
            if (box := geometry.clipped(e.box)) is not None
        )

    def _shown(self) -> list[Widget]:
        """Return the widgets that nothing covers at their middle."""
        at = [(w, w.box.center) for w in self.widgets]
        return [w for w, middle in at if self.seen(middle.x, middle.y - self.scrolled) is w]

    def _top(self, widgets: Sequence[Widget], x: int, y: int) -> Widget | None:
        place = Point(x=max(0, x), y=max(0, y + self.scrolled))
        return next((w for w in reversed(widgets) if w.box.contains(place)), None)


def keyboard_target(focus: Widget | None) -> Target:
    """Return what there is to say of what has the keyboard."""
    if focus is None:
        return Target(editable=False)
    told = focus.element(0)
    return Target(
        name=told.name, identity=str(id(focus)), enabled=focus.enabled, editable=told.editable
    )


def neighbour(widgets: Sequence[Widget], focus: Widget | None, step: int) -> Widget | None:
    """Return what the Tab key would give the keyboard to: the next (1) or the one before (-1)."""
    chain = [w for w in widgets if w.focusable and w.enabled]
    at = next((i for i, w in enumerate(chain) if w is focus), -1 if step > 0 else 0)
    return chain[(at + step) % len(chain)] if chain else None


def _edges(widget: Widget) -> tuple[float, float, float, float]:
    return widget.box.left, widget.box.top, widget.box.right, widget.box.bottom
