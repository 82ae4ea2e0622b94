"""Pack many questions about one tile behind its image, each blind to the others.

Every query sees the image and itself only (a block-diagonal mask), and its positions restart after
the image: what is learned is exactly inference with one query (the packing of facts in the
feasibility run). A query may be a whole instruction with its history, or only the last words before
the tool call, which is what grounding hangs on.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from handrail.model.pocket import acts, buttons, closing, instructions, phrases, words
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.canvas import Element
from handrail.model.pocket.instructions import Clause, Move
from handrail.model.pocket.targets import Floats, Tile, answer_units, cells

IGNORE = -100
DECIDE = 1.5
"""How much a token counts that says whether the target is here, or what a question's answer is."""


@dataclass
class Query:
    """Ids, next-token labels with weights, and where the screen must be looked at.

    ``decide`` is the row that says whether the target is here, ``look`` the rows that say x and y.
    ``area`` is the target's share of each merged token, or None where the target is not on the
    tile; ``reads`` are rows that say a letter, each with the area of that letter.
    ``shift`` moves the positions, as a longer instruction would.
    """

    ids: list[int]
    labels: list[int]
    weights: list[float]
    decide: int = -1
    look: tuple[int, ...] = ()
    units: tuple[int, int] = (0, 0)
    area: Floats | None = None
    shift: int = 0
    reads: tuple[tuple[int, Floats], ...] = ()


def sequence(before: Sequence[int], after: Sequence[int], weight: float) -> Query:
    """Return a query that is asked to say ``after``."""
    ids = [*before, *after]
    labels = [IGNORE] * len(ids)
    labels[len(before) - 1 : len(ids) - 1] = after
    return Query(ids, labels, [weight] * len(ids))


def _look(query: Query, tile: Tile, element: Element | None, way: v.Way) -> Query:
    """Add the part of the answer that needs the screen: the call with x and y, or 'not here'."""
    query.decide = len(query.ids) - 1
    tail = [v.token(v.ABSENT)]
    if element is not None:
        query.units = answer_units(tile, element)
        query.area = cells(tile, element.text_box)
        query.look = (query.decide + 1, query.decide + 2)
        tail = [v.token(v.CALLS[way]), v.FIRST_X + query.units[0], v.FIRST_Y + query.units[1]]
    tail.append(v.token("<|im_end|>"))
    query.ids += tail
    query.labels[query.decide] = tail[0]
    query.weights[query.decide] = DECIDE
    # x and y have soft targets of their own; what is left is the end of the turn
    query.labels += [IGNORE] * (len(tail) - 2) + [tail[-1], IGNORE]
    query.weights += [0.05] * len(tail)
    return query


def bare(
    tile: Tile, name: str, element: Element | None, rng: random.Random, way: v.Way = "click"
) -> Query:
    """Return a query of the last words only."""
    ids = [v.token(v.THINKS[way]), *instructions.phrased(name)]
    return _look(silent(ids, rng), tile, element, way)


def silent(ids: list[int], rng: random.Random) -> Query:
    """Return a query of which nothing is to be said yet, as if a longer text stood before it."""
    return Query(ids, [IGNORE] * len(ids), [0.0] * len(ids), shift=rng.randint(0, 220))


def whole(
    tile: Tile, name: str, element: Element | None, rng: random.Random, share: float = 0.0
) -> Query:
    """Return a query with an instruction of one to four clauses, a history, and a place to find.

    ``share``: of the clauses, the one about the name included, that ask for more than click, type.
    """
    way = acts.way(rng, share)
    own = _own(name, element, rng, share) if way == "click" else acts.pointed(rng, way, name)
    name = (own.moves[0].click or name) if way == "click" else name  # "submit" for "Submit"
    count = rng.choice((1, 1, 2, 2, 3, 4))
    clauses = [own if i == 0 else other(tile, rng, share) for i in range(count)]
    rng.shuffle(clauses)
    done = [m for c in clauses[: clauses.index(own)] for m in c.moves]
    done += own.moves[: own.moves.index(Move(name, way=way))]
    return asked(tile, instructions.goal(rng, clauses).text, done, (name, element), way)


def asked(
    tile: Tile,
    goal: str,
    done: Sequence[Move],
    named: tuple[str, Element | None],
    way: v.Way = "click",
) -> Query:
    """Return a query of an instruction with its history, whose next step is at a name."""
    name, element = named
    before, said = instructions.prompt(goal, done), instructions.answer(Move(name, way=way))
    return _look(sequence(before, said, 0.5), tile, element, way)


def _drawn(
    tile: Tile, name: str, element: Element | None, rng: random.Random, share: float, told: bool
) -> Query:
    """Draw a query of a whole instruction where ``told``, else of the last words alone."""
    if told:
        return whole(tile, name, element, rng, share)
    return bare(tile, name, element, rng, acts.way(rng, share))


def _own(name: str, element: Element | None, rng: random.Random, share: float) -> Clause:
    field_like = element is not None and element.kind == "field"
    if field_like or (element is None and rng.random() < 0.4):
        return instructions.type_clause(rng, name, words.entry(rng))
    if share and element is not None and name in buttons.NAMES and rng.random() < 0.5:
        return buttons.clause(rng, name)
    clause = instructions.click_clause(rng, name)
    return acts.settled(clause) if share else clause


def other(tile: Tile, rng: random.Random, share: float) -> Clause:
    """Return a clause about something else, on the tile or not."""
    if not tile.present or rng.random() < 0.4:
        return acts.clause(rng, share)
    element = rng.choice(tile.present)
    way = acts.way(rng, share)
    if way != "click":
        return acts.pointed(rng, way, element.name)
    if element.kind == "field":
        return instructions.type_clause(rng, element.name, words.entry(rng))
    clause = instructions.click_clause(rng, element.name)
    return acts.settled(clause) if share else clause


@dataclass(frozen=True)
class QueryMix:
    """How many queries a tile gets: bare ones, whole ones, ones whose target is absent.

    ``phrased``: the share of the bare and whole ones that ask by role, state, order or neighbour;
    ``acts``: the share that ask for more than a click, and of the other clauses that do;
    ``closing``: the share of tiles without a pop-up that ask for what closes one.
    """

    present: int = 14
    whole: int = 2
    absent: int = 4
    phrased: float = 0.0
    acts: float = 0.0
    closing: float = 0.0


def for_tile(tile: Tile, mix: QueryMix, rng: random.Random) -> list[Query]:
    """Draw a tile's queries."""
    chosen = rng.sample(tile.present, min(len(tile.present), mix.present + mix.whole))
    out = []
    for i, e in enumerate(chosen):
        # without a share for phrases no random number is drawn: older stages stay as they were
        asked = mix.phrased and rng.random() < mix.phrased
        name = phrases.phrase(e, tile.present, rng, tile.unnamed) if asked else e.name
        out.append(_drawn(tile, name, e, rng, mix.acts, i < mix.whole))
    for i in range(mix.absent):
        name = ""
        if mix.phrased and rng.random() < mix.phrased:
            name = phrases.missing(tile.present, tile.unnamed, tile.absent, rng)
        name = name or absent_name(tile, rng)
        if name:
            out.append(_drawn(tile, name, None, rng, mix.acts, i == 0 and mix.whole > 0))
    for element in closing.asked_on(tile, rng, mix.closing) if mix.closing else ():
        out.append(bare(tile, closing.phrase(rng), element, rng))
    return out


def absent_name(tile: Tile, rng: random.Random) -> str:
    """Return a name that is not on the tile: from elsewhere, almost one that is, or new."""
    for _ in range(8):
        draw = rng.random()
        if draw < 0.45 and tile.absent:
            return rng.choice(tile.absent)
        if draw < 0.8 and tile.present:
            name = words.near_duplicate(rng, rng.choice(tile.present).name)
        else:
            name = words.label(rng)
        if name and name.casefold() not in tile.every_name and name.casefold() not in _texts(tile):
            return name
    return ""


def _texts(tile: Tile) -> set[str]:
    return {r.text.casefold() for r in tile.runs}


@dataclass
class Packed:
    """A batch of tiles with their queries as arrays; B tiles, L tokens, N merged tokens a tile.

    A token sees what is before it of its own ``owner`` and of what all share. Where one owner has
    several ``turn`` s, it sees of turn 0 only what is before ``until``, and no other turn.
    """

    ids: NDArray[np.int64]
    positions: NDArray[np.int64]
    owner: NDArray[np.int64]
    turn: NDArray[np.int64]
    until: NDArray[np.int64]
    labels: NDArray[np.int64]
    weights: NDArray[np.float32]
    rows: list[tuple[int, int]] = field(default_factory=list)
    areas: list[Floats] = field(default_factory=list)
    coordinates: list[tuple[int, int, int, int]] = field(default_factory=list)
    quoted: list[tuple[int, int, int]] = field(default_factory=list)


def blank(rows: int, length: int) -> Packed:
    """Return rows of padding, to be filled."""
    return Packed(
        np.full((rows, length), v.token("<|endoftext|>")),
        np.zeros((3, rows, length), np.int64),
        np.full((rows, length), PADDING),
        np.zeros((rows, length), np.int64),
        np.zeros((rows, length), np.int64),
        np.full((rows, length), IGNORE),
        np.zeros((rows, length), np.float32),
    )


PREFIX = v.encode(v.BEFORE_IMAGE)
SHARED, PADDING = -2, -1
"""Owners of tokens: what all see, and what is no token."""


def pack(batch: Sequence[Sequence[Query]], rows: int, columns: int) -> Packed:
    """Lay queries behind an image of ``rows`` x ``columns`` merged tokens.

    ``coordinates`` holds (tile, row of x, x, y); ``rows`` and ``areas`` are what a supervised
    attention head looks at: entry 0 stands for 'not here', then the merged tokens.
    """
    count = rows * columns
    head = len(PREFIX) + count + 1
    length = head + max(sum(len(q.ids) for q in queries) for queries in batch)
    out = blank(len(batch), length)
    out.ids[:, : len(PREFIX)] = PREFIX
    out.ids[:, len(PREFIX) : head - 1] = v.token("<|image_pad|>")
    out.ids[:, head - 1] = v.token("<|vision_end|>")
    out.positions[:, :, : len(PREFIX)] = np.arange(len(PREFIX))
    grid_rows, grid_columns = np.divmod(np.arange(count), columns)
    image = np.stack([np.zeros(count, np.int64), grid_rows, grid_columns]) + len(PREFIX)
    out.positions[:, :, len(PREFIX) : head - 1] = image[:, None]
    start = len(PREFIX) + max(rows, columns)
    out.positions[:, :, head - 1] = start
    out.owner[:, :head] = SHARED
    for b, queries in enumerate(batch):
        at = head
        for number, query in enumerate(queries):
            _place(out, query, b, at, number, start + 1)
            at += len(query.ids)
    return out


def _place(out: Packed, query: Query, b: int, at: int, number: int, start: int) -> None:
    end = at + len(query.ids)
    out.ids[b, at:end] = query.ids
    out.positions[:, b, at:end] = start + query.shift + np.arange(len(query.ids))
    out.owner[b, at:end] = number
    out.labels[b, at:end] = query.labels
    out.weights[b, at:end] = query.weights
    if query.decide < 0:
        return
    if query.area is None:
        out.rows.append((b, at + query.decide))
        out.areas.append(np.zeros(0, np.float32))
        return
    for row, area in (*((row, query.area) for row in (query.decide, *query.look)), *query.reads):
        out.rows.append((b, at + row))
        out.areas.append(area)
    if query.look:
        out.coordinates.append((b, at + query.look[0], *query.units))
