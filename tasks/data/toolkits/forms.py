"""Draw what people fill in: labelled inputs, choices, rows of buttons."""

import random

from handrail.model.pocket import words
from handrail.model.pocket.theme import Names
from handrail.tasks.data.overlays import Part

_ROLES = (
    "text", "text", "text", "text", "password", "combo", "combo", "spin", "slider", "switch",
    "area",
)  # fmt: skip
_ANSWERS = (
    ("OK",), ("Close",), ("Cancel", "OK"), ("OK", "Cancel", "Apply"), ("No", "Yes"),
    ("Don't save", "Cancel", "Save"), ("Cancel", "Open"), ("Cancel", "Select"),
    ("Later", "Install"), ("Help", "Cancel", "OK"), ("Cancel", "Delete"), ("Skip", "Replace"),
    ("Not now", "Continue"),
)  # fmt: skip
_CLOSING = frozenset(("Cancel", "No", "Don't save", "Later", "Skip", "Not now"))
"""Those of a dialog's answers that close it and change nothing; an only answer does so, too."""


class FormPlanner:
    """Draws forms with fresh names; at most one input of a screen has the keyboard, or is open.

    ``closes``: the answers that take the screen's dialog away.
    """

    def __init__(self, rng: random.Random, names: Names) -> None:
        self._rng = rng
        self._names = names
        self._focused = False
        self._lists: list[Part] = []
        self.closes: tuple[str, ...] = ()

    def form(self, most: int = 5) -> Part:
        """Return labelled inputs in rows."""
        rng = self._rng
        return {
            "kind": "form", "gap": rng.randint(3, 12), "align": rng.choice((0.0, 0.0, 1.0)),
            "above": rng.random() < 0.25, "wide": rng.random() < 0.5,
            "fields": [self._field() for _ in range(rng.randint(1, most))],
        }  # fmt: skip

    def _field(self) -> Part:
        rng, name, role = self._rng, self._names.take(), self._rng.choice(_ROLES)
        hinted = role == "text" and rng.random() < 0.25
        label = "" if hinted and rng.random() < 0.6 else name
        focused = not self._focused and role in ("text", "area") and rng.random() < 0.2
        self._focused |= focused
        disabled = rng.random() < 0.08 and not focused
        filled = role == "area" or (role in ("text", "password") and rng.random() < 0.4)
        made: Part = {
            "role": role, "name": name, "label": label and label + rng.choice(("", "", ":")),
            "value": self._value(role) if filled and not (hinted and not label) else "",
            "hint": (words.label(rng) if label else name) if hinted else "",
            "chars": rng.randint(14, 30), "number": rng.randrange(1000),
            "options": [self._names.take() for _ in range(rng.randint(3, 7))],
            "open": False, "disabled": disabled, "focused": focused,
        }  # fmt: skip
        if role == "combo" and not disabled:
            self._lists.append(made)
        return made

    def begin(self) -> None:
        """Begin the topmost window, of which alone a list may be open."""
        self._lists.clear()

    def open_one(self) -> None:
        """Let the list that was drawn last be open, on some screens."""
        if self._lists and self._rng.random() < 0.25:
            self._lists[-1]["open"] = True

    def _value(self, role: str) -> str:
        lines = self._rng.randint(1, 3) if role == "area" else 1
        return "\n".join(words.value(self._rng) for _ in range(lines))

    def choices(self) -> Part:
        """Return check boxes or radio buttons."""
        rng = self._rng
        role, count = rng.choice(("check", "check", "radio")), rng.randint(2, 5)
        on = rng.randrange(count)
        entries = [
            {
                "name": self._names.take(), "disabled": rng.random() < 0.08,
                "on": number == on if role == "radio" else rng.random() < 0.4,
            }
            for number in range(count)
        ]  # fmt: skip
        flat = count < 4 and rng.random() < 0.3
        return {"kind": "choices", "role": role, "flat": flat, "gap": rng.randint(2, 8),
                "entries": entries}  # fmt: skip

    def buttons(self) -> Part:
        """Return a row of buttons."""
        names = [self._names.take() for _ in range(self._rng.randint(1, 3))]
        return self._row(names, end=self._rng.random() < 0.2)

    def answers(self) -> Part:
        """Return the buttons at a dialog's end, and note those that close it and agree to least."""
        said = self._rng.choice(_ANSWERS)
        names = [name for name in said if self._names.claim(name)] or [self._names.take()]
        self.closes = tuple(name for name in names if name in _CLOSING or len(said) == 1)
        return self._row(names, end=True)

    def _row(self, names: list[str], end: bool) -> Part:
        rng = self._rng
        entries = [
            {"name": name, "strong": number == 0 and rng.random() < 0.4,
             "disabled": name not in self.closes and rng.random() < 0.08}
            for number, name in enumerate(names)
        ]  # fmt: skip
        return {
            "kind": "buttons", "gap": rng.randint(4, 14), "end": end,
            "wide": rng.random() < 0.15, "buttons": entries,
        }  # fmt: skip
