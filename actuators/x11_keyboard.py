"""Type any Unicode text and press chords on an X display, exactly.

Characters that the layout lacks are typed with spare keys that are lent their keysyms. Three things
were found by trial: the first XTest key makes the server switch keyboards, which must happen before
anything is lent; all symbols of a part are lent before any of it is typed; a key is given back only
after the program in front has read what was typed with it. A list of what is lent stands on the
root window, so that the next run can mend a keyboard that a killed one left.
"""

import contextlib
import weakref
from collections.abc import Callable, Iterator

from handrail.actuators.errors import ActionRefused, EnvironmentMissing
from handrail.actuators.keys import MODIFIERS, character_keysym, key
from handrail.actuators.x11_input import X11Input
from handrail.actuators.x11_layout import LOCK, Layout, Part, Stroke, parts

_LENT = "_HANDRAIL_LENT_KEYS"
_FIRST_UNPRINTABLE = 0xA0
_BATCH = 64  # characters between looks at the pointer and at whether the program keeps up
_LENDING, _READING = 0.05, 0.4  # seconds, for programs that cannot be asked whether they have read
_GROUP_SHIFT, _LOCK_MASK = 13, 1 << LOCK


class X11Keyboard:
    """The keys of one display. ``settle`` waits until the program in front has read its events.

    It takes the seconds to wait where that program cannot be asked.
    """

    def __init__(self, hands: X11Input, settle: Callable[[float], None]) -> None:
        self._hands = hands
        self._settle = settle
        self._lent: dict[int, int] = {}  # keysym -> keycode
        self._before: dict[int, tuple[int, ...]] = {}
        self._recover()
        self._finalizer = weakref.finalize(self, _give_back, hands, self._lent, self._before)

    def check_text(self, text: str) -> None:
        """Raise ActionRefused for control characters, but newline and tab, and for half pairs."""
        for i, c in enumerate(text):
            code = ord(c)
            control = (code < 0x20 and c not in "\n\r\t") or 0x7F <= code < _FIRST_UNPRINTABLE
            if control or 0xD800 <= code <= 0xDFFF:
                raise ActionRefused(
                    f"character {i} of the text, U+{code:04X}, is no key: type text without it, "
                    "press keys by name"
                )

    def check_keys(self, keys: tuple[str, ...]) -> None:
        """Raise ActionRefused for a key that is not known."""
        for name in keys:
            key(name)
            self.check_text(name)

    def type(self, text: str, undisturbed: Callable[[], None], before: Callable[[], None]) -> None:
        """Type the text.

        ``undisturbed`` is called before each batch and ``before`` before each character; both may
        raise to stop, and then nothing stays pressed or lent.
        """
        text = text.replace("\r\n", "\n")
        layout = self._ready()
        spare = layout.spare()
        with self._caps_off(layout):
            for part in parts(text, layout, max(1, len(spare))):
                self._type_part(part, layout, undisturbed, before)

    def _type_part(
        self,
        part: Part,
        layout: Layout,
        undisturbed: Callable[[], None],
        before: Callable[[], None],
    ) -> None:
        with self._borrowing(part.borrowed, layout):
            for start in range(0, len(part.text), _BATCH):
                undisturbed()
                for character in part.text[start : start + _BATCH]:
                    before()
                    self._tap(self._stroke(character_keysym(character), layout))
                self._settle(0.0)

    def chord(self, keys: tuple[str, ...], before: Callable[[], None]) -> None:
        """Press the keys down in order, ``before`` each, and release them in reverse.

        A letter with another modifier than Shift is that letter's key, in either case.
        """
        names = [key(name) for name in keys]
        shortcut = any(k.name in MODIFIERS and not k.name.startswith("shift") for k in names)
        symbols = [
            character_keysym(k.name.lower()) if shortcut and len(k.name) == 1 else k.keysym
            for k in names
        ]
        layout = self._ready()
        missing = tuple(dict.fromkeys(s for s in symbols if layout.stroke(s) is None))
        with self._borrowing(missing, layout), contextlib.ExitStack() as down:
            pressed: set[int] = set()
            for symbol in symbols:
                stroke = self._stroke(symbol, layout)
                before()
                for code in (*stroke.holding, stroke.code):
                    if code not in pressed:
                        pressed.add(code)
                        down.callback(self._hands.key, code, False)
                        self._hands.key(code, True)

    def close(self) -> None:
        """Give back what is lent; safe to call twice."""
        self._finalizer()

    def _ready(self) -> Layout:
        """Return the layout as it will be for our keys: those of XTest's own keyboard."""
        self._hands.map_changed()
        code = self._layout().priming_code()
        self._tap(Stroke(code))
        if self._hands.map_changed():
            self._settle(0.1)
        return self._layout()

    def _layout(self) -> Layout:
        group = self._hands.pointer().mask >> _GROUP_SHIFT & 3
        return Layout(self._hands.keymap(), self._hands.modifiers(), group)

    def _stroke(self, symbol: int, layout: Layout) -> Stroke:
        if symbol in self._lent:
            return Stroke(self._lent[symbol])
        stroke = layout.stroke(symbol)
        assert stroke is not None, f"keysym {symbol:#x} was neither on the layout nor lent"
        return stroke

    def _tap(self, stroke: Stroke) -> None:
        with contextlib.ExitStack() as down:
            for code in (*stroke.holding, stroke.code):
                down.callback(self._hands.key, code, False)
                self._hands.key(code, True)

    @contextlib.contextmanager
    def _caps_off(self, layout: Layout) -> Iterator[None]:
        """Turn Caps Lock off meanwhile: it would change the case of every letter, lent ones too."""
        locked = layout.caps_lock is not None and self._hands.pointer().mask & _LOCK_MASK
        if not locked or layout.caps_lock is None:
            yield
            return
        self._tap(Stroke(layout.caps_lock))
        try:
            yield
        finally:
            self._tap(Stroke(layout.caps_lock))

    @contextlib.contextmanager
    def _borrowing(self, symbols: tuple[int, ...], layout: Layout) -> Iterator[None]:
        if not symbols:
            yield
            return
        codes = layout.borrow(len(symbols))
        if len(codes) < len(symbols):
            raise EnvironmentMissing("the keyboard has no spare key for characters it lacks")
        self._before.update({code: layout.keymap[code] for code in codes})
        self._hands.remember(_LENT, _packed(self._before))
        try:
            self._lent.update(zip(symbols, codes, strict=True))
            width = max(2, *(len(layout.keymap[code]) for code in codes))
            self._hands.bind({code: (symbol,) * width for symbol, code in self._lent.items()})
            self._settle(_LENDING)
            try:
                yield
            finally:  # what was typed before a stop must be read as it was meant, too
                self._settle(_READING)
        finally:
            _give_back(self._hands, self._lent, self._before)

    def _recover(self) -> None:
        self._hands.bind(_unpacked(self._hands.recall(_LENT)))
        self._hands.remember(_LENT, [])


def _give_back(hands: X11Input, lent: dict[int, int], before: dict[int, tuple[int, ...]]) -> None:
    if not before:
        return
    with contextlib.suppress(EnvironmentMissing):  # a display that is gone needs no mending
        hands.bind(before)
        hands.remember(_LENT, [])
    lent.clear()
    before.clear()


def _packed(before: dict[int, tuple[int, ...]]) -> list[int]:
    return [n for code, symbols in before.items() for n in (code, len(symbols), *symbols)]


def _unpacked(values: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    rest = values
    # Any program may write this property: what does not fit its form is dropped.
    while len(rest) >= 2 and 8 <= rest[0] <= 255 and 1 <= rest[1] <= min(32, len(rest) - 2):
        found[rest[0]] = rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :]
    return found
