"""Examine the network while it learns: the same questions every time, on screens never learned.

They are drawn as training draws, in its fonts, from seeds that training never uses, and hang on
nothing but the stage: not on its seed, the time, or what was drawn for learning. Each answer is
judged where it stands in a training row, behind the right words (teacher forcing), by the likeliest
next token: one pass for many questions, without the engine. That is quicker and a little kinder
than ``handrail eval``, and tells how learning goes, not how good the model is.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handrail.model.pocket import asking, lessons, losses, phrases, plans, queries, targets
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.canvas import Rect
from handrail.model.pocket.instructions import Goal, Move
from handrail.model.pocket.lessons import Batch, Lesson
from handrail.model.pocket.losses import Scores
from handrail.model.pocket.network import Read, TrainingNetwork, on
from handrail.model.pocket.queries import Packed, Query, QueryMix
from handrail.model.pocket.targets import Tile

FIGURES = ("read", "named", "phrased", "found", "refused", "answered", "planned", "acted")
"""Characters of words; targets pointed at by name and otherwise; what is here held to be here, what
is not refused; questions answered; steps of click, type and end, and of other actions."""
_TILES_A_PASS, _PLANS_A_PASS = 6, 12
_PLANS_A_TILE = 3
_NAMED, _PHRASED, _ABSENT, _ASKED = 12, 8, 6, 4


@dataclass
class Tally:
    """How many answers were right, of how many."""

    right: int = 0
    of: int = 0

    def count(self, right: bool) -> None:
        """Take in one more answer."""
        self.right, self.of = self.right + right, self.of + 1


Marks = dict[str, Tally]


@dataclass(frozen=True)
class _Question:
    """A query about a tile; ``box``: where a point in it is a hit, None where none is asked for."""

    figure: str
    query: Query
    box: Rect | None


class Quiz:
    """A stage's questions, on ``count`` tiles; what the stage does not teach is not asked."""

    def __init__(self, lesson: Lesson, count: int) -> None:
        self._lesson = _own(lesson)
        self._tiles = [self._tile(number) for number in range(count)]
        self._asked: list[list[_Question]] = []
        self._goals: list[Goal] = []
        if lesson.mix is not None:
            self._asked = [_questions(t, lesson, n) for n, t in enumerate(self._tiles)]
        if lesson.plans:
            share = 0.3 if lesson.acts else 0.0
            rngs = (random.Random(f"quiz plan {n}") for n in range(_PLANS_A_TILE * count))
            drawn = [plans.goal(rng, share) for rng in rngs]
            self._goals = sorted(drawn, key=lambda goal: len(goal.text))  # rows of a pass alike

    def _tile(self, number: int) -> Tile:
        """Draw a tile with something on it, from a screen of its own."""
        rng = random.Random(f"quiz tile {number}")
        while True:
            for tile in lessons.tiles(self._lesson, rng):
                if tile.present or self._lesson.mix is None:
                    return tile

    def examine(self, net: TrainingNetwork) -> Marks:
        """Return what the network answers right; it and all random states stay as they are."""
        marks = {name: Tally() for name in FIGURES}
        kind = net.embedding.device.type
        with torch.no_grad(), torch.autocast(kind, torch.bfloat16):
            for first in range(0, len(self._tiles), _TILES_A_PASS):
                self._look(net, slice(first, first + _TILES_A_PASS), marks)
            for first in range(0, len(self._goals), _PLANS_A_PASS):
                _plan(net, self._goals[first : first + _PLANS_A_PASS], marks)
        return {name: tally for name, tally in marks.items() if tally.of}

    def _look(self, net: TrainingNetwork, part: slice, marks: Marks) -> None:
        tiles, asked, scores = self._tiles[part], self._asked[part], Scores()
        shown = self._shown(tiles, asked)
        seen = net.see(on(shown.images), shown.kept)
        losses.runs(net, seen, shown.runs, scores)
        cells = sum(int((one.words[..., 0] >= 0).sum()) for one in shown.runs)
        marks["read"].right += round(scores.values["word_hit"] * cells)
        marks["read"].of += cells
        if shown.asked is None:
            return
        read = net.read(seen, shown.asked)
        said = iter(_said(net, read, shown.asked.rows))
        whole = _whole(net, read, shown.asked, shown.asked.owner + 1)
        for b, (tile, questions) in enumerate(zip(tiles, asked, strict=True)):
            for number, question in enumerate(questions, start=1):
                if question.figure == "answered":
                    marks["answered"].count(whole[b, number])
                    _pass_over(question.query, said)
                else:
                    _judge(question, tile, said, marks)
        assert next(said, None) is None, "answers and rows are not in one order"

    def _shown(self, tiles: Sequence[Tile], asked: Sequence[Sequence[_Question]]) -> Batch:
        """Return tiles and questions as the stage mostly shows them, with plain ground or not."""
        grid = self._lesson.grid
        packed = queries.pack([[q.query for q in one] for one in asked], *grid) if asked else None
        written = [targets.run_targets(tile) for tile in tiles]
        made = Batch(np.stack([tile.image for tile in tiles]), None, written, packed, None)
        thinned = self._lesson.ground < 0.5
        return lessons.without_ground(made, math.prod(grid)) if thinned else made


def _own(lesson: Lesson) -> Lesson:
    """Return the lesson that questions are drawn by: one tile a screen, pages for reading alone.

    Photographs are not asked about: which there are differs from machine to machine.
    """
    return replace(lesson, batch=1, dense=1.0 if lesson.mix is None else 0.0, shots=0.0)


def _questions(tile: Tile, lesson: Lesson, number: int) -> list[_Question]:
    """Ask for what is on a tile, by name and otherwise, for what is not, and about it."""
    rng, out = random.Random(f"quiz questions {number}"), []
    for e in rng.sample(tile.present, min(len(tile.present), _NAMED)):
        out.append(_Question("named", queries.bare(tile, e.name, e, rng), e.box))
    phrased = _PHRASED if lesson.mix is not None and lesson.mix.phrased else 0
    for e in rng.sample(tile.present, min(len(tile.present), phrased)):
        said = phrases.phrase(e, tile.present, rng, tile.unnamed)
        if e.name.casefold() not in said.casefold():  # else the name alone would find it
            out.append(_Question("phrased", queries.bare(tile, said, e, rng), e.box))
    for query in queries.for_tile(tile, QueryMix(0, 0, _ABSENT), rng):
        out.append(_Question("refused", query, None))
    mix = replace(lesson.asks, tile=_ASKED if lesson.asks.tile else 0, whole=0.0)
    for query in asking.for_tile(tile, mix, rng):
        if not query.look:  # others are looks for what a question spoke of
            out.append(_Question("answered", query, None))
    return out


def _said(net: TrainingNetwork, read: Read, rows: Sequence[tuple[int, int]]) -> list[int]:
    """Return the likeliest next tokens after rows."""
    if not rows:
        return []
    tile, row = torch.tensor(rows).unbind(1)
    return [int(token) for token in _likeliest(net, read.hidden[tile, row])]


def _likeliest(net: TrainingNetwork, hidden: Tensor) -> Tensor:
    return torch.nn.functional.linear(hidden, net.embedding)[:, : v.USED].argmax(-1).cpu()


def _judge(question: _Question, tile: Tile, said: Iterator[int], marks: Marks) -> None:
    decided = next(said)
    if question.box is None:
        marks["refused"].count(decided == v.token(v.ABSENT))
        return
    x, y = next(said) - v.FIRST_X, next(said) - v.FIRST_Y
    marks["found"].count(decided != v.token(v.ABSENT))
    left, top, right, bottom = question.box
    width, height = tile.size
    inside = left <= x * width / 1000 < right and top <= y * height / 1000 < bottom
    spoken = 0 <= x < v.RANGE and 0 <= y < v.RANGE
    marks[question.figure].count(decided == v.token(v.CALL_CLICK) and spoken and inside)


def _pass_over(query: Query, said: Iterator[int]) -> None:
    """Leave out what is said at a question's rows: its reply is judged as a whole."""
    rows = 1 if query.area is None else 1 + len(query.reads)
    for _ in range(rows):
        next(said)


def _plan(net: TrainingNetwork, goals: Sequence[Goal], marks: Marks) -> None:
    """Judge every turn of the assistant: right where each of its tokens is the likeliest."""
    drawn = [[plans.laid_out(goal)] for goal in goals]
    packed = plans.pack(drawn)
    right = _whole(net, net.read(None, packed), packed, packed.turn)
    for number, goal in enumerate(goals):
        for turn, move in enumerate((*goal.moves, Move()), start=1):
            plain = move.way == "click" and move.do is None
            marks["planned" if plain else "acted"].count(right[number, turn])


def _whole(
    net: TrainingNetwork, read: Read, packed: Packed, part: NDArray[np.int64]
) -> dict[tuple[int, int], bool]:
    """Tell of each row's parts, numbered from 1, whether all their tokens are right."""
    rows, columns = np.nonzero((packed.labels != queries.IGNORE) & (part > 0))
    said = _said(net, read, list(zip(rows.tolist(), columns.tolist(), strict=True)))
    out: dict[tuple[int, int], bool] = {}
    for row, column, token in zip(rows, columns, said, strict=True):
        key = (int(row), int(part[row, column]))
        out[key] = out.get(key, True) and token == int(packed.labels[row, column])
    return out
