"""What of the fake screen may show a secret, as far as widgets can tell."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from handrail.actuators.actions import Action, Type
from handrail.actuators.base import SecretResolver
from handrail.actuators.censor import Censor
from handrail.actuators.fake_widgets import Field, Widget
from handrail.actuators.keys import checked_text
from handrail.actuators.observation import Element, Surface
from handrail.actuators.secret import Clipboard, cleaned, filled


@dataclass(frozen=True)
class Keyboard:
    """What has the keyboard: the widget, what is told of it, and where it is."""

    widget: Widget | None
    element: Element | None
    surface: Surface


class WidgetVeil:
    """Remembers what secrets were typed into or pasted into, and finds where their text stands."""

    def __init__(self) -> None:
        self._typed_into: list[Widget] = []
        self._clipboard = Clipboard()

    def prepared(
        self, action: Action, place: Keyboard, secrets: SecretResolver
    ) -> tuple[str, bool]:
        """Note an action before it is done; return what it types, and if a secret is in it.

        Raises ActionRefused where the secret is not meant for this place.
        """
        plain = checked_text(action.text) if isinstance(action, Type) else ""
        text = filled(plain, place.element, place.surface, secrets).get_secret_value()
        widget, secret = place.widget, text != plain
        pastes = self._clipboard.pastes(action, widget is not None and self._knows(widget))
        if (secret or pastes) and widget is not None:
            self._typed_into.append(widget)
        return text, secret

    def divided(
        self, widgets: Iterable[Widget], censor: Censor
    ) -> tuple[list[Widget], list[Widget]]:
        """Return the widgets that may be drawn, and those to be covered instead."""
        open_ones: list[Widget] = []
        covered: list[Widget] = []
        for widget in widgets:
            held = f"{widget.name}\0{widget.text}" if isinstance(widget, Field) else widget.name
            telling = self._knows(widget) or censor.finds(held)
            (covered if telling else open_ones).append(widget)
        return open_ones, covered

    def told(self, widget: Widget, scrolled: int, censor: Censor) -> Element:
        """Return what is said of a widget: of the text that stands in a masked one, nothing."""
        found = widget.element(scrolled)
        return cleaned(replace(found, value=None) if self._knows(widget) else found, censor)

    def _knows(self, widget: Widget) -> bool:
        return any(widget is typed for typed in self._typed_into)
