"""Turn a drawn screen into tiles, and a tile into what each patch and each merged token must know.

A patch is 16 x 16 pixels, a merged token 32 x 32 (two by two patches). Coordinates are 0..1000 of
the
tile's sides.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from handrail.model.pocket.canvas import Canvas, Element, Rect, Run, Value
from handrail.model.pocket.shots import Labels

PATCH = 16
CELL = 32
SLOTS = 4
_LETTERS = {"ł": "l", "Ł": "L", "ß": "s", "ø": "o", "æ": "a", "œ": "o", "đ": "d"}
"""Letters that are no others with an accent, and what they look like most."""
WORD = 12
"""Leading characters of a run that each merged token under it learns to say."""
UNKNOWN = -100

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tile:
    """A window of a screen, in its own pixels: image (H, W, 3) uint8, runs and elements inside.

    ``unnamed`` are elements of which something can be seen, and which cannot be asked for by name:
    cut off by the tile's edge or by what lies over them, or not the only one of their name on the
    screen. ``values`` are those that are seen with what they are known by. ``drawn``: it was drawn
    here, and so all that is written on it is known.
    """

    image: NDArray[np.uint8]
    runs: tuple[Run, ...]
    present: tuple[Element, ...]
    absent: tuple[str, ...]
    every_name: frozenset[str]
    unnamed: tuple[Element, ...] = ()
    values: tuple[Value, ...] = ()
    drawn: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]


def _shift(box: Rect, x: float, y: float) -> Rect:
    return box[0] - x, box[1] - y, box[2] - x, box[3] - y


def visible(box: Rect, width: int, height: int) -> float:
    """Return the share of a box's area that lies inside a tile."""
    w = max(0.0, min(box[2], width) - max(box[0], 0))
    h = max(0.0, min(box[3], height) - max(box[1], 0))
    return w * h / max(1e-6, (box[2] - box[0]) * (box[3] - box[1]))


def cut(
    canvas: Canvas | Labels, image: NDArray[np.uint8], x: int, y: int, width: int, height: int
) -> Tile:
    """Cut a tile out of a screen.

    An element counts as present when its text and its answer point are well inside, as absent when
    its text is outside; between the two it is not asked about. Names that stand twice are neither.
    Of rows and columns that go on outside of the tile nobody can say which is the first.
    """
    counts: dict[str, int] = {}
    for element in canvas.elements:
        counts[element.name.casefold()] = counts.get(element.name.casefold(), 0) + 1
    present, absent, unnamed = [], [], []
    torn = {
        e.group
        for e in (*canvas.elements, *canvas.partly)
        if visible(_shift(e.box, x, y), width, height) == 0
    }
    for e in canvas.elements:
        box, alone = _shift(e.box, x, y), counts[e.name.casefold()] == 1
        text, point = _shift(e.text_box, x, y), (e.point[0] - x, e.point[1] - y)
        seen = visible(text, width, height)
        inside = seen > 0.97 and 3 <= point[0] < width - 3 and 3 <= point[1] < height - 3
        group = 0 if e.group in torn else e.group
        moved = replace(e, box=box, text_box=text, point=point, group=group)
        if alone and inside:
            present.append(moved)
            continue
        if alone and seen < 0.25:
            absent.append(e.name)
        if visible(box, width, height) > 0:
            unnamed.append(moved)
    for e in canvas.partly:
        if visible(box := _shift(e.box, x, y), width, height) > 0:
            unnamed.append(replace(e, box=box, text_box=_shift(e.text_box, x, y)))
    runs = runs_inside(canvas.runs, (x, y), (width, height))
    pixels = np.ascontiguousarray(image[y : y + height, x : x + width])
    tile = Tile(
        pixels, tuple(runs), tuple(present), tuple(absent), frozenset(counts), tuple(unnamed)
    )
    if not isinstance(canvas, Canvas):
        return tile
    near = (_moved(value, x, y) for value in canvas.values if counts.get(value.row.casefold()) == 1)
    whole = [v for v in near if all(visible(b, width, height) > 0.97 for b in (v.box, *v.named))]
    return replace(tile, values=tuple(whole), drawn=True)


def _moved(value: Value, x: float, y: float) -> Value:
    named = tuple(_shift(box, x, y) for box in value.named)
    return replace(value, box=_shift(value.box, x, y), named=named)


def runs_inside(runs: Sequence[Run], corner: tuple[int, int], size: tuple[int, int]) -> list[Run]:
    """Return the lines of text of a tile at a corner of the screen, in the tile's own pixels."""
    (x, y), inside = corner, []
    for r in runs:
        box = _shift(r.box, x, y)
        if visible(box, *size) > 0:
            centres = tuple(c - x for c in r.centres)
            inside.append(replace(r, box=box, centres=centres, middle=r.middle - y))
    return inside


def merge_order(grid: Ints) -> Ints:
    """Reorder (patch rows, patch columns, K) into the model's order: 2 x 2 blocks, row-major."""
    rows, columns, depth = grid.shape
    blocks = grid.reshape(rows // 2, 2, columns // 2, 2, depth).transpose(0, 2, 1, 3, 4)
    return blocks.reshape(-1, depth)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Return the letter below an accent: what patches and tokens say knows no others."""
    bare = unicodedata.normalize("NFD", character)[0]
    return _LETTERS.get(bare, bare)


def characters(tile: Tile) -> Ints:
    """Return for each patch the character in each quarter of it: 0 for none, else byte - 31."""
    width, height = tile.size
    out = np.zeros((height // PATCH, width // PATCH, SLOTS), np.int64)
    for run in tile.runs:
        row = int(run.middle // PATCH)
        if not 0 <= row < height // PATCH:
            continue
        for character, x in zip(run.text, run.centres, strict=True):
            if character != " " and 0 <= x < width:
                out[row, int(x // PATCH), int(x % PATCH * SLOTS / PATCH)] = max(
                    0, min(95, ord(_plain(character)) - 31)
                )
    return merge_order(out)


def known_characters(tile: Tile) -> Ints:
    """Return the same where not all is known that is written: -100 where no known text is."""
    found = characters(tile)
    return np.where(found.any(-1, keepdims=True), found, UNKNOWN)


@dataclass(frozen=True)
class RunTargets:
    """For each merged token and each half of its height (shape (cells, 2, ...)): -100 where no
    text is.

    ``words``: the run's first characters (bytes - 32, 95 after the end). ``x``, ``y``: where a
    click
    on that text should go, 0..1000.
    """

    words: Ints
    x: Ints
    y: Ints


def run_targets(tile: Tile) -> RunTargets:
    """Return what merged tokens must say about the text that covers them."""
    width, height = tile.size
    rows, columns = height // PATCH, width // CELL
    said = np.full((rows, columns, WORD), -100, np.int64)
    where = np.full((rows, columns, 2), -100, np.int64)
    best = np.zeros((rows, columns))
    answers = {e.text_box: e.point for e in tile.present}
    for run in tile.runs:
        left, _, right, _ = run.box
        top, bottom = run.middle - run.size * 0.5, run.middle + run.size * 0.5
        point = answers.get(run.box, ((left + right) / 2, run.middle))
        first = [ord(_plain(c)) - 32 for c in run.text[:WORD]]
        codes = ([max(0, min(94, code)) for code in first] + [95] * WORD)[:WORD]
        for i in range(max(0, int(top // PATCH)), min(rows - 1, int(bottom // PATCH)) + 1):
            tall = min(bottom, (i + 1) * PATCH) - max(top, i * PATCH)
            if tall < 0.3 * min(PATCH, bottom - top):
                continue
            for j in range(max(0, int(left // CELL)), min(columns - 1, int(right // CELL)) + 1):
                wide = min(right, (j + 1) * CELL) - max(left, j * CELL)
                if wide > 5 and wide * tall > best[i, j]:
                    best[i, j] = wide * tall
                    said[i, j], where[i, j] = (
                        codes,
                        (_unit(point[0], width), _unit(point[1], height)),
                    )
    folded = [
        a.reshape(rows // 2, 2, columns, -1)
        .transpose(0, 2, 1, 3)
        .reshape(rows // 2 * columns, 2, -1)
        for a in (said, where)
    ]
    return RunTargets(folded[0], folded[1][..., 0], folded[1][..., 1])


def _unit(value: float, side: int) -> int:
    return int(max(0, min(1000, round(value / side * 1000))))


def answer_units(tile: Tile, element: Element) -> tuple[int, int]:
    """Return the element's answer point in 0..1000 of the tile's sides."""
    return units(tile, element.point)


def units(tile: Tile, point: tuple[float, float]) -> tuple[int, int]:
    """Return a point in 0..1000 of the tile's sides."""
    return _unit(point[0], tile.size[0]), _unit(point[1], tile.size[1])


def cells(tile: Tile, box: Rect) -> Floats:
    """Return each merged token's share of a box's area, shape (cells,), summing to 1."""
    rows, columns = tile.size[1] // CELL, tile.size[0] // CELL
    ys, xs = np.arange(rows) * CELL, np.arange(columns) * CELL
    tall = np.clip(np.minimum(box[3], ys + CELL) - np.maximum(box[1], ys), 0, None)
    wide = np.clip(np.minimum(box[2], xs + CELL) - np.maximum(box[0], xs), 0, None)
    area = np.outer(tall, wide).reshape(-1)
    return np.asarray(area / max(1e-6, area.sum()), np.float32)
