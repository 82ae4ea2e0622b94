"""Draw what windows hold, for either toolkit: menus, tools, tabs, tables, forms, dialogs."""

import random
from dataclasses import dataclass

from handrail.model.pocket import words
from handrail.model.pocket.theme import Names
from handrail.tasks.data.overlays import Part
from handrail.tasks.data.plan import FONTS
from handrail.tasks.data.toolkits.forms import FormPlanner
from handrail.tasks.data.toolkits.icons import CONTENT, TOOLS

_GTK_THEMES = ("Adwaita", "Adwaita", "Adwaita", "Adwaita", "HighContrast", "HighContrastInverse")
_QT_STYLES = ("Fusion", "Fusion", "Fusion", "Windows")
_FRAME = 22
"""Pixels left free for the frame that a window gets."""
_KEYS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Look:
    """How a screen's windows look: GTK's theme, Qt's style, the font and its size in points."""

    theme: str
    style: str
    dark: bool
    font: str
    points: int


@dataclass(frozen=True)
class Window:
    """A window of parts at a place (left, top, width, height; pixels of the toolkit)."""

    title: str
    box: tuple[int, int, int, int]
    decorated: bool
    dialog: bool
    parts: list[Part]


@dataclass(frozen=True)
class Screen:
    """Windows from the lowest to the topmost; ``closes`` are the buttons that close a dialog."""

    root: tuple[int, int, int]
    look: Look
    windows: list[Window]
    closes: tuple[str, ...] = ()


class WindowPlanner:
    """Draws screens; one for each, so that no name is given twice on it."""

    def __init__(self, rng: random.Random, width: int, height: int) -> None:
        self._rng = rng
        self._size = width, height
        self._names = Names(rng, near=0.15)
        self._forms = FormPlanner(rng, self._names)

    def screen(self) -> Screen:
        """Return one to three windows, of which the topmost may have a menu or a list open."""
        rng = self._rng
        dark = rng.random() < 0.25
        look = Look(
            rng.choice(_GTK_THEMES), rng.choice(_QT_STYLES), dark, rng.choice(FONTS),
            rng.choice((8, 9, 10, 10, 11, 11, 12, 13, 14)),
        )  # fmt: skip
        root = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        count = rng.choice((1, 1, 1, 2, 2, 3))
        dialog = rng.random() < 0.3
        windows = [self._main(opens=False) for _ in range(count - 1 + dialog)]
        self._forms.begin()
        if dialog:
            windows.append(rng.choice((self._message, self._chooser, self._settings))())
        else:
            windows.append(self._main(opens=rng.random() < 0.35))
        if not any(part.get("open", -1) != -1 for part in windows[-1].parts):
            self._forms.open_one()
        return Screen(root, look, windows, self._forms.closes)

    def _place(self, least: float, most: float) -> tuple[int, int, int, int]:
        """Return a box whose sides are between these shares of the screen's."""
        rng, (width, height) = self._rng, self._size
        wide = round(width * rng.uniform(least, most))
        tall = round(height * rng.uniform(least, most))
        left, top = rng.randint(0, width - wide), _FRAME + rng.randint(0, height - tall)
        return left, top, wide, tall - 2 * _FRAME

    def _window(self, box: tuple[int, int, int, int], dialog: bool, parts: list[Part]) -> Window:
        decorated = dialog or self._rng.random() < 0.85
        return Window(words.label(self._rng), box, decorated, dialog, parts)

    def _main(self, opens: bool) -> Window:
        rng, parts = self._rng, list[Part]()
        if rng.random() < 0.75:
            parts.append(self._menubar(opens))
        if rng.random() < 0.6:
            parts.append(self._toolbar())
        parts.append({**self._body(), "grows": True})
        if rng.random() < 0.4:
            parts.append({"kind": "status", "name": words.label(rng)})
        return self._window(self._place(0.5, 1.0), False, parts)

    def _body(self) -> Part:
        draw = self._rng.random()
        if draw < 0.3:
            return self._tabs(self._content())
        if draw < 0.55:
            return {
                "kind": "paned", "upright": self._rng.random() < 0.25,
                "at": self._rng.randint(130, 260), "first": self._places(),
                "second": self._tabs(self._content()) if draw < 0.38 else self._content(),
            }  # fmt: skip
        return self._content()

    def _content(self) -> Part:
        """Return parts one below the other, or in two columns, that scroll where there are many."""
        rng = self._rng
        parts = [self._part() for _ in range(rng.randint(2, 6))]
        if rng.random() < 0.3:
            halves = [self._column([self._part() for _ in range(2)]) for _ in range(2)]
            parts.insert(0, {"kind": "row", "gap": rng.randint(6, 20), "parts": halves})
        return {"kind": "scrolled", "gap": rng.randint(4, 16), "parts": parts}

    def _column(self, parts: list[Part]) -> Part:
        return {"kind": "frame", "name": self._names.take(), "gap": 6, "parts": parts}

    def _part(self) -> Part:
        made = self._rng.choice(
            (self._forms.form, self._forms.form, self._forms.choices, self._forms.choices,
             self._forms.buttons, self._table, self._list, self._heading, self._prose, self._link)
        )  # fmt: skip
        return made()

    def _menubar(self, opens: bool) -> Part:
        rng = self._rng
        menus = [
            {"name": self._names.take(), "entries": self._entries()}
            for _ in range(rng.randint(2, 7))
        ]
        opened = rng.randrange(len(menus)) if opens else -1
        return {"kind": "menubar", "menus": menus, "open": opened}

    def _entries(self) -> list[Part]:
        rng, entries = self._rng, list[Part]()
        for number in range(rng.randint(3, 9)):
            if number and rng.random() < 0.2:
                entries.append({"role": "line"})
            entries.append(
                {
                    "role": "check" if rng.random() < 0.15 else "item",
                    "name": self._names.take(),
                    "keys": f"<Control>{rng.choice(_KEYS)}" if rng.random() < 0.35 else "",
                    "on": rng.random() < 0.5,
                    "disabled": rng.random() < 0.1,
                }
            )
        return entries

    def _toolbar(self) -> Part:
        rng = self._rng
        chosen = rng.sample(TOOLS, rng.randint(3, 9))
        style = rng.choice(("ICONS", "ICONS", "ICONS", "BOTH", "BOTH_HORIZ"))
        tools = [
            {
                "icons": [tool.gtk, tool.qt],
                "name": rng.choice(tool.names) if style == "ICONS" else self._names.take(),
                "disabled": rng.random() < 0.1,
            }
            for tool in chosen
        ]
        return {"kind": "toolbar", "style": style, "tools": tools}

    def _tabs(self, page: Part) -> Part:
        names = [self._names.take() for _ in range(self._rng.randint(2, 5))]
        chosen = self._rng.randrange(len(names))
        return {"kind": "tabs", "names": names, "chosen": chosen, "page": page}

    def _places(self) -> Part:
        """Return what stands at a window's side: a list or a tree."""
        part = self._list() if self._rng.random() < 0.5 else self._table(columns=1)
        return {"kind": "scrolled", "gap": 0, "parts": [{**part, "grows": True}]}

    def _table(self, columns: int = 0) -> Part:
        rng = self._rng
        count, nested = columns or rng.randint(2, 4), rng.random() < 0.4
        rows: list[Part] = []
        for number in range(rng.randint(3, 10)):
            cells = [self._names.take(), *(words.value(rng, 10) or "-" for _ in range(count - 1))]
            rows.append(
                {"depth": int(nested and number > 0 and rng.random() < 0.6), "cells": cells}
            )
        return {
            "kind": "table", "head": [words.label(rng, 10) for _ in range(count)], "rows": rows,
            "headers": count > 1 or rng.random() < 0.3, "lines": rng.random() < 0.3,
            "chosen": rng.randrange(len(rows)) if rng.random() < 0.5 else -1,
        }  # fmt: skip

    def _list(self) -> Part:
        names = [self._names.take() for _ in range(self._rng.randint(3, 9))]
        chosen = self._rng.randrange(len(names)) if self._rng.random() < 0.6 else -1
        return {"kind": "list", "names": names, "chosen": chosen, "gap": self._rng.randint(2, 10)}

    def _label(self, name: str, large: bool, icon: list[str]) -> Part:
        return {"kind": "label", "name": name, "large": large, "wraps": not large, "icon": icon}

    def _heading(self) -> Part:
        return self._label(self._names.take(), self._rng.random() < 0.7, [])

    def _prose(self) -> Part:
        return self._label(self._said(self._rng.randint(4, 40)), False, [])

    def _said(self, count: int) -> str:
        return " ".join(words.word(self._rng) for _ in range(count)).capitalize() + "."

    def _link(self) -> Part:
        return {"kind": "link", "name": self._names.take()}

    def _message(self) -> Window:
        """Return a message or a question, with one to three buttons."""
        icon = self._rng.choice(CONTENT)
        said = self._said(self._rng.randint(4, 14))
        parts = [
            {**self._label(said, False, [icon.gtk, icon.qt]), "grows": True},
            self._forms.answers(),
        ]
        return self._window(self._place(0.25, 0.4), True, self._inset(parts))

    def _chooser(self) -> Window:
        """Return what lets a file be chosen: places, files, a name, two buttons."""
        files: Part = {"kind": "scrolled", "gap": 0, "parts": [{**self._table(3), "grows": True}]}
        sides: Part = {
            "kind": "paned", "upright": False, "at": 150, "first": self._places(),
            "second": files, "grows": True,
        }  # fmt: skip
        parts = [self._forms.form(most=1), sides, self._forms.answers()]
        return self._window(self._place(0.5, 0.7), True, self._inset(parts))

    def _settings(self) -> Window:
        """Return a dialog of tabs with forms."""
        page: Part = {
            "kind": "scrolled", "gap": 10,
            "parts": [self._forms.form(), self._forms.choices(), self._forms.form()],
        }  # fmt: skip
        parts = [{**self._tabs(page), "grows": True}, self._forms.answers()]
        return self._window(self._place(0.4, 0.65), True, self._inset(parts))

    def _inset(self, parts: list[Part]) -> list[Part]:
        return [{"kind": "inset", "gap": self._rng.randint(4, 12), "parts": parts, "grows": True}]
