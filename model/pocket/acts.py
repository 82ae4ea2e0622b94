"""Write clauses that ask for more than clicks and typing: other clicks, keys, scrolling, waiting.

Where a share is nought no random number is drawn: stages without such clauses stay as they were.
"""

import random

from handrail.model.pocket import closing, instructions, words
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Clause, Move, filled

_POINTED: dict[v.Way, tuple[str, ...]] = {
    "double-click": (
        *("double-click {n}", "double-click {n}", "double click {n}", "double click on {n}"),
        *("double-click on {n}", 'double-click "{n}"', "double-click the {n} icon"),
        *("open {n} with a double click", "open {n} with a double-click", "click {n} twice"),
    ),
    "right-click": (
        *("right-click {n}", "right-click {n}", "right click {n}", "right click on {n}"),
        *("right-click on {n}", 'right-click "{n}"', "right-click the {n} item"),
        *("open the context menu of {n}", "click {n} with the right mouse button"),
    ),
    "scroll down in": (
        *("scroll down in {n}", "scroll down in {n}", "scroll down over {n}"),
        *("scroll down in the {n} list", "scroll {n} down"),
    ),
    "scroll up in": (
        *("scroll up in {n}", "scroll up in {n}", "scroll up over {n}"),
        *("scroll up in the {n} list", "scroll {n} up"),
    ),
    "move to": (
        *("hover over {n}", "hover over {n}", "hover {n}", "move the mouse over {n}"),
        *("move the mouse to {n}", "move the pointer to {n}", "point at {n}"),
    ),
    "drag to": (
        *("drag {o} to {n}", "drag {o} to {n}", "drag {o} onto {n}", "drag {o} into {n}"),
        *("drag and drop {o} on {n}", "drag {o} over to {n}", 'drag "{o}" to "{n}"'),
        *("move {o} to {n} by dragging it", "pull {o} onto {n}"),
    ),
}
_WEIGHTS: dict[v.Way, int] = {
    "double-click": 5,
    "right-click": 5,
    "scroll down in": 2,
    "scroll up in": 1,
    "move to": 2,
    "drag to": 3,
}
_KEYS = {
    "enter": ("Enter", "Enter", "Enter", "enter", "Return", "ENTER"),
    "tab": ("Tab", "Tab", "tab", "TAB"),
    "escape": ("Escape", "Escape", "Esc", "escape", "ESC"),
    "backspace": ("Backspace", "Backspace", "backspace"),
    "delete": ("Delete", "Delete", "Del", "delete"),
    "space": ("Space", "space", "the space bar", "spacebar"),
    "up": ("Up", "the up arrow", "Arrow Up", "the up arrow key"),
    "down": ("Down", "the down arrow", "Arrow Down", "the down arrow key"),
    "left": ("Left", "the left arrow", "Arrow Left", "the left arrow key"),
    "right": ("Right", "the right arrow", "Arrow Right", "the right arrow key"),
    "home": ("Home", "Home", "home"),
    "end": ("End", "End", "end"),
    "pageup": ("Page Up", "PageUp", "page up", "PgUp"),
    "pagedown": ("Page Down", "PageDown", "page down", "PgDn"),
}
_CONTROL = ("Ctrl+", "Ctrl+", "Ctrl-", "ctrl+", "Control-", "Control+", "CTRL+", "Ctrl + ")
_ONE_KEY = ("press {k}", "press {k}", "press {k}", "press {k}", "hit {k}", "hit {k}", "push {k}")
_THE_KEY = ("press the {k} key", "hit the {k} key", "press the key {k}")
_TOGETHER = ("press {k}", "press {k}", "press {k}", "hit {k}", "use {k}", "press the keys {k}")
_OTHERWISE = {
    "scroll down": (
        *("scroll down", "scroll down", "scroll down the page", "scroll further down"),
        *("scroll the page down", "scroll down a bit"),
    ),
    "scroll up": (
        *("scroll up", "scroll up", "scroll up the page", "scroll back up"),
        *("scroll the page up", "scroll up a bit"),
    ),
    "wait": (
        *("wait", "wait", "wait a moment", "wait a bit", "wait for the page to load"),
        *("wait a few seconds", "wait until it has loaded"),
    ),
}


def way(rng: random.Random, share: float) -> v.Way:
    """Draw what is done at a name: a click, or in a share of the draws something else."""
    if not share or rng.random() >= share:
        return "click"
    return rng.choices(tuple(_POINTED), [_WEIGHTS[way] for way in _POINTED])[0]


def pointed(rng: random.Random, way: v.Way, name: str) -> Clause:
    """Return a clause whose last move is at a name, and is something other than a click.

    A drag's first move is to what is dragged, which need not be on any screen.
    """
    template = rng.choice(_POINTED[way])
    parts = {"n": name, "o": words.label(rng, 20)} if way == "drag to" else {"n": name}
    text, begins = filled(template, parts)
    last = Move(name, way=way)
    if way != "drag to":
        return Clause(text, (last,), (begins["n"],))
    return Clause(text, (Move(parts["o"], way="move to"), last), (begins["o"], begins["n"]))


def clause(rng: random.Random, share: float) -> Clause:
    """Return a clause about names that need not be on any screen."""
    if not share:
        return instructions.random_clause(rng)
    if rng.random() >= share:
        return settled(instructions.random_clause(rng))
    draw = rng.random()
    if draw < 0.45:
        return pointed(rng, way(rng, 1.0), words.label(rng, 20))
    if draw < 0.8:
        return _press(rng)
    if draw < 0.85:
        return closing.clause(rng)
    line = rng.choice(("scroll down", "scroll down", "scroll up", "wait"))
    return Clause(rng.choice(_OTHERWISE[line]), (Move(do=line),), (0,))


def settled(clause: Clause) -> Clause:
    """Return a clause that presses no button named like a key: it clicks that one, in words."""
    pressed, name = "press ", clause.moves[0].click
    if name is None or clause.text != pressed + name or name.casefold() not in _SPELLINGS:
        return clause
    return Clause(f"click {name}", clause.moves, (len("click "),))


def _press(rng: random.Random) -> Clause:
    line = rng.choice(_PRESSED)
    _, _, key = line.removeprefix("press ").rpartition("+")
    templates: tuple[str, ...] = _TOGETHER
    if "+" in line:
        spelled = rng.choice(_CONTROL) + (key.upper() if rng.random() < 0.8 else key)
    else:
        spelled = rng.choice(_KEYS[key])
        templates = _ONE_KEY if spelled.startswith("the ") else (*_ONE_KEY, *_THE_KEY)
    text, begins = filled(rng.choice(templates), {"k": spelled})
    return Clause(text, (Move(do=line),), (begins["k"],))


_PRESSED = (*["press enter"] * 3, *(line for line in v.DEEDS if line.startswith("press ")))
_SPELLINGS = frozenset(said.casefold() for spelled in _KEYS.values() for said in spelled)
