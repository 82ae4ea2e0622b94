"""Input on one X display: pointer, buttons and keys through XTest, and the keyboard's map."""

from collections.abc import Mapping
from dataclasses import dataclass

from Xlib import X
from Xlib.ext import xtest

from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_layout import neighbours


@dataclass(frozen=True)
class Pointer:
    """Where the pointer is; the modifiers and buttons held (bits 0-12) and the group (13-14)."""

    x: int
    y: int
    mask: int


class X11Input:
    """The requests of one connection that send events and read what keys and pointer are doing."""

    def __init__(self, link: X11Link) -> None:
        self._link = link
        self._display = link.display
        self._root = link.display.screen().root

    def motion(self, x: int, y: int) -> None:
        """Move the pointer."""
        self._fake(X.MotionNotify, 0, x, y)

    def button(self, number: int, down: bool) -> None:
        """Press or release a pointer button (1 left, 2 middle, 3 right, 4-7 the wheel)."""
        self._fake(X.ButtonPress if down else X.ButtonRelease, number)

    def key(self, code: int, down: bool) -> None:
        """Press or release a key by its keycode."""
        self._fake(X.KeyPress if down else X.KeyRelease, code)

    def _fake(self, kind: int, detail: int, x: int = 0, y: int = 0) -> None:
        with self._link.asking():
            xtest.fake_input(self._display, kind, detail, x=x, y=y)
            self._display.sync()

    def pointer(self) -> Pointer:
        """Return where the pointer is."""
        with self._link.asking():
            reply = self._root.query_pointer()
        return Pointer(int(reply.root_x), int(reply.root_y), int(reply.mask))

    def keymap(self) -> dict[int, tuple[int, ...]]:
        """Return the keysyms of every keycode."""
        info = self._display.display.info
        first, last = int(info.min_keycode), int(info.max_keycode)
        with self._link.asking():
            rows = self._display.get_keyboard_mapping(first, last - first + 1)
        return {first + i: tuple(int(s) for s in row) for i, row in enumerate(rows)}

    def bind(self, rows: Mapping[int, tuple[int, ...]]) -> None:
        """Give keycodes these keysyms, neighbours in one request.

        Every request makes every program read the whole map; openbox needs 40 ms for each.
        """
        with self._link.asking():
            for run in neighbours(rows):
                width = max(len(rows[code]) for code in run)
                filled = [rows[code] + (0,) * (width - len(rows[code])) for code in run]
                self._display.change_keyboard_mapping(run[0], filled)
            self._display.sync()

    def modifiers(self) -> tuple[frozenset[int], ...]:
        """Return the keycodes of Shift, Lock, Control and Mod1 to Mod5."""
        with self._link.asking():
            rows = self._display.get_modifier_mapping()
        return tuple(frozenset(int(c) for c in row if c) for row in rows)

    def keys_down(self) -> frozenset[int]:
        """Return the keycodes that are down."""
        with self._link.asking():
            bits = self._display.query_keymap()
        return frozenset(
            8 * i + b for i, byte in enumerate(bits) for b in range(8) if byte >> b & 1
        )

    def map_changed(self) -> bool:
        """Tell whether the keyboard map changed since the last time events were read."""
        return any(e.type == X.MappingNotify for e in self._link.events(0))

    def remember(self, name: str, values: list[int]) -> None:
        """Write a list of 32-bit values on the root window, where it outlives us; empty removes."""
        with self._link.asking():
            atom = self._display.intern_atom(name)
            if values:
                self._root.change_property(atom, self._display.intern_atom("CARDINAL"), 32, values)
            else:
                self._root.delete_property(atom)
            self._display.sync()

    def recall(self, name: str) -> tuple[int, ...]:
        """Return the list of 32-bit values on the root window, empty where there is none."""
        return self._link.numbers(self._link.root, name)
