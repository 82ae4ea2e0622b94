"""The box that stands for a native dialog or file chooser.

A page's alert, confirm, prompt, "leave this site?" or file chooser is drawn by the browser's own
shell: it is in no screenshot, and most of them stop the page until they are answered. So it is
drawn here, over the last frame of the page, and takes the clicks and keys until it is answered.
"""

from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image

from handrail.actuators.actions import Action, Click, Move, Press, Type
from handrail.actuators.browser_paint import Layout, Sheet, lay_out, paint
from handrail.actuators.censor import Censor
from handrail.actuators.errors import ActionRefused
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.keys import checked_text, key
from handrail.actuators.observation import Element, ScreenText, WindowKind

DialogKind = Literal["alert", "confirm", "prompt", "beforeunload", "file"]
Reply = Literal["accept", "dismiss"]
_ACCEPT = {"beforeunload": "Leave", "file": "Open"}


@dataclass
class DialogBox:
    """One pending question of the browser, and what has been entered so far.

    ``title`` and ``message`` are the page's words; ``shown`` is set by the first look at it, and
    before that nothing can answer it. ``selected``: typing replaces the text.
    """

    kind: DialogKind
    title: str
    message: str
    text: str = ""
    error: str = ""
    shown: bool = False
    selected: bool = True

    @property
    def window_kind(self) -> WindowKind:
        """Return what kind of window it is."""
        return "file chooser" if self.kind == "file" else "dialog"

    def cleaned(self, censor: Censor) -> "DialogBox":
        """Return a copy to be shown, whose entry holds no secret; the page's words lose theirs."""
        self.title, self.message = censor.clean(self.title), censor.clean(self.message)
        self.error = censor.clean(self.error)
        return replace(self, text=censor.clean(self.text))

    def draw(self, frame: Image.Image, geometry: ScreenGeometry) -> Image.Image:
        """Return the frame, dimmed, with the box on it."""
        return paint(self._sheet(), frame, geometry)

    def element(self, point: Point, geometry: ScreenGeometry) -> Element | None:
        """Return the part of the box under a pixel, or None beside it."""
        layout = self._layout(geometry)
        if layout.ok.contains(point):
            return self._accepting(layout.ok)
        if layout.cancel is not None and layout.cancel.contains(point):
            return Element("button", ScreenText("Cancel"), layout.cancel)
        if layout.field is not None and layout.field.contains(point):
            return self._entry(layout.field)
        if layout.panel.contains(point):
            return Element("alertdialog", ScreenText(self.message), layout.panel)
        return None

    def focused(self, geometry: ScreenGeometry) -> Element:
        """Return what takes the keys: the field, or else the button that Enter presses."""
        layout = self._layout(geometry)
        return self._accepting(layout.ok) if layout.field is None else self._entry(layout.field)

    def _accepting(self, box: Box) -> Element:
        return Element("button", ScreenText(self._accept), box, submits=self.kind != "alert")

    def _entry(self, box: Box) -> Element:
        name = ScreenText("File name" if self.kind == "file" else "Answer")
        return Element("textbox", name, box, editable=True)

    def take(self, action: Action, geometry: ScreenGeometry) -> Reply | None:
        """Take a click or keys; return the answer if it was one.

        Raises ActionRefused for what a dialog does not take, and before it has been shown.
        """
        if not self.shown:
            raise ActionRefused(f"a {self.kind} dialog opened since the last look: look again")
        match action:
            case Click():
                return self._click(action.point, geometry)
            case Type():
                return self._type(checked_text(action.text))
            case Press():
                return self._press(tuple(key(name).name for name in action.keys))
            case Move():
                return None
            case _:
                raise ActionRefused(f"{action.kind} does nothing until the open dialog is answered")

    def _click(self, point: Point, geometry: ScreenGeometry) -> Reply | None:
        layout = self._layout(geometry)
        if layout.ok.contains(point):
            return "accept"
        if layout.cancel is not None and layout.cancel.contains(point):
            return "dismiss"
        if not layout.panel.contains(point):
            raise ActionRefused("a dialog is open: the page takes no clicks until it is answered")
        if layout.field is not None and layout.field.contains(point):
            self.selected = False
        return None

    def _type(self, text: str) -> Reply | None:
        """Take typed text; a newline at its end is Enter."""
        body, ended = (text[:-1], True) if text.endswith("\n") else (text, False)
        if "\n" in body or "\t" in body:
            raise ActionRefused("the dialog's field takes one line of text")
        if body:
            if not self._has_field:
                raise ActionRefused(f"the open {self.kind} dialog has no field to type into")
            self._write(body if self.selected else self.text + body)
        return "accept" if ended else None

    def _press(self, names: tuple[str, ...]) -> Reply | None:
        if names == ("enter",):
            return "accept"
        if names == ("esc",):
            return "dismiss"
        if self._has_field:
            if names == ("backspace",):
                self._write("" if self.selected else self.text[:-1])
                return None
            if names == ("delete",) and self.selected:
                self._write("")
                return None
            if names in (("ctrl", "a"), ("win", "a"), ("end",)):
                self.selected = names != ("end",)
                return None
            if len(names) == 1 and (len(names[0]) == 1 or names == ("space",)):
                return self._type(" " if names == ("space",) else checked_text(names[0]))
        raise ActionRefused(f"{'+'.join(names)} does nothing in the open {self.kind} dialog")

    def _write(self, text: str) -> None:
        self.text, self.selected, self.error = text, False, ""

    @property
    def _has_field(self) -> bool:
        return self.kind in ("prompt", "file")

    @property
    def _accept(self) -> str:
        return _ACCEPT.get(self.kind, "OK")

    def _layout(self, geometry: ScreenGeometry) -> Layout:
        return lay_out(self._sheet(), geometry)

    def _sheet(self) -> Sheet:
        return Sheet(
            title=self.title,
            message=self.message,
            error=self.error,
            field=self.text if self._has_field else None,
            selected=self.selected,
            accept=self._accept,
            can_cancel=self.kind != "alert",
        )
