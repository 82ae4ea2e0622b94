"""A keyboard's map: which key, with which modifiers, gives a keysym; which keys can be borrowed.

The core protocol lists a keycode's keysyms as group 1 levels 1 and 2, group 2 levels 1 and 2, and,
as XKB servers add them, group 1 levels 3 and 4, group 2 levels 3 and 4 (X Keyboard Extension
protocol, section 12.4). Levels 3 and 4 need ISO_Level3_Shift, which is AltGr on most keyboards.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from handrail.actuators.keys import KEYS, character_keysym

SHIFT, LOCK = 0, 1  # rows of the modifier map
_LEVEL3 = KEYS["altgr"].keysym
_SHIFTS = (KEYS["shift"].keysym, KEYS["shiftright"].keysym)
_CAPS = KEYS["capslock"].keysym
_NUM = KEYS["numlock"].keysym
_COLUMNS = {0: (0, 1, 4, 5), 1: (2, 3, 6, 7)}  # group -> columns of its levels 1 to 4
_KEYPAD = frozenset(range(0xFF95, 0xFFBA))
_MEDIA = range(0x1008_FE00, 0x1009_0000)  # XF86 keysyms

Keymap = Mapping[int, tuple[int, ...]]
Modifiers = tuple[frozenset[int], ...]


@dataclass(frozen=True)
class Stroke:
    """A key and the modifier keys it needs, as keycodes."""

    code: int
    holding: tuple[int, ...] = ()


class Layout:
    """A keyboard's map as it is now, for one group (0 or 1; other groups have no strokes)."""

    def __init__(self, keymap: Keymap, modifiers: Modifiers, group: int) -> None:
        self.keymap = keymap
        self._modifiers = modifiers
        self._strokes: dict[int, Stroke] = {}
        shift = self._code(_SHIFTS, modifiers[SHIFT])
        level3 = self._code((_LEVEL3,), frozenset().union(*modifiers[3:]))
        for level, column in enumerate(_COLUMNS.get(group, ())):
            needed = (shift if level & 1 else None, level3 if level & 2 else None)
            wanted = (level & 1) + (level >> 1)
            holding = tuple(code for code in needed if code is not None)
            if len(holding) == wanted:
                self._add_level(column, holding)
        caps = [c for c in modifiers[LOCK] if _CAPS in keymap.get(c, ())]
        self.caps_lock = caps[0] if caps else None

    def _code(self, symbols: tuple[int, ...], among: frozenset[int]) -> int | None:
        for code in sorted(among):
            if set(symbols) & set(self.keymap.get(code, ())):
                return code
        return None

    def _add_level(self, column: int, holding: tuple[int, ...]) -> None:
        for code, symbols in self.keymap.items():
            # Num Lock turns Shift round on the keypad: its digits are borrowed instead.
            if holding and set(symbols) & _KEYPAD:
                continue
            if column < len(symbols) and symbols[column]:
                self._strokes.setdefault(symbols[column], Stroke(code, holding))

    def stroke(self, symbol: int) -> Stroke | None:
        """Return how to get the keysym from this layout, or None where it is not on it."""
        return self._strokes.get(symbol)

    def spare(self) -> tuple[int, ...]:
        """Return the keycodes free to borrow: those without keysyms, and media keys.

        The priming key is none of them: a slow program may read its event after the lending.
        """
        held = frozenset({self.priming_code()}).union(*self._modifiers)
        return tuple(
            code
            for code, symbols in self.keymap.items()
            if code not in held and all(s in _MEDIA for s in symbols if s)
        )

    def borrow(self, count: int) -> tuple[int, ...]:
        """Return ``count`` spare keycodes in as few runs of neighbours as there can be.

        They are fewer where there are not as many.
        """
        runs = sorted(neighbours(self.spare()), key=len)
        chosen: list[int] = []
        while runs and len(chosen) < count:
            missing = count - len(chosen)
            best = next((run for run in runs if len(run) >= missing), runs[-1])
            runs.remove(best)
            chosen += best[:missing]
        return tuple(chosen)

    def priming_code(self) -> int:
        """Return a key that does nothing: one without keysyms, or else Shift."""
        empty = [c for c, symbols in self.keymap.items() if not any(symbols)]
        return max(empty, default=min(self._modifiers[SHIFT], default=max(self.keymap)))

    def holders(self) -> frozenset[int]:
        """Return the keycodes of the modifiers that change what keys do (no lock keys)."""
        held = frozenset[int]().union(self._modifiers[SHIFT], *self._modifiers[2:])
        return frozenset(c for c in held if _NUM not in self.keymap.get(c, ()))


def neighbours(codes: Iterable[int]) -> list[tuple[int, ...]]:
    """Return the keycodes in order, split into runs without gaps."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and code == runs[-1][-1] + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    return [tuple(run) for run in runs]


@dataclass(frozen=True)
class Part:
    """Text that can be typed at once, and the keysyms that must be lent to spare keys for it."""

    text: str
    borrowed: tuple[int, ...]


def parts(text: str, layout: Layout, spare: int) -> Iterator[Part]:
    """Split text so that no part needs more than ``spare`` borrowed keys (at least one)."""
    start, needed = 0, dict[int, None]()
    for i, character in enumerate(text):
        symbol = character_keysym(character)
        if symbol in needed or layout.stroke(symbol) is not None:
            continue
        if len(needed) == spare:
            yield Part(text[start:i], tuple(needed))
            start, needed = i, {}
        needed[symbol] = None
    if start < len(text):
        yield Part(text[start:], tuple(needed))
