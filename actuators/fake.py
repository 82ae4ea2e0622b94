"""A complete screen in memory: it draws itself, has focus, carets, scrolling and a form to send.

It takes the same actions and permits as the real ones and is what most tests, and anyone who
writes an agent, run on. Its time is its own: waiting takes none of ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from handrail.actuators.actionability import Target, aimed, out_of_bounds, place
from handrail.actuators.actions import (
    Action,
    Answer,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
    points,
)
from handrail.actuators.base import Permit, PermitVerifier, Receipt, SecretResolver
from handrail.actuators.errors import ActionRefused, EnvironmentMissing
from handrail.actuators.fake_drawing import Look, draw, index_at
from handrail.actuators.fake_target import Stack, keyboard_target, neighbour
from handrail.actuators.fake_veil import Keyboard, WidgetVeil
from handrail.actuators.fake_widgets import (
    Button,
    Caption,
    Checkbox,
    Field,
    Link,
    Panel,
    Widget,
    values,
)
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.keys import checked_text, key
from handrail.actuators.masking import masked
from handrail.actuators.observation import Element, Hint, Observation, ScreenText, Surface
from handrail.actuators.primitives import Primitives, Safeguards
from handrail.actuators.reading import Reading
from handrail.actuators.secret import (
    NoSecrets,
    clean_hints,
    clean_reading,
    clean_surface,
    discreetly,
)

__all__ = ["Button", "Caption", "Checkbox", "FakeScreen", "Field", "Link", "Panel", "Widget"]

W = TypeVar("W", bound=Widget)

_START = 1_767_225_600.0
_SURFACE = Surface("fake", "fake", window=ScreenText("Fake screen"))


class FakeScreen:
    """A screen of widgets; every attribute may be read, and changed to bend the world in a test.

    ``submitted`` holds the form's values each time it was sent, ``performed`` every action that
    reached the screen, ``seconds`` the time that has passed on it. ``on_frame`` is called as a
    frame passes, between the two looks at an action's target. Where a secret was typed, or its
    text stands, the picture is masked.
    """

    def __init__(
        self,
        verifier: PermitVerifier,
        widgets: Sequence[Widget] = (),
        geometry: ScreenGeometry | None = None,
        surface: Surface = _SURFACE,
        content_height: int = 0,
        secrets: SecretResolver | None = None,
    ) -> None:
        self.geometry = geometry or ScreenGeometry(width=640, height=400)
        self.surface = surface
        self.widgets: list[Widget] = list(widgets)
        self.content_height = content_height
        self.focus: Widget | None = None
        self.pointer = Point(x=0, y=0)
        self.scrolled = 0
        self.clipboard = ""
        self.seconds = 0.0
        self.caret_shown, self.clock_shown = True, False
        self.submitted: list[dict[str, str | bool]] = []
        self.performed: list[Action] = []
        self.on_frame: Callable[[], None] | None = None
        self.safeguards = Safeguards()
        self.secrets: SecretResolver = NoSecrets() if secrets is None else secrets
        self._veil = WidgetVeil()
        self._verifier, self._open = verifier, True

    def named(self, kind: type[W], name: str) -> W:
        """Return the widget of that kind and name. Raises KeyError."""
        for widget in self.widgets:
            if isinstance(widget, kind) and widget.name == name:
                return widget
        raise KeyError(f"no {kind.__name__} is called {name!a}")

    def observe(self) -> Observation:
        """Look at the screen now. Raises EnvironmentMissing once it is closed."""
        self._insist_open()
        clock = f"{int(self.seconds) // 60:02}:{int(self.seconds) % 60:02}"
        look = Look(
            (self.geometry.width, self.geometry.height),
            self.scrolled,
            self.focus,
            self.caret_shown,
            clock if self.clock_shown else "",
        )
        # Left out, and then covered: what is written may be wider than its place.
        shown, covered = self._veil.divided(self.widgets, self.secrets.censor)
        image = masked(draw(shown, look), [w.element(self.scrolled).box for w in covered])
        surface = clean_surface(self.surface, self.secrets.censor)
        return Observation(image, self.geometry, _START + self.seconds, surface)

    def hit_test(self, point: Point) -> Element | None:
        """Return what lies under a pixel, or None where nothing does."""
        under = self._under(point)
        return None if under is None else self._told(under)

    def focused(self) -> Element | None:
        """Return what has the keyboard, or None where nothing has."""
        return None if self.focus is None else self._told(self.focus)

    def read(self) -> Reading:
        """Read all that nothing covers. Raises EnvironmentMissing once it is closed."""
        self._insist_open()
        return clean_reading(Stack(self.widgets, 0).reading(self._told), self.secrets.censor)

    def hints(self) -> tuple[Hint, ...]:
        """Return the named controls that show. Raises EnvironmentMissing once it is closed."""
        self._insist_open()
        told = Stack(self.widgets, self.scrolled).hints(self._told, self.geometry)
        return clean_hints(told, self.secrets.censor)

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Do one action.

        Raises PermitRefused, ActionRefused, ActionStopped, EnvironmentMissing (no effect), and
        ActionInDoubt where it was stopped half way.
        """
        self._insist_open()
        self._verifier.redeem(permit, action)
        self._insist_fit(action)
        self._insist_actionable(action)
        has_keyboard = Keyboard(self.focus, self.focused(), self.surface)
        text, typing = self._veil.prepared(action, has_keyboard, self.secrets)
        discreetly(lambda: self._do(action, text), self.secrets.censor, typing)
        return Receipt(action.seconds if isinstance(action, Wait) else 0.0)

    def _do(self, action: Action, text: str) -> None:
        if isinstance(action, Type):
            self._write(action, text)
            return
        clicks = action.count if isinstance(action, Click) else 1
        events = Primitives(self.safeguards.stopped, clicks, "clicks")
        events.next()
        self.performed.append(action)
        if isinstance(action, Click):
            self._click(action, events)
        elif isinstance(action, Drag):
            self._drag(action)
        elif isinstance(action, Move):
            self.pointer = action.point
        elif isinstance(action, Scroll):
            self.pointer = action.point or self.pointer
            lowest = max(0, self.content_height - self.geometry.height)
            self.scrolled = max(0, min(lowest, self.scrolled - action.dy))
        elif isinstance(action, Press):
            self._press(action.keys)
        elif isinstance(action, Wait):
            self.seconds += action.seconds

    def close(self) -> None:
        """End the screen; safe to call twice."""
        self._open = False

    def _insist_open(self) -> None:
        if not self._open:
            raise EnvironmentMissing("the fake screen was closed; make a new one")

    def _insist_fit(self, action: Action) -> None:
        if isinstance(action, Terminate | Answer):
            raise ActionRefused(f"{action.kind} ends a run; it is never performed on a screen")
        for point in points(action):
            if not self.geometry.contains(point):
                raise out_of_bounds(f"({point.x}, {point.y}) is not on the fake screen")
        if isinstance(action, Press):
            for name in action.keys:
                key(name)
        if isinstance(action, Type):
            checked_text(action.text)

    def _insist_actionable(self, action: Action) -> None:
        """Look twice at what the action would reach, a frame apart."""
        if not aimed(action):
            return
        before = self._target(action)
        if self.on_frame is not None:
            self.on_frame()
        self.safeguards.check(action, (before, self._target(action)))

    def _told(self, widget: Widget) -> Element:
        return self._veil.told(widget, self.scrolled, self.secrets.censor)

    def _target(self, action: Action) -> Target:
        if isinstance(action, Type):
            return keyboard_target(self.focus)
        start = place(action) or self.pointer
        return Stack(self.widgets, self.scrolled).target(start, self.geometry.contains(start))

    def _under(self, point: Point) -> Widget | None:
        return Stack(self.widgets, self.scrolled).receiver(point.x, point.y)

    def _write(self, action: Type, text: str) -> None:
        events = Primitives(self.safeguards.stopped, len(text), "characters")
        for character in text:
            events.next()
            if events.done == 1:
                self.performed.append(action)
            self._type(character)
        if not text:
            self.performed.append(action)

    def _click(self, action: Click, events: Primitives) -> None:
        self.pointer = action.point
        widget = self._under(action.point)
        self.focus = widget if widget is not None and widget.focusable and widget.enabled else None
        for number in range(1, action.count + 1):
            if number > 1:
                events.next()
            if isinstance(self.focus, Field):
                self.focus.click(index_at(self.focus, action.point.x), number)
            elif self.focus is not None and action.button == "left":
                self._activate(self.focus)

    def _drag(self, action: Drag) -> None:
        start = action.start or self.pointer
        self.pointer = action.end
        widget = self._under(start)
        if isinstance(widget, Field) and self._under(action.end) is widget:
            self.focus = widget
            widget.select(index_at(widget, start.x), index_at(widget, action.end.x))

    def _activate(self, widget: Widget) -> None:
        if isinstance(widget, Checkbox):
            widget.checked = not widget.checked
        elif isinstance(widget, Link):
            self.surface = replace(self.surface, url=widget.href)
        elif isinstance(widget, Button):
            widget.presses += 1
            if widget.submits:
                self.submitted.append(values(self.widgets))
            if widget.on_press is not None:
                widget.on_press()

    def _type(self, character: str) -> None:
        if character == "\n":
            self._press(("enter",))
        elif character == "\t":
            self._press(("tab",))
        elif isinstance(self.focus, Field) and self.focus.open:
            self.focus.insert(character)
        elif character == " " and self.focus is not None:
            self._activate(self.focus)

    def _press(self, keys: Sequence[str]) -> None:
        *held, last = [key(name).name for name in keys]
        shift = "shift" in held
        if last == "tab":
            self._move_focus(-1 if shift else 1)
        elif last == "enter":
            self._enter()
        elif last == "space" or (len(last) == 1 and not set(held) - {"shift"}):
            self._type(" " if last == "space" else last)
        elif isinstance(self.focus, Field):
            self.clipboard = self.focus.press(held, last, self.clipboard)

    def _enter(self) -> None:
        if isinstance(self.focus, Button | Link):
            self._activate(self.focus)
        elif isinstance(self.focus, Field):
            senders = (w for w in self.widgets if isinstance(w, Button) and w.submits)
            sender = next(senders, None)
            if sender is not None and sender.enabled:
                self._activate(sender)

    def _move_focus(self, step: int) -> None:
        self.focus = neighbour(self.widgets, self.focus, step)
        if isinstance(self.focus, Field):
            self.focus.select(0, len(self.focus.text))
