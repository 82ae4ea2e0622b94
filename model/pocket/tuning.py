"""Tune the pocket model on other people's screens: all of its weights learn, by its own lessons.

A row is something to find on a picture, or an instruction with its steps. One step in three repeats
what was learned before, on screens that the renderer draws: a model that sees one application
alone forgets the others (rehearsal, after Robins, "Catastrophic forgetting, rehearsal and
pseudorehearsal", 1995).
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import load_config
from handrail.model.errors import TuningError, UnsupportedError
from handrail.model.learning import Optimizers
from handrail.model.pocket import lessons, plans, queries, states
from handrail.model.pocket.errors import PocketError
from handrail.model.pocket.lessons import Batch, Lesson
from handrail.model.pocket.losses import Scores, Weights
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.rows import Look, Rows, planned, shown
from handrail.model.pocket.shape import shape_of
from handrail.model.pocket.train import STAGES, loss_of, optimizers
from handrail.model.tile_format import TileFormat

_PICTURES, _QUERIES, _PLANS = 2, 10, 2
"""Of a step: pictures, questions about each, rows of two instructions."""
_REPEATED = 3


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
        self._plans = [planned(episode) for episode in rows.episodes]
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
        seen = [
            shown(self._looks[picture], self._tile, rng)
            for picture in _turn(self._pictures, f"{self._seed} pictures", number, _PICTURES)
        ]
        told = _turn(self._plans, f"{self._seed} plans", number, 2 * _PLANS)
        pairs = [told[i : i + 2] for i in range(0, len(told), 2)]
        asked = [asked[:_QUERIES] for _, asked in seen]
        return Batch(
            np.stack([tile.image for tile, _ in seen]) if seen else self._nothing(),
            None,
            [],
            queries.pack(asked, *self._own.grid) if asked else None,
            plans.pack(pairs) if pairs else None,
        )

    def _nothing(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        """Return a blank tile: where there are instructions alone, nothing is looked at."""
        return np.zeros((1, self._tile.height, self._tile.width, 3), np.uint8)


_T = TypeVar("_T")


def _turn(every: Sequence[_T], seed: str, number: int, count: int) -> list[_T]:
    """Return the members whose turn it is: each once, in another order each time."""
    chosen = []
    for index in range(number * count, (number + 1) * count if every else 0):
        order = list(range(len(every)))
        random.Random(f"{seed} {index // len(every)}").shuffle(order)
        chosen.append(every[order[index % len(every)]])
    return chosen
