"""What the fake screen holds, as named texts that can be read and written back.

Time that passed and what a form sent are no part of it, for neither can be taken back; nor is where
the pointer is, for it changes nothing.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from handrail.actuators.fake import FakeScreen
from handrail.actuators.fake_widgets import Button, Checkbox, Field, Widget

Setter = Callable[[object], None]


@dataclass(frozen=True)
class ScreenPart:
    """The state of a screen: its widgets', its keyboard's and its clipboard's."""

    screen: FakeScreen

    @property
    def name(self) -> str:
        """Return what it is called."""
        return "screen"

    @property
    def kind(self) -> str:
        """Return what an entry of it is."""
        return "entry"

    def read(self, wanted: Collection[str]) -> dict[str, str]:
        """Return every entry; all are always there."""
        return {name: json.dumps(value) for name, value, _ in self._entries()}

    def write(self, entries: Mapping[str, str | None]) -> None:
        """Make these entries so; what the screen no longer has is left out."""
        for name, _, make in self._entries():
            text = entries.get(name)
            if text is not None:
                make(json.loads(text))

    def writable(self, entry: str, value: str | None) -> bool:
        """Tell that every entry can be made so."""
        return True

    def _entries(self) -> Iterator[tuple[str, object, Setter]]:
        screen = self.screen
        focus = next((n for n, w in enumerate(screen.widgets) if w is screen.focus), -1)
        yield "focus", focus, self._set_focus
        yield "scrolled", screen.scrolled, lambda value: setattr(screen, "scrolled", value)
        yield "clipboard", screen.clipboard, lambda value: setattr(screen, "clipboard", value)
        yield "address", screen.surface.url, self._set_address
        for number, widget in enumerate(screen.widgets):
            for field in _fields(widget):
                name = f"{number} {widget.name}: {field}"
                yield name, getattr(widget, field), _setter(widget, field)

    def _set_focus(self, value: object) -> None:
        assert isinstance(value, int)
        self.screen.focus = None if value < 0 else self.screen.widgets[value]

    def _set_address(self, value: object) -> None:
        self.screen.surface = replace(self.screen.surface, url=str(value))


def _fields(widget: Widget) -> tuple[str, ...]:
    if isinstance(widget, Field):
        return "text", "caret", "anchor"
    if isinstance(widget, Checkbox):
        return ("checked",)
    return ("presses",) if isinstance(widget, Button) else ()


def _setter(widget: Widget, field: str) -> Setter:
    return lambda value: setattr(widget, field, value)
