"""The parts of the fake screen: what they hold, and how they are edited."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from handrail.actuators.geometry import Box
from handrail.actuators.observation import Element, FormMethod, ScreenText


@dataclass
class Widget:
    """Anything with a name and a place; ``box`` is in pixels of the content, before scrolling.

    ``scripted``: whether it says that a script may hear of input to it. ``enabled``: it takes part;
    ``painted``: it is drawn; ``solid``: it takes the input that arrives at its place, which goes on
    to what lies under it otherwise.
    """

    name: str
    box: Box
    scripted: bool = field(default=True, kw_only=True)
    enabled: bool = field(default=True, kw_only=True)
    painted: bool = field(default=True, kw_only=True)
    solid: bool = field(default=True, kw_only=True)
    role: ClassVar[str] = "generic"
    focusable: ClassVar[bool] = False

    def element(self, shift: int) -> Element:
        """Return what a hit test says of it, moved up by ``shift`` pixels."""
        box = self.box.model_copy(
            update={"top": self.box.top - shift, "bottom": self.box.bottom - shift}
        )
        return Element(self.role, ScreenText(self.name), box, scripted=self.scripted)


@dataclass
class Caption(Widget):
    """Words that do nothing."""

    role: ClassVar[str] = "paragraph"


@dataclass
class Panel(Widget):
    """A plate that hides what lies under it, such as a dialog's."""

    role: ClassVar[str] = "dialog"


@dataclass
class Button(Widget):
    """Counts its presses; ``submits`` sends the form, ``on_press`` may change the screen.

    ``method`` and ``sends_to`` are what it says of the form that it sends.
    """

    submits: bool = False
    on_press: Callable[[], None] | None = None
    presses: int = 0
    method: FormMethod = field(default="", kw_only=True)
    sends_to: str = field(default="", kw_only=True)
    role: ClassVar[str] = "button"
    focusable: ClassVar[bool] = True

    def element(self, shift: int) -> Element:
        """Return what a hit test says of it, moved up by ``shift`` pixels."""
        told = super().element(shift)
        return replace(told, submits=self.submits, method=self.method, sends_to=self.sends_to)


@dataclass
class Link(Widget):
    """Sets the screen's address when it is followed."""

    href: str = "https://fake.test/"
    role: ClassVar[str] = "link"
    focusable: ClassVar[bool] = True

    def element(self, shift: int) -> Element:
        """Return what a hit test says of it, moved up by ``shift`` pixels."""
        return replace(super().element(shift), href=self.href)


@dataclass
class Checkbox(Widget):
    """Ticked or not."""

    checked: bool = False
    role: ClassVar[str] = "checkbox"
    focusable: ClassVar[bool] = True

    def element(self, shift: int) -> Element:
        """Return what a hit test says of it, moved up by ``shift`` pixels."""
        return replace(super().element(shift), checked=self.checked)


@dataclass
class Field(Widget):
    """A line of text with a caret; ``anchor`` is the selection's other end.

    ``secret``: it draws a dot for each character, as a password field does. ``read_only``: it takes
    no text.
    """

    text: str = ""
    caret: int = 0
    anchor: int = 0
    secret: bool = False
    read_only: bool = field(default=False, kw_only=True)
    role: ClassVar[str] = "textbox"
    focusable: ClassVar[bool] = True

    def element(self, shift: int) -> Element:
        """Return what a hit test says of it, moved up by ``shift`` pixels."""
        told = replace(super().element(shift), editable=self.open, secret=self.secret)
        return told if self.secret else replace(told, value=ScreenText(self.text))

    @property
    def open(self) -> bool:
        """Tell whether it takes text."""
        return self.enabled and not self.read_only

    @property
    def shown(self) -> str:
        """Return the text as it is drawn."""
        return "\u2022" * len(self.text) if self.secret else self.text

    @property
    def selection(self) -> tuple[int, int]:
        """Return where the selected characters begin and end."""
        return min(self.caret, self.anchor), max(self.caret, self.anchor)

    @property
    def selected(self) -> str:
        """Return the selected characters."""
        start, end = self.selection
        return self.text[start:end]

    def insert(self, text: str) -> None:
        """Put text in place of the selection."""
        start, end = self.selection
        self.text = self.text[:start] + text + self.text[end:]
        self.caret = self.anchor = start + len(text)

    def select(self, anchor: int, caret: int) -> None:
        """Select between two places; equal places set the caret alone."""
        self.anchor = max(0, min(anchor, len(self.text)))
        self.caret = max(0, min(caret, len(self.text)))

    def click(self, at: int, clicks: int) -> None:
        """Take one of several clicks in a row: the caret, then the word, then all text."""
        self.select(at, at)
        if clicks == 2:
            self.select_word(at)
        elif clicks == 3:
            self.select(0, len(self.text))

    def select_word(self, at: int) -> None:
        """Select the run of non-blanks around a place."""
        start = end = max(0, min(at, len(self.text)))
        while start > 0 and not self.text[start - 1].isspace():
            start -= 1
        while end < len(self.text) and not self.text[end].isspace():
            end += 1
        self.select(start, end)

    def press(self, held: Sequence[str], key: str, clipboard: str) -> str:
        """Take a key that moves the caret or edits; return what the clipboard then holds."""
        if list(held) == ["ctrl"]:
            return self.edit(key, clipboard)
        if key in {"left", "right", "home", "end"}:
            self.move(key, keep="shift" in held)
        elif key in {"backspace", "delete"}:
            self.erase(key)
        return clipboard

    def move(self, key: str, keep: bool) -> None:
        """Move the caret by an arrow, home or end key; ``keep`` extends the selection."""
        start, end = self.selection
        free = keep or start == end
        places = {
            "left": self.caret - 1 if free else start,
            "right": self.caret + 1 if free else end,
            "home": 0,
            "end": len(self.text),
        }
        place = places[key]
        self.select(self.anchor if keep else place, place)

    def erase(self, key: str) -> None:
        """Remove the selection, or the character before (backspace) or after (delete) the caret."""
        if not self.open:
            return
        if self.caret == self.anchor:
            self.move("left" if key == "backspace" else "right", keep=True)
        self.insert("")

    def edit(self, letter: str, clipboard: str) -> str:
        """Do what ctrl and a letter do: a, c, x or v; return what the clipboard then holds."""
        held = self.selected if letter in {"c", "x"} and self.selected else clipboard
        if letter == "a":
            self.select(0, len(self.text))
        elif self.open and letter == "v":
            self.insert(clipboard)
        elif self.open and letter == "x" and self.selected:
            self.insert("")
        return held


def values(widgets: Iterable[Widget]) -> dict[str, str | bool]:
    """Return what a form of these widgets sends, by their names."""
    told = list(widgets)
    fields = {w.name: w.text for w in told if isinstance(w, Field)}
    return {**fields, **{w.name: w.checked for w in told if isinstance(w, Checkbox)}}
