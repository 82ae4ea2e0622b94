"""A step without plain ground asks the same questions about what is left."""

import random
from dataclasses import replace

import numpy as np
import pytest

from handrail.model.pocket import lessons, queries, thinning
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.lessons import Batch, Lesson
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.train import STAGES

COUNT = 280
IMAGE = v.token("<|image_pad|>")
LESSON = Lesson(lessons.TILE, 4, 0.2, QueryMix(6, 1, 2), plans=2)


@pytest.fixture(scope="module")
def whole() -> Batch:
    return lessons.batch(LESSON, random.Random(11))


@pytest.fixture(scope="module")
def thin(whole: Batch) -> Batch:
    return lessons.without_ground(whole, COUNT)


def test_each_tile_has_a_token_for_each_cell_that_is_left(whole: Batch, thin: Batch) -> None:
    assert thin.asked is not None
    assert whole.asked is not None
    assert thin.kept is not None
    left = [len(cells) for cells in thin.kept]
    assert (thin.asked.ids == IMAGE).sum(1).tolist() == left
    assert all(30 < count < COUNT for count in left)
    assert thin.asked.ids.shape[1] < whole.asked.ids.shape[1]


def test_the_same_is_said_and_looked_for(whole: Batch, thin: Batch) -> None:
    full, less = whole.asked, thin.asked
    assert full is not None
    assert less is not None
    assert thin.kept is not None
    asked = full.labels != queries.IGNORE
    assert less.labels[less.labels != queries.IGNORE].tolist() == full.labels[asked].tolist()
    for (tile, row), (same, old) in zip(less.rows, full.rows, strict=True):
        assert tile == same
        assert less.ids[tile, row] == full.ids[tile, old]
        assert less.positions[:, tile, row].tolist() == full.positions[:, tile, old].tolist()
    for (tile, row, x, y), (_, old, *units) in zip(less.coordinates, full.coordinates, strict=True):
        assert [x, y] == units
        assert less.ids[tile, row] == full.ids[tile, old]
    for (tile, _), area, before in zip(less.rows, less.areas, full.areas, strict=True):
        assert len(area) == (len(thin.kept[tile]) if len(before) else 0)
        assert not len(area) or np.isclose(area.sum(), 1.0)


def test_a_target_that_is_nowhere_on_the_tile_teaches_nothing() -> None:
    """No share of an area of nothing is a number: one such row ended a training."""
    asked = queries.pack([[queries.Query([65, 66], [66, -100], [1.0, 1.0], decide=0)]], 14, 20)
    asked.areas[0] = np.zeros(COUNT, np.float32)
    less = thinning.packed(asked, [np.arange(40)], COUNT)
    assert less.areas[0].tolist() == [0.0] * 40


def test_a_cells_position_and_targets_go_with_it(whole: Batch, thin: Batch) -> None:
    assert whole.asked is not None
    assert thin.asked is not None
    assert thin.kept is not None
    assert whole.letters is not None
    assert thin.letters is not None
    head, begun = len(queries.PREFIX), 0
    for tile, cells in enumerate(thin.kept):
        mine = thin.asked.positions[:, tile, head : head + len(cells)]
        assert mine.tolist() == whole.asked.positions[:, tile, head + cells].tolist()
        assert thin.runs[tile].words.tolist() == whole.runs[tile].words[cells].tolist()
        every = whole.letters.reshape(len(thin.kept), COUNT, 4, -1)[tile, cells]
        some = thin.letters[begun : begun + 4 * len(cells)]
        assert some.tolist() == every.reshape(len(some), -1).tolist()
        begun += 4 * len(cells)


def test_no_letter_is_lost(whole: Batch, thin: Batch) -> None:
    assert whole.letters is not None
    assert thin.letters is not None
    assert (thin.letters > 0).sum() == (whole.letters > 0).sum()


def test_a_target_without_ink_keeps_its_middle() -> None:
    image = np.zeros((1, 448, 640, 3), np.uint8)
    image[0, 3, 3] = 255
    ids = [v.token(v.THINK_CLICK), *b"Ground"]
    area = np.zeros(COUNT, np.float32)
    area[45] = 1.0
    made = queries.Query(ids, [queries.IGNORE] * 7, [0.0] * 7)
    asked = queries.pack([[replace(made, decide=4, look=(5, 6), area=area)]], 14, 20)
    (kept,) = thinning.kept_cells(image, asked)
    assert kept.tolist() == [0, 45]
    assert thinning.packed(asked, [kept], COUNT).areas[0].tolist() == [0.0, 1.0]


def test_only_the_last_stage_leaves_ground_out() -> None:
    assert {name for name, stage in STAGES.items() if stage.ground < 1} == {"acts"}
    shown = [
        lessons.batch(replace(LESSON, ground=0.3, batch=1, plans=0), random.Random(s)).kept is None
        for s in range(60)
    ]
    assert 8 < sum(shown) < 30
