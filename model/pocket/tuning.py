"""Tune the pocket model on other people's screens: all of its weights learn, by its own lessons.

A row is something to find on a picture, or an instruction with its steps. One step in three repeats
what was learned before, on screens that the renderer draws: a model that sees one application
alone forgets the others (rehearsal, after Robins, "Catastrophic forgetting, rehearsal and
pseudorehearsal", 1995).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor, nn

from handrail.model import tiles
from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import load_config
from handrail.model.errors import TuningError, UnsupportedError
from handrail.model.learning import Optimizers
from handrail.model.pocket import lessons, plans, queries, states
from handrail.model.pocket.canvas import Element, Rect, centre
from handrail.model.pocket.errors import PocketError
from handrail.model.pocket.instructions import Goal, Move
from handrail.model.pocket.lessons import Batch, Lesson
from handrail.model.pocket.losses import Scores, Weights
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.queries import Query
from handrail.model.pocket.shape import shape_of
from handrail.model.pocket.targets import Tile, visible
from handrail.model.pocket.train import STAGES, loss_of, optimizers
from handrail.model.pocket.vocabulary import STEPS
from handrail.model.tile_format import TileFormat

_PICTURES, _QUERIES, _PLANS = 2, 10, 2
"""Of a step: pictures, questions about each, rows of two instructions."""
_REPEATED = 3
_ELSEWHERE = 0.2
"""How often a tile is shown wherever the target is."""
_WHOLE, _GONE, _EDGE = 0.97, 0.25, 4.0


@dataclass(frozen=True)
class Look:
    """A name to be found on a picture: its box in pixels, or None where it is not there.

    ``goal`` and ``done`` are the instruction and the steps before, with which it is asked for.
    """

    image: Path
    name: str
    box: Rect | None
    goal: str
    done: tuple[Move, ...] = ()


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


def load_net(folder: Path, seed: int) -> TrainingNetwork:
    """Load a checkpoint of the pocket model's family for training.

    Raises TuningError, UnsupportedError, CheckpointError.
    """
    config = load_config(CheckpointFolder(folder))
    if config.quantization is not None:
        raise UnsupportedError(
            f"{folder} is quantized and cannot be tuned: tune the original, and quantize the "
            "result with `handrail model quantize`"
        )
    net = TrainingNetwork(build(shape_of(config), seed))
    try:
        states.load(net, folder)
    except (OSError, RuntimeError, KeyError, SafetensorError) as error:
        raise TuningError(
            f"{folder} cannot be tuned: it is not of the pocket model's family, or lacks its "
            f"training heads ({str(error).splitlines()[0]})"
        ) from error
    return net


class PocketPupil:
    """The pocket model, and all the rows that it learns."""

    def __init__(self, net: TrainingNetwork, rows: Rows, form: TileFormat, seed: int) -> None:
        self._net, self._tile, self._seed = net, form.tile, seed
        self._looks: dict[Path, list[Look]] = {}
        for look in rows.looks:
            self._looks.setdefault(look.image, []).append(look)
        self._pictures = list(self._looks)
        self._plans = [_plan(episode) for episode in rows.episodes]
        size = (form.tile.width, form.tile.height)
        self._own = Lesson(size, _PICTURES, 0.0, None)
        self._before = replace(STAGES["tiles"], tile=size, batch=1, plans=4)

    def weights(self) -> list[nn.Parameter]:
        """Return all weights: the heads that are not kept learn, too."""
        return list(self._net.parameters())

    def optimizers(self, rate: float) -> Optimizers:
        """Return the trainer's optimizers."""
        return optimizers(self._net, rate)

    def loss(self, step: int) -> Tensor:
        """Return the trainer's loss on a step's rows, or on what the renderer draws.

        Raises TuningError where it cannot draw, or a picture has gone.
        """
        repeats = step % _REPEATED == _REPEATED - 1
        rng = random.Random(f"{self._seed} {step}")
        try:
            batch = lessons.batch(self._before, rng) if repeats else self._batch(step, rng)
        except PocketError as error:
            raise TuningError(str(error)) from error
        lesson = self._before if repeats else self._own
        with torch.autocast(self._net.embedding.device.type, torch.bfloat16):
            return loss_of(self._net, batch, lesson, Weights(), Scores())

    def state(self) -> dict[str, Tensor]:
        """Return all weights by name."""
        return self._net.state_dict()

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take them back."""
        self._net.load_state_dict(state)

    def _batch(self, step: int, rng: random.Random) -> Batch:
        number = step - step // _REPEATED  # steps that repeat take no rows
        shown = [
            self._shown(self._looks[picture], rng)
            for picture in _turn(self._pictures, f"{self._seed} pictures", number, _PICTURES)
        ]
        told = _turn(self._plans, f"{self._seed} plans", number, 2 * _PLANS)
        pairs = [told[i : i + 2] for i in range(0, len(told), 2)]
        return Batch(
            np.stack([tile.image for tile, _ in shown]) if shown else self._nothing(),
            None,
            [],
            queries.pack([asked for _, asked in shown], *self._own.grid) if shown else None,
            plans.pack(pairs) if pairs else None,
        )

    def _nothing(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        """Return a blank tile: where there are instructions alone, nothing is looked at."""
        return np.zeros((1, self._tile.height, self._tile.width, 3), np.uint8)

    def _shown(self, looks: Sequence[Look], rng: random.Random) -> tuple[Tile, list[Query]]:
        """Cut a tile out of a picture, and ask on it for what can be asked there."""
        image, look = _picture(looks[0].image), rng.choice(looks)
        tile, asked = self._asked(self._cut(image, look, rng), looks, rng)
        while not asked:  # what is sought was cut through: around its middle it is not
            x, y = centre(look.box or (0, 0, image.width, image.height))
            middle = tiles.around(image, self._tile, x / image.width, y / image.height)
            tile, asked = self._asked(middle, looks, rng)
        return tile, asked[:_QUERIES]

    def _asked(
        self, cut: tiles.Tile, looks: Sequence[Look], rng: random.Random
    ) -> tuple[Tile, list[Query]]:
        pixels = np.ascontiguousarray(np.asarray(cut.image.convert("RGB")))
        tile = Tile(pixels, (), (), (), frozenset())
        asked: list[Query] = []
        for look in rng.sample(looks, len(looks)):
            box = None if look.box is None else _moved(look.box, cut.left, cut.top)
            element = None
            if box is not None and _whole(box, tile.size):
                element = Element("row", look.name, box, box, centre(box))
            elif box is not None and visible(box, *tile.size) >= _GONE:
                continue  # half of it is there: neither answer would be right
            asked.append(queries.asked(tile, look.goal, look.done, (look.name, element)))
            asked.append(queries.bare(tile, look.name, element, rng))
        return tile, asked

    def _cut(self, image: Image.Image, look: Look, rng: random.Random) -> tiles.Tile:
        if look.box is None or rng.random() < _ELSEWHERE:
            return tiles.around(image, self._tile, rng.random(), rng.random())
        x = _middle(look.box[0], look.box[2], self._tile.width, rng)
        y = _middle(look.box[1], look.box[3], self._tile.height, rng)
        return tiles.around(image, self._tile, x / image.width, y / image.height)


_T = TypeVar("_T")


def _turn(every: Sequence[_T], seed: str, number: int, count: int) -> list[_T]:
    """Return the members whose turn it is: each once, in another order each time."""
    chosen = []
    for index in range(number * count, (number + 1) * count if every else 0):
        order = list(range(len(every)))
        random.Random(f"{seed} {index // len(every)}").shuffle(order)
        chosen.append(every[order[index % len(every)]])
    return chosen


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
        raise TuningError(f"{path} cannot be read any more: {error}") from error


def _plan(episode: Episode) -> plans.Plan:
    moves = episode.moves[: len(STEPS)]
    said, begins, at = episode.goal.encode(), [], 0
    for move in moves:
        words = (move.click or move.type or "").encode()
        found = said.find(words, at)
        found = said.find(words) if found < 0 else found
        begins.append(found)
        at = found + len(words) if found >= 0 else at
    whole = episode.ended and len(moves) == len(episode.moves)
    return plans.laid_out(Goal(episode.goal, moves, tuple(begins)), ended=whole)
