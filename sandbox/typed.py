"""What fields hold of what a run has typed, so that a value typed in pieces is seen whole.

Promises
- Text that is typed or pressed key by key into one field is put together where the caret is: after
  arrows, home, end, backspace, delete and "select all" too. Where the caret cannot be told (after a
  click into the field) every place is thought of.
- A field is the same while its role and name are; without a name, while its place overlaps and
  nothing was scrolled. A new path of the page begins anew. Where only a window is known, a tab or a
  click elsewhere begins a new line.

Does not promise
- To know what a field held before the run, or what a page's script makes of it.
- To follow a page that moves and renames its fields between two keystrokes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, Surface
from handrail.sandbox.keys import presses

_NEAR = 8
_LONGEST = 2_000
_AROUND = 60
_BREAK = "\n"
_COMMANDS = frozenset({"ctrl", "alt", "win"})
_WRITES = {
    "space": " ", "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "decimal": ".",
    **{f"num{digit}": str(digit) for digit in range(10)},
}  # fmt: skip


def keyed(action: Action) -> str:
    """Return the text that an action puts where the caret is, or an empty string."""
    if isinstance(action, Type):
        return action.text
    if not isinstance(action, Press):
        return ""
    *held, last = action.keys
    if _COMMANDS & {presses((name,)) for name in held}:
        return ""
    name = presses((last,))
    return _WRITES.get(name, name if len(name) == 1 else "")


@dataclass
class Held:
    """What one field holds of what was typed; ``caret`` None: somewhere, ``selected``: all of it.

    ``element`` is None where only the window is known; ``lost`` is what was erased last.
    """

    element: Element | None
    page: str
    text: str = ""
    caret: int | None = 0
    selected: bool = False
    scrolled: bool = False
    lost: str = ""

    def is_at(self, element: Element | None, page: str) -> bool:
        """Tell whether this is the field."""
        mine = self.element
        if self.page != page or mine is None or element is None:
            return self.page == page and mine is element
        same = mine.role == element.role and mine.name == element.name
        return same and (bool(mine.name.raw) or self.scrolled or _overlap(mine.box, element.box))

    def after(self, piece: str, apart: bool) -> tuple[str, ...]:
        """Return what may stand around a piece once it is typed; ``apart``: with breaks."""
        if self.selected:
            return (piece,)
        told = f"{_BREAK}{piece}{_BREAK}" if apart else piece
        end = len(self.text)
        anywhere = (0, end) if apart else range(end + 1)
        places = anywhere if self.caret is None else (self.caret,)
        around = (
            self.text[max(0, at - _AROUND) : at] + told + self.text[at : at + _AROUND]
            for at in places
        )
        return tuple(dict.fromkeys((piece, *around)))

    def type(self, piece: str, apart: bool) -> None:
        """Put a piece where the caret is."""
        told = f"{_BREAK}{piece}{_BREAK}" if apart else piece
        if self.selected:
            self.lost = self.text
            self.text, self.caret, self.selected = "", 0, False
        at = len(self.text) if self.caret is None else self.caret
        self.text = (self.text[:at] + told + self.text[at:])[-_LONGEST:]
        self.caret = None if self.caret is None else min(at + len(told), len(self.text))

    def press(self, keys: tuple[str, ...]) -> None:
        """Follow a key that is no character."""
        last = presses(keys[-1:])
        if len(keys) > 1:
            self._chord({presses((name,)) for name in keys[:-1]}, keys[-1].lower())
            return
        if last in {"backspace", "delete"}:
            self._erase(-1 if last == "backspace" else 0)
        elif last in {"left", "right"} and self.caret is not None and not self.selected:
            step = -1 if last == "left" else 1
            self.caret = max(0, min(len(self.text), self.caret + step))
        elif last in {"home", "end"}:
            self.caret = 0 if last == "home" else len(self.text)
        elif last in {"left", "right", "up", "down", "pageup", "pagedown"}:
            self.caret = None
        self.selected = False

    def _chord(self, held: set[str], last: str) -> None:
        """Follow a chord: where it leaves the caret is not known."""
        if last == "z" and self.lost:
            # What was undone may be back.
            self.text += _BREAK + self.lost if self.text else self.lost
        # A terminal takes Ctrl+A for something else: only a field is known to select all.
        self.selected = held == {"ctrl"} and last == "a" and self.element is not None
        self.caret = None

    def _erase(self, offset: int) -> None:
        if self.selected:
            self.lost = self.text
            self.text, self.caret = "", 0
        elif self.caret is not None and 0 <= self.caret + offset < len(self.text):
            at = self.caret + offset
            self.lost = self.text
            self.text = self.text[:at] + self.text[at + 1 :]
            self.caret = at


class Typed:
    """All fields into which a run has typed; ``whole`` tells whether a text is complete in itself.

    A piece that is complete, typed behind nothing but such pieces, is not joined with them: a goal
    that names two things may have both typed into one field, one after the other.
    """

    def __init__(self, whole: Callable[[str], bool]) -> None:
        self._whole = whole
        self._fields: list[Held] = []
        self._adrift = ""
        self._clicked: Point | None = None

    def after(self, action: Action, element: Element | None, surface: Surface) -> tuple[str, ...]:
        """Return what the field may hold, around what the action would type into it."""
        piece = keyed(action)
        if not piece:
            return ()
        held = self._field(element, surface) or Held(element, "", self._adrift, len(self._adrift))
        return held.after(piece, self._apart(held, piece))

    def happened(self, action: Action, element: Element | None, surface: Surface) -> None:
        """Follow an action that was performed on this element."""
        if isinstance(action, Scroll):
            for held in self._fields:
                held.scrolled = True
        elif isinstance(action, Click | Drag):
            self._click(action, element, surface)
        elif isinstance(action, Type | Press):
            self._key(action, element, surface)

    def _key(self, action: Type | Press, element: Element | None, surface: Surface) -> None:
        held = self._field(element, surface)
        if held is None:
            held = Held(_known(element), _page(surface), self._adrift, len(self._adrift))
            self._fields.append(held)
        self._adrift = ""
        piece = keyed(action)
        if piece:
            before, tab, after = piece.rpartition("\t")
            mine = before if tab and held.element is not None else piece
            held.type(mine, self._apart(held, mine))
            self._adrift = after if tab else ""
        elif isinstance(action, Press):
            held.press(action.keys)
            if held.element is None and presses(action.keys) in {"tab", "enter"}:
                held.type(_BREAK, apart=False)

    def _click(self, action: Click | Drag, element: Element | None, surface: Surface) -> None:
        self._adrift = ""
        held = self._field(element, surface)
        point = action.point if isinstance(action, Click) else action.end
        before, self._clicked = self._clicked, point
        if held is None:
            return
        if held.element is None and not _near(before, point):
            held.caret = len(held.text)
            held.type(_BREAK, apart=False)
            return
        held.caret = None
        held.selected = isinstance(action, Click) and action.count >= 3 and held.element is not None

    def _field(self, element: Element | None, surface: Surface) -> Held | None:
        found, page = _known(element), _page(surface)
        return next((held for held in self._fields if held.is_at(found, page)), None)

    def _apart(self, held: Held, piece: str) -> bool:
        if not self._whole(piece):
            return False
        return all(self._whole(part) for part in held.text.split(_BREAK) if part.strip())


def _known(element: Element | None) -> Element | None:
    """Return the element where it is a field of its own, and not a whole window."""
    return None if element is None or element.role == "window" else element


def _page(surface: Surface) -> str:
    try:
        parts = urlsplit(surface.url)
    except ValueError:
        return f"{surface.kind} {surface.name} {surface.url}"
    return f"{surface.kind} {surface.name} {parts.scheme}://{parts.netloc}{parts.path}"


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def _near(one: Point | None, other: Point) -> bool:
    return one is not None and abs(one.x - other.x) <= _NEAR and abs(one.y - other.y) <= _NEAR
