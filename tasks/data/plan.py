"""Draw what a page holds: forms, tables, lists, tabs, cards, a dialog, with fresh names."""

import random
from dataclasses import dataclass, field
from typing import TypedDict

from handrail.model.pocket import words
from handrail.model.pocket.scenes.concepts import BY_WORD, CONCEPTS, Concept
from handrail.model.pocket.theme import Names
from handrail.tasks.data.overlays import CROSSES, Part, answers

FONTS = (
    "DejaVu Sans", "DejaVu Serif", "Liberation Sans", "Liberation Serif", "Noto Sans", "Noto Serif",
    "Open Sans", "Lato", "Roboto", "Inter", "FreeSans", "sans-serif", "system-ui", "serif",
)  # fmt: skip
_INPUTS = (
    "text",
    "text",
    "text",
    "email",
    "password",
    "search",
    "number",
    "date",
    "select",
    "area",
)


_ACTIONS = ("Delete", "Edit", "View", "Remove", "Open", "Details", "Download", "Reply")


def _sign(concept: Concept, family: int) -> str:
    """Return where a concept's icon lies among the packages."""
    folder = ("lucide-static/icons", "bootstrap-icons/icons")[family]
    return f"/{folder}/{concept.files[family]}.svg"


class _Named(TypedDict):
    id: str
    name: str


@dataclass
class Page:
    """A page's content: names of links, parts in columns, perhaps something that lies over it.

    ``beside``: labels stand beside their fields; ``over``: how what lies over it does so, and
    ``cross`` the name of its cross, where it has one.
    """

    title: str
    theme: str
    font: str
    size: int
    gap: int
    colours: str
    links: list[str] = field(default_factory=list)
    columns: list[list[Part]] = field(default_factory=list)
    beside: bool = False
    over: str = ""
    cross: str = ""
    overlay: list[Part] = field(default_factory=list)


class Planner:
    """Draws pages; one a screen, so that no name is given twice on it."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._names = Names(rng, near=0.15)
        self._count = 0

    def page(self) -> Page:
        """Return a page of one to three columns; one in three has something over it."""
        rng = self._rng
        dark = rng.random() < 0.2
        made = Page(
            title=words.label(rng),
            theme="dark" if dark else "light",
            font=rng.choice(FONTS),
            size=rng.choice((13, 14, 15, 16, 16, 16, 18, 20)),
            gap=rng.randint(8, 40),
            colours="background: #14181f; color: #e4e6ea" if dark and rng.random() < 0.5 else "",
            links=[self._names.take() for _ in range(rng.choice((0, 3, 4, 5, 6)))],
            beside=rng.random() < 0.3,
        )
        for _ in range(rng.choice((1, 2, 2, 3))):
            made.columns.append([self._part() for _ in range(rng.randint(3, 7))])
        if rng.random() < 0.33:
            self._cover(made)
        return made

    def _cover(self, page: Page) -> None:
        """Lay a dialog, a banner for consent or a short message over a page."""
        rng = self._rng
        page.over = rng.choice(("dialog", "dialog", "banner", "banner", "card", "toast"))
        page.cross = rng.choice(CROSSES) if page.over == "toast" or rng.random() < 0.5 else ""
        if page.over == "toast":
            page.overlay = [self._prose()]
            return
        offers = page.over == "dialog"
        row, page.cross = answers(rng, self._names, offers, page.cross)
        middle = rng.choice((self._prose, lambda: self._form(2)))() if offers else self._prose()
        head = [self._heading()] if offers or rng.random() < 0.3 else []
        page.overlay = [*head, middle, {"kind": "buttons", "buttons": row}]

    def _part(self, nested: bool = False) -> Part:
        kinds = [
            self._heading, self._prose, self._form, self._form, self._buttons, self._table,
            self._list, self._tabs, self._alert, self._tools, self._seek,
        ]  # fmt: skip
        if not nested and self._rng.random() < 0.25:
            return {"kind": "card", "parts": [self._part(True) for _ in range(2)]}
        return self._rng.choice(kinds)()

    def _heading(self) -> Part:
        return {"kind": "heading", "level": self._rng.choice((2, 3, 4)), "name": self._names.take()}

    def _prose(self) -> Part:
        before, after = (
            " ".join(words.word(self._rng) for _ in range(self._rng.randint(2, 14))) for _ in "ab"
        )
        return {
            "kind": "prose", "before": before.capitalize(), "after": f"{after}.",
            "name": self._names.take(), "framed": self._rng.random() < 0.2,
        }  # fmt: skip

    def _form(self, most: int = 4) -> Part:
        rng = self._rng
        fields = [self._field() for _ in range(rng.randint(1, most))]
        choices: list[Part] = []
        if rng.random() < 0.6:
            kind, group, on = (
                rng.choice(("checkbox", "checkbox", "radio")),
                self._id(),
                rng.randrange(3),
            )
            for number in range(rng.randint(1, 4)):
                lit = number == on if kind == "radio" else rng.random() < 0.4
                choices.append(
                    {
                        **self._named(),
                        "kind": kind,
                        "group": group,
                        "on": lit,
                        "disabled": rng.random() < 0.08,
                    }
                )
        return {"kind": "form", "fields": fields, "choices": choices, "buttons": self._row()}

    def _field(self) -> Part:
        rng = self._rng
        kind = rng.choice(_INPUTS)
        value = (
            words.value(rng) if kind in ("text", "search", "area") and rng.random() < 0.3 else ""
        )
        return {
            **self._named(), "kind": kind, "label": kind == "date" or rng.random() < 0.75,
            "value": value, "disabled": rng.random() < 0.06,
            "options": [words.label(rng, 14) for _ in range(3)],
        }  # fmt: skip

    def _row(self) -> list[Part]:
        rng = self._rng
        return [
            {"name": self._names.take(), "primary": i == 0 and rng.random() < 0.7,
             "disabled": rng.random() < 0.06, "closes": False}
            for i in range(rng.randint(1, 3))
        ]  # fmt: skip

    def _buttons(self) -> Part:
        return {"kind": "buttons", "buttons": self._row()}

    def _table(self) -> Part:
        rng, columns = self._rng, self._rng.randint(2, 4)
        rows = [
            [self._names.take(), *(words.value(rng, 10) for _ in range(columns - 1))]
            for _ in range(rng.randint(2, 6))
        ]
        actions = rng.sample(_ACTIONS, rng.choice((0, 0, 1, 2)))
        return {
            "kind": "table", "head": [words.label(rng, 10) for _ in range(columns)],
            "rows": rows, "actions": actions,
        }  # fmt: skip

    def _tools(self) -> Part:
        """Return buttons that show an icon alone, and say what they do to those who cannot see."""
        rng = self._rng
        chosen = rng.sample(CONCEPTS, rng.randint(2, 7))
        named = [(rng.choice(concept.words).capitalize(), concept) for concept in chosen]
        family = rng.randrange(2)
        return {
            "kind": "tools",
            "buttons": [
                {"name": name, "primary": rng.random() < 0.15, "icon": _sign(concept, family)}
                for name, concept in named
                if self._names.claim(name)
            ],
        }

    def _seek(self) -> Part:
        """Return a field to search with, with an icon or a word to begin the search."""
        rng, name = self._rng, self._rng.choice(("Search", "Search...", "Find", "Search the site"))
        if not self._names.claim(name):
            name = self._names.take()
        go = rng.choice(("Search", "Go", "Start search", "Submit search"))
        icon = _sign(BY_WORD["search"], rng.randrange(2)) if rng.random() < 0.6 else ""
        shown = self._names.claim(go)
        return {"kind": "seek", "name": name, "go": go if shown else "", "icon": icon}

    def _list(self) -> Part:
        return {
            "kind": "list",
            "names": [self._names.take() for _ in range(self._rng.randint(2, 7))],
        }

    def _tabs(self) -> Part:
        names = [self._names.take() for _ in range(self._rng.randint(2, 5))]
        return {"kind": "tabs", "names": names, "chosen": self._rng.randrange(len(names))}

    def _alert(self) -> Part:
        said = " ".join(words.word(self._rng) for _ in range(6)).capitalize()
        name = self._rng.choice(("Close", "Dismiss", "close message", "Got it", "OK"))
        return {"kind": "alert", "text": said, "name": name}

    def _named(self) -> _Named:
        return {"id": self._id(), "name": self._names.take()}

    def _id(self) -> str:
        self._count += 1
        return f"part{self._count}"
