"""Take plain ground out of a batch: merged tokens whose cells show one colour (see ``ground``).

The finished model does not look at them, and a training step is a third shorter without them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from handrail.model.ground import drawn_cells
from handrail.model.pocket import queries
from handrail.model.pocket.queries import Packed
from handrail.model.pocket.targets import CELL, Floats, RunTargets

Cells = NDArray[np.int64]
_HEAD = len(queries.PREFIX)
_LEAST = 1e-3


def kept_cells(images: NDArray[np.uint8], asked: Packed | None) -> list[Cells]:
    """Return which merged tokens of each tile (B, H, W, 3) stay, ascending.

    All that something is drawn on, and where a target shows nothing but ground, its own middle.
    """
    kept = []
    for number, image in enumerate(images):
        drawn = drawn_cells(torch.from_numpy(image[None]), CELL).numpy()
        wanted = [] if asked is None else _areas_of(asked, number)
        missed = [int(area.argmax()) for area in wanted if area[drawn].sum() < _LEAST]
        kept.append(np.union1d(drawn, np.array(missed, np.int64)))
    return kept


def _areas_of(asked: Packed, number: int) -> list[Floats]:
    rows = zip(asked.rows, asked.areas, strict=True)
    return [area for (tile, _), area in rows if tile == number and len(area)]


def letters(every: NDArray[np.int64], kept: Sequence[Cells]) -> NDArray[np.int64]:
    """Return the letters (B * patches, 4) of the patches that stay."""
    tiles = every.reshape(len(kept), -1, 4, every.shape[-1])
    left = [tile[cells] for tile, cells in zip(tiles, kept, strict=True)]
    return np.concatenate(left).reshape(-1, every.shape[-1])


def runs(every: Sequence[RunTargets], kept: Sequence[Cells]) -> list[RunTargets]:
    """Return what merged tokens must say of the text over them, of those that stay."""
    return [
        RunTargets(one.words[cells], one.x[cells], one.y[cells])
        for one, cells in zip(every, kept, strict=True)
    ]


def packed(asked: Packed, kept: Sequence[Cells], count: int) -> Packed:
    """Return packed queries without the tokens of ground; each tile had ``count`` of them."""
    columns = [_columns(asked, b, cells, count) for b, cells in enumerate(kept)]
    out = queries.blank(len(kept), max(len(c) for c in columns))
    for b, chosen in enumerate(columns):
        size = len(chosen)
        out.positions[:, b, :size] = asked.positions[:, b, chosen]
        for name in ("ids", "owner", "turn", "until", "labels", "weights"):
            getattr(out, name)[b, :size] = getattr(asked, name)[b, chosen]
    gone = [count - len(cells) for cells in kept]
    areas = [
        _left(area, kept[tile]) for (tile, _), area in zip(asked.rows, asked.areas, strict=True)
    ]
    return replace(
        out,
        rows=[(tile, row - gone[tile]) for tile, row in asked.rows],
        areas=areas,
        coordinates=[(tile, row - gone[tile], x, y) for tile, row, x, y in asked.coordinates],
        quoted=[(b, row - gone[b], source - gone[b]) for b, row, source in asked.quoted],
    )


def _columns(asked: Packed, b: int, cells: Cells, count: int) -> NDArray[np.int64]:
    """Return which columns of a row stay, its padding left out."""
    end = int((asked.owner[b] != queries.PADDING).nonzero()[0][-1]) + 1
    return np.concatenate([np.arange(_HEAD), _HEAD + cells, np.arange(_HEAD + count, end)])


def _left(area: Floats, cells: Cells) -> Floats:
    if not len(area):
        return area
    kept = area[cells]
    return np.asarray(kept / max(1e-6, kept.sum()), np.float32)
