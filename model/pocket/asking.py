"""Make queries that ask about a tile: the reply says yes or no, or reads a text letter by letter.

A reading row is shown, while it learns, where on the tile the letter stands that it says: the
supervised head goes along the line as a finger does.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from handrail.model.pocket import inquiries, instructions, queries, questions, targets
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.canvas import Rect, Run
from handrail.model.pocket.inquiries import Inquiry, Sort
from handrail.model.pocket.queries import Query
from handrail.model.pocket.targets import Floats, Tile

LETTER = 0.4
"""How much a letter counts that is read; there are many of them."""
_WEIGHTS: dict[Sort, float] = {
    "at a point": 3,
    "in a field": 6,
    "beside a name": 6,
    "by its place": 1,
    "there": 2,
    "on": 4,
    "enabled": 6,
}
"""How often a kind is tried; most tiles give no occasion for some of them."""
_TRIES = 4
_ENTRY = 64.0
"""How much of an empty field is looked at, in pixels from its left edge."""


@dataclass(frozen=True)
class AskMix:
    """How much is asked: questions a tile, and the share of the plans that end in a question.

    ``whole``: the share of a tile's questions with a whole instruction; ``phrased``: of those by
    role, order or neighbour; ``acts``: of the other clauses that ask for more than click and type.
    """

    tile: int = 0
    plans: float = 0.0
    whole: float = 0.15
    phrased: float = 0.3
    acts: float = 0.25


def for_tile(tile: Tile, mix: AskMix, rng: random.Random) -> list[Query]:
    """Draw a tile's questions, and looks for cells, whose names no other query speaks of."""
    out = []
    for _ in range(mix.tile):
        asked = _inquiry(tile, mix, rng)
        if asked is None:
            continue
        out.append(query(tile, asked, mix, rng))
        if asked.target is not None and rng.random() < 0.5:
            out.append(queries.bare(tile, asked.name, asked.target, rng))
    return out


def _inquiry(tile: Tile, mix: AskMix, rng: random.Random) -> Inquiry | None:
    for sort in rng.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()), k=_TRIES):
        if asked := inquiries.drawn(tile, sort, rng, mix.phrased):
            return asked
    return None


def query(tile: Tile, asked: Inquiry, mix: AskMix, rng: random.Random) -> Query:
    """Return the query of a question: of the last words alone, or of a whole instruction."""
    if asked.point is not None:
        x, y = targets.units(tile, asked.point)
        ids = [v.token(v.think(asked.question)), v.FIRST_X + x, v.FIRST_Y + y]
        return _reply(queries.silent(ids, rng), tile, asked)
    move = instructions.Move(asked.name, way=asked.question)
    said = instructions.answer(move)
    if rng.random() >= mix.whole:
        return _reply(queries.silent(said, rng), tile, asked)
    count = rng.choice((0, 0, 1, 1, 2, 3))
    others = [queries.other(tile, rng, mix.acts) for _ in range(count)]
    own = questions.asked(rng, asked.question, asked.name, asked.kind)
    goal = instructions.goal(rng, [*others, own])
    before = instructions.prompt(goal.text, goal.told)
    return _reply(queries.sequence(before, said, 0.5), tile, asked)


def _reply(query: Query, tile: Tile, asked: Inquiry) -> Query:
    """Add the part of the answer that needs the screen."""
    at = len(query.ids) - 1
    query.decide = at
    query.area = None if asked.seen is None else targets.cells(tile, asked.seen)
    end, tail = v.token("<|im_end|>"), [v.token(_said(asked))]
    weights = [queries.DECIDE]
    if asked.question == "read" and asked.answer is not None:
        tail += [*asked.answer.encode("utf-8"), v.token(v.END_TYPE)]
        weights += [LETTER] * (len(tail) - 2) + [1.0]
        areas = _areas(tile, asked)
        query.reads = tuple((at + 1 + i, area) for i, area in enumerate(areas))
    query.ids += [*tail, end]
    query.labels[at:] = [*tail, end, queries.IGNORE]
    query.weights[at:] = [*weights, 0.05, 0.0]
    return query


def _said(asked: Inquiry) -> str:
    if asked.answer is None:
        return v.ABSENT
    return {"yes": v.YES, "no": v.NO}[asked.answer] if asked.question != "read" else v.CALL_ANSWER


def _areas(tile: Tile, asked: Inquiry) -> list[Floats]:
    """Return where to look for each byte of a text and for its end."""
    if asked.run is None:
        assert asked.empty is not None
        left, top, _, bottom = asked.empty
        return [targets.cells(tile, (left, top, left + _ENTRY, bottom))]
    boxes = list(_letters(asked.run))
    return [targets.cells(tile, box) for box in (*boxes, boxes[-1])]


def _letters(run: Run) -> Iterator[Rect]:
    """Yield the box of each byte of a line's text, blanks at its ends left out."""
    first = len(run.text) - len(run.text.lstrip())
    last = len(run.text.rstrip())
    half = max(1.0, float(np.mean(np.diff(run.centres))) / 2) if len(run.text) > 1 else run.size / 4
    for letter, x in zip(run.text[first:last], run.centres[first:last], strict=True):
        box = (x - half, run.box[1], x + half, run.box[3])
        yield from [box] * len(letter.encode("utf-8"))
