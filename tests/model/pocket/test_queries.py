"""Queries ask what the tile holds, and packed ones do not see each other."""

import random

import numpy as np

from handrail.model.pocket import queries, screens, targets, theme
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.pocket.targets import Tile

ROWS, COLUMNS = 14, 20


def _tile(seed: int) -> Tile:
    spec = ScreenSpec(1280, 800, theme.training_faces())
    canvas = screens.screen(spec, random.Random(seed))
    return targets.cut(canvas, canvas.image(), 0, 0, 640, 448)


def test_coordinates_are_the_elements_points() -> None:
    tile = _tile(3)
    by_units = {targets.answer_units(tile, e) for e in tile.present}
    asked = queries.for_tile(tile, QueryMix(20, 2, 0), random.Random(1))
    assert asked
    for query in asked:
        assert query.units in by_units
        assert query.area is not None
        assert np.isclose(query.area.sum(), 1.0)
        x, y = (query.ids[row + 1] for row in query.look)
        assert (x - v.FIRST_X, y - v.FIRST_Y) == query.units
        assert query.labels[query.decide] == v.token(v.CALL_CLICK)


def test_absent_names_are_not_on_the_screen() -> None:
    tile = _tile(3)
    names = {e.name.casefold() for e in tile.present}
    for query in queries.for_tile(tile, QueryMix(0, 0, 12), random.Random(2)):
        assert query.area is None
        assert query.labels[query.decide] == v.token(v.ABSENT)
        said = bytes(i for i in query.ids[1 : query.decide + 1] if i < v.BYTES).decode()
        assert said.casefold() not in names


def test_packing_keeps_ids_positions_and_labels() -> None:
    tile = _tile(4)
    asked = queries.for_tile(tile, QueryMix(5, 1, 2), random.Random(3))
    packed = queries.pack([asked], ROWS, COLUMNS)
    head = len(queries.PREFIX) + ROWS * COLUMNS + 1
    start = len(queries.PREFIX) + COLUMNS + 1
    at = head
    for number, query in enumerate(asked):
        end = at + len(query.ids)
        assert packed.ids[0, at:end].tolist() == query.ids
        assert packed.labels[0, at:end].tolist() == query.labels
        assert (packed.owner[0, at:end] == number).all()
        first = start + query.shift
        assert (packed.positions[:, 0, at:end] == np.arange(first, first + len(query.ids))).all()
        at = end
    assert (packed.ids[0, len(queries.PREFIX) : head - 1] == v.token("<|image_pad|>")).all()
