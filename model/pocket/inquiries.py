"""Draw questions about a tile with their true answers, taken from what is drawn on it.

A text is asked for by a field's name, by what stands beside it, by its place, or at a point. What
is not known for certain is not asked: what stands in a field of a photograph, whether one of its
tabs is selected.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from handrail.model.pocket import phrases, queries, questions
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.canvas import Element, Rect, Run, centre
from handrail.model.pocket.targets import Tile, visible

Sort = Literal[
    "at a point", "in a field", "beside a name", "by its place", "there", "on", "enabled"
]
LONGEST = 40
"""Letters of a text that is asked for at most."""
_FILLED = 0.9
"""The share of fields asked about that are not empty, where there are such on a tile."""
_ALL_EMPTY, _ALL_ENABLED = 0.3, 0.02
"""The shares of tiles that are asked about though all fields are empty, or nothing greyed out."""
_NOWHERE = 0.12
"""The share of questions about what is not there, "is there ..." apart."""
_KEPT_FROM = 10.0
"""How far from any text a point lies at which there is none, in pixels."""
_NAMED: tuple[Sort, ...] = ("in a field", "beside a name")
_INPUTS = ("field", "list")
_TEXTLESS = (*_INPUTS, "icon", "slider")
_GREYED = ("button", "field", "check", "radio", "menu")
"""Kinds that are drawn greyed out, too."""
_ON, _OFF = frozenset(("checked", "on", "selected")), frozenset(("unchecked", "off"))


@dataclass(frozen=True)
class Inquiry:
    """A question about a tile and its answer: a text, or yes or no, or None for 'not here'.

    ``name`` is what is asked about, or else the text is asked for at ``point``. ``seen`` is where
    one must look to tell, ``run`` the line that is the answer, ``empty`` the field that holds none.
    ``target`` is what a look for the name has to find where it is no element's name; ``kind`` is
    what it may be called.
    """

    sort: Sort
    question: v.Question
    name: str
    answer: str | None
    seen: Rect | None = None
    run: Run | None = None
    empty: Rect | None = None
    point: tuple[float, float] | None = None
    target: Element | None = None
    kind: str = ""


def drawn(tile: Tile, sort: Sort, rng: random.Random, phrased: float = 0.0) -> Inquiry | None:
    """Draw a question of a sort, None where this tile gives no occasion for it.

    ``phrased``: the share of elements that are asked for by role, order or neighbour.
    """
    asked = _SORTS[sort](tile, rng, phrased)
    if asked is not None and sort in _NAMED and rng.random() < _NOWHERE:
        name = queries.absent_name(tile, rng)
        return Inquiry(sort, "read", name, None) if name else asked
    return asked


def _at_point(tile: Tile, rng: random.Random, _: float) -> Inquiry | None:
    if tile.drawn and rng.random() < _NOWHERE:
        point = (rng.uniform(8, tile.size[0] - 8), rng.uniform(8, tile.size[1] - 8))
        if any(_near(run.box, point) for run in tile.runs):
            return None
        return Inquiry("at a point", "read", "", None, point=point)
    whole = [run for run in tile.runs if _readable(tile, run)]
    if not whole:
        return None
    run = rng.choice(whole)
    at = rng.choice([i for i, letter in enumerate(run.text) if not letter.isspace()])
    point = (run.centres[at], run.middle)
    if sum(_near(other.box, point, 0.0) for other in tile.runs) > 1:
        return None
    half = run.size / 2
    seen = (point[0] - half, point[1] - half, point[0] + half, point[1] + half)
    return Inquiry("at a point", "read", "", run.text.strip(), seen, run, point=point)


def _in_field(tile: Tile, rng: random.Random, phrased: float) -> Inquiry | None:
    if not tile.drawn:
        return None
    filled, empty = [], []
    for e in tile.present:
        # a name that stands in its field, as a hint or above the value, is no value
        others = [run for run in tile.runs if run.box != e.text_box]
        inside = [run for run in others if _near(e.box, centre(run.box), 0.0)]
        if e.kind not in _INPUTS or len(inside) > 1:
            continue
        if inside and not inside[0].hint:
            filled += [(e, inside[0])] if _readable(tile, inside[0]) else []
        elif visible(e.box, *tile.size) > 0.97:
            empty.append(e)
    if filled and (not empty or rng.random() < _FILLED):
        e, run = rng.choice(filled)
        name = _called(e, tile, rng, phrased)
        answer = run.text.strip()
        return Inquiry("in a field", "read", name, answer, e.text_box, run, kind=e.kind)
    if not empty or (not filled and rng.random() >= _ALL_EMPTY):
        return None
    e = rng.choice(empty)
    name = _called(e, tile, rng, phrased)
    return Inquiry("in a field", "read", name, "", e.text_box, empty=e.box, kind=e.kind)


def _beside_name(tile: Tile, rng: random.Random, _: float) -> Inquiry | None:
    if not tile.values:
        return None
    value = rng.choice(tile.values)
    run = _run_at(tile, value.box)
    if run is None:
        return None
    if value.column and not (value.alone and rng.random() < 0.4):
        name = questions.of(value.column, value.row, rng)
        cell = Element("value", name, value.box, value.box, centre(value.box))
        return Inquiry(
            "beside a name", "read", name, run.text, value.box, run, target=cell, kind=cell.kind
        )
    seen = value.named[0]
    return Inquiry("beside a name", "read", value.row, run.text, seen, run, kind="value")


def _by_place(tile: Tile, rng: random.Random, _: float) -> Inquiry | None:
    for e in rng.sample(tile.present, min(6, len(tile.present))):
        run = None if e.kind in _TEXTLESS else _run_at(tile, e.text_box)
        name = phrases.phrase(e, tile.present, rng, tile.unnamed)
        if run is not None and not _gives_away(name, e.name, run.text):
            answer, seen = run.text.strip(), e.text_box
            return Inquiry("by its place", "read", name, answer, seen, run, kind=e.kind)
    return None


def _there(tile: Tile, rng: random.Random, phrased: float) -> Inquiry | None:
    question: v.Question = "see whether there is"
    if rng.random() < 0.5 or not tile.present:
        name = queries.absent_name(tile, rng)
        seen = any(run.text.casefold() == name.casefold() for run in tile.runs)
        return Inquiry("there", question, name, "no") if name and not seen else None
    e = rng.choice(tile.present)
    return Inquiry(
        "there", question, _called(e, tile, rng, phrased), "yes", e.text_box, kind=e.kind
    )


def _on(tile: Tile, rng: random.Random, phrased: float) -> Inquiry | None:
    known = [(e, on) for e in tile.present if (on := _is_on(e, tile.drawn)) is not None]
    question: v.Question = "see whether it is checked:"
    if rng.random() < 0.25:
        question = "see whether it is unchecked:"
    if not known:
        return None
    element, on = _balanced(known, rng)
    holds = on if question == "see whether it is checked:" else not on
    return _stated(
        tile, rng, phrased, Inquiry("on", question, "", _yes(holds)), element, element.box
    )


def _enabled(tile: Tile, rng: random.Random, phrased: float) -> Inquiry | None:
    known = [(e, "disabled" in e.states) for e in tile.present if e.kind in _GREYED]
    question: v.Question = "see whether it is enabled:"
    if rng.random() < 0.5:
        question = "see whether it is disabled:"
    # most tiles show nothing greyed out: asked of all alike, "enabled" would always be right
    if not known or (not any(grey for _, grey in known) and rng.random() >= _ALL_ENABLED):
        return None
    element, grey = _balanced(known, rng)
    holds = grey if question == "see whether it is disabled:" else not grey
    asked = Inquiry("enabled", question, "", _yes(holds))
    return _stated(tile, rng, phrased, asked, element, element.text_box)


def _stated(
    tile: Tile, rng: random.Random, phrased: float, asked: Inquiry, element: Element, seen: Rect
) -> Inquiry:
    """Return a question about an element's state, or now and then about something not there."""
    if rng.random() < _NOWHERE and (name := queries.absent_name(tile, rng)):
        return replace(asked, name=name, answer=None)
    name = _called(element, tile, rng, phrased)
    if any(state in name for state in element.states):  # that would give the answer away
        name = element.name
    return replace(asked, name=name, seen=seen, kind=element.kind)


def _balanced(known: Sequence[tuple[Element, bool]], rng: random.Random) -> tuple[Element, bool]:
    """Draw one for which it holds as often as one for which it does not, where there are both."""
    wanted = rng.random() < 0.5
    return rng.choice([pair for pair in known if pair[1] is wanted] or known)


def _is_on(element: Element, drawn: bool) -> bool | None:
    """Return whether an element is on, None where that cannot be told."""
    shown = set(element.states)
    if element.kind == "radio" or (element.kind == "tab" and element.group and drawn):
        return "selected" in shown
    if element.kind not in ("check", "switch") or not shown & (_ON | _OFF):
        return None
    return bool(shown & _ON)


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _gives_away(name: str, *texts: str) -> bool:
    """Tell whether a text that is asked for stands in the question."""
    return any(text.strip().casefold() in name.casefold() for text in texts)


def _called(element: Element, tile: Tile, rng: random.Random, phrased: float) -> str:
    if rng.random() >= phrased:
        return element.name
    return phrases.phrase(element, tile.present, rng, tile.unnamed)


def _readable(tile: Tile, run: Run) -> bool:
    fits = 0 < len(run.text.strip()) <= LONGEST and run.text.isprintable()
    whole = fits and visible(run.box, *tile.size) > 0.97
    # of a long line a whole letter may be off the tile and no more than that
    return whole and min(run.centres) > 0 and max(run.centres) < tile.size[0]


def _run_at(tile: Tile, box: Rect) -> Run | None:
    """Return the line of text that is drawn in a box and fills it."""
    for run in tile.runs:
        if max(abs(a - b) for a, b in zip(run.box, box, strict=True)) < 0.5:
            return run if _readable(tile, run) else None
    return None


def _near(box: Rect, point: tuple[float, float], away: float = _KEPT_FROM) -> bool:
    across = box[0] - away <= point[0] <= box[2] + away
    return across and box[1] - away <= point[1] <= box[3] + away


_SORTS: dict[Sort, Callable[[Tile, random.Random, float], Inquiry | None]] = {
    "at a point": _at_point,
    "in a field": _in_field,
    "beside a name": _beside_name,
    "by its place": _by_place,
    "there": _there,
    "on": _on,
    "enabled": _enabled,
}
