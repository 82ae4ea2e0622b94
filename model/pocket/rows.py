"""Learn from pictures that others took: names to find on them, and instructions with their steps.

Both `handrail model tune`, from a user's runs, and the trainer, from episodes that were played,
turn such rows into the questions on tiles and the plans that the renderer's own screens give.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeGuard

import numpy as np
from PIL import Image

from handrail.model import tiles
from handrail.model.pocket import plans, queries, targets, words
from handrail.model.pocket.canvas import Element, Rect, Run, centre
from handrail.model.pocket.errors import PictureLost
from handrail.model.pocket.instructions import NOWHERE, Goal, Move
from handrail.model.pocket.queries import Query
from handrail.model.pocket.targets import Tile, visible
from handrail.model.pocket.vocabulary import CALLS, STEPS, Question, Way
from handrail.model.tiles import TileSpec

_ELSEWHERE = 0.2
"""How often a tile is shown wherever the target is."""
_ALMOST = 0.5
"""How often a name is asked for that is almost one on the tile."""
_WHOLE, _GONE, _EDGE = 0.97, 0.25, 4.0


@dataclass(frozen=True)
class Look:
    """A name to be found on a picture: its box in pixels, or None where it is not there.

    ``goal`` and ``done`` are the instruction and the steps before, with which it is asked for, to
    do there what ``way`` says; without a goal it is asked for by its name alone. ``runs`` are lines
    of text that stand on the picture, as far as they are known.
    """

    image: Path
    name: str
    box: Rect | None
    goal: str
    done: tuple[Move, ...] = ()
    way: Way = "click"
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Episode:
    """An instruction and its steps in order; ``ended``: they are all that it asks for."""

    goal: str
    moves: tuple[Move, ...]
    ended: bool


@dataclass(frozen=True)
class Rows:
    """All there is to learn."""

    looks: Sequence[Look]
    episodes: Sequence[Episode]


def is_act(way: Way | Question) -> TypeGuard[Way]:
    """Tell whether something is done at a place, rather than asked about it."""
    return way in CALLS


def shown(
    looks: Sequence[Look], spec: TileSpec, rng: random.Random, others: Sequence[str] = ()
) -> tuple[Tile, list[Query]]:
    """Cut a tile out of the picture of all these looks, and ask on it for what can be asked there.

    ``others`` are names from other pictures: what of them is written nowhere here is asked for,
    too, and so is, now and then, what is almost a name that is here. Raises PictureLost.
    """
    image, look = _picture(looks[0].image), rng.choice(looks)
    tile, asked = _asked(_cut(image, spec, look, rng), looks, rng)
    while not asked:  # what is sought was cut through: around its middle it is not
        x, y = centre(look.box or (0, 0, image.width, image.height))
        middle = tiles.around(image, spec, x / image.width, y / image.height)
        tile, asked = _asked(middle, looks, rng)
    if others:
        almost = rng.random() < _ALMOST
        names = [*others, *([words.near_duplicate(rng, look.name)] if almost else [])]
        written = " ".join([run.text for run in look.runs] + [one.name for one in looks])
        absent = [name for name in names if name.casefold() not in written.casefold()]
        asked += [queries.bare(tile, name, None, rng) for name in absent if name]
    return tile, asked


def planned(episode: Episode) -> plans.Plan:
    """Return the plan of an instruction, of as many steps as a history can tell of."""
    moves = episode.moves[: len(STEPS)]
    begins, at = [], 0
    for move in moves:
        said = move.click or move.type or ""
        found = place(episode.goal, said, at)
        begins.append(found)
        at = found + len(said) if found != NOWHERE else at
    whole = episode.ended and len(moves) == len(episode.moves)
    return plans.laid_out(Goal(episode.goal, moves, tuple(begins)), ended=whole)


def place(goal: str, said: str, at: int = 0) -> int:
    """Return where in a goal whole words stand: next after ``at``, else first, or nowhere.

    Raises nothing; no words stand nowhere.
    """
    if not said:
        return NOWHERE
    found = re.finditer(rf"(?<!\w){re.escape(said)}(?!\w)", goal)
    starts = [match.start() for match in found]
    return next((start for start in starts if start >= at), starts[0] if starts else NOWHERE)


def _asked(cut: tiles.Tile, looks: Sequence[Look], rng: random.Random) -> tuple[Tile, list[Query]]:
    pixels = np.ascontiguousarray(np.asarray(cut.image.convert("RGB")))
    size = (cut.image.width, cut.image.height)
    runs = targets.runs_inside(looks[0].runs, (cut.left, cut.top), size)
    tile = Tile(pixels, tuple(runs), (), (), frozenset())
    asked: list[Query] = []
    for look in rng.sample(looks, len(looks)):
        box = None if look.box is None else _moved(look.box, cut.left, cut.top)
        element = None
        if box is not None and _whole(box, tile.size):
            element = _element(look.name, box, runs)
        elif box is not None and visible(box, *tile.size) >= _GONE:
            continue  # half of it is there: neither answer would be right
        if look.goal:
            named = (look.name, element)
            asked.append(queries.asked(tile, look.goal, look.done, named, look.way))
        asked.append(queries.bare(tile, look.name, element, rng, look.way))
    return tile, asked


def _element(name: str, box: Rect, runs: Sequence[Run]) -> Element:
    """Return what is to be found: clicked at its name where that is written in it, else inside."""
    written = (
        run.box
        for run in runs
        if run.text.strip().casefold() == name.casefold() and _inside(centre(run.box), box)
    )
    text = next(written, box)
    return Element("row", name, box, text, centre(text))


def _inside(point: tuple[float, float], box: Rect) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _cut(image: Image.Image, spec: TileSpec, look: Look, rng: random.Random) -> tiles.Tile:
    if look.box is None or rng.random() < _ELSEWHERE:
        return tiles.around(image, spec, rng.random(), rng.random())
    x = _middle(look.box[0], look.box[2], spec.width, rng)
    y = _middle(look.box[1], look.box[3], spec.height, rng)
    return tiles.around(image, spec, x / image.width, y / image.height)


def _middle(low: float, high: float, side: int, rng: random.Random) -> float:
    """Return where the middle of a tile may be, along one side, that holds low to high."""
    room = max(0.0, side - (high - low) - 2 * _EDGE)
    return (low + high) / 2 + (rng.random() - 0.5) * room


def _moved(box: Rect, left: int, top: int) -> Rect:
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top


def _whole(box: Rect, size: tuple[int, int]) -> bool:
    """Tell whether a target is whole on a tile, or one that no tile holds is around its middle."""
    if box[2] - box[0] > size[0] or box[3] - box[1] > size[1]:
        x, y = centre(box)
        return 0 <= x < size[0] and 0 <= y < size[1]
    return visible(box, *size) > _WHOLE


@lru_cache(maxsize=64)
def _picture(path: Path) -> Image.Image:
    try:
        with Image.open(path) as opened:
            return opened.convert("RGB")
    except (OSError, ValueError) as error:
        raise PictureLost(f"{path} cannot be read any more: {error}") from error
