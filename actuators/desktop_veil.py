"""The windows of a desktop in which secrets were typed, and what of them is masked: all of each.

Its text may stand in more places than a program tells, so a window stays masked while it is shown.
"""

from handrail.actuators.actions import Action, Type
from handrail.actuators.base import SecretResolver
from handrail.actuators.desktop_devices import View
from handrail.actuators.desktop_element import picture_box
from handrail.actuators.errors import ActionRefused
from handrail.actuators.geometry import Box, ScreenGeometry
from handrail.actuators.observation import Element, Surface
from handrail.actuators.secret import Clipboard, filled


class WindowVeil:
    """Fills in secrets on a desktop, and remembers the windows that took them."""

    def __init__(self, view: View, secrets: SecretResolver) -> None:
        self._view = view
        self._secrets = secrets
        self._windows: set[int] = set()
        self._clipboard = Clipboard()

    def filled(self, action: Type, element: Element | None, surface: Surface) -> Type:
        """Return the text with its secrets; the window in front is masked from now on.

        Raises ActionRefused where a secret is not for this place, or that window is not known.
        """
        text = filled(action.text, element, surface, self._secrets).get_secret_value()
        if text == action.text:
            return action
        window = self._view.front()
        if window is None:
            raise ActionRefused("no window is known to have the keyboard: no secret is typed there")
        self._windows.add(window.id)
        return Type(text=text)

    def follow(self, action: Action) -> None:
        """Note where keys are about to paste what they copied from a masked window."""
        if not self._windows:
            return
        window = self._view.front()
        masked = window is not None and window.id in self._windows
        if self._clipboard.pastes(action, masked) and window is not None:
            self._windows.add(window.id)

    def masks(self, geometry: ScreenGeometry) -> list[Box]:
        """Return the masked windows, as far as they are shown."""
        areas = [self._view.window_area(window) for window in sorted(self._windows)]
        return [picture_box(area, geometry) for area in areas if area is not None]
