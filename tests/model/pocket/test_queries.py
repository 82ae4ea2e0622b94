"""Queries ask what the tile holds, and packed ones do not see each other."""

import hashlib
import random

import numpy as np

from handrail.model.pocket import queries, screens, targets, theme
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.canvas import Element
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


def test_what_is_done_at_a_place_is_said_and_looked_for_alike() -> None:
    tile, ways = _tile(3), set()
    for query in queries.for_tile(tile, QueryMix(20, 6, 8, acts=0.8), random.Random(4)):
        thinks = {v.token(text): way for way, text in v.THINKS.items()}
        (at,) = (i for i, token in enumerate(query.ids) if token in thinks)
        way = thinks[query.ids[at]]
        here = query.area is not None
        assert query.labels[query.decide] == v.token(v.CALLS[way] if here else v.ABSENT)
        assert query.labels[query.decide] == query.ids[query.decide + 1]
        ways |= {way} if here else set()
        if at:  # a whole instruction is asked for its step
            assert query.labels[at - 1] == query.ids[at]
    assert ways == set(v.CALLS)


def test_a_drag_is_looked_for_once_the_pointer_was_moved_to_what_is_dragged() -> None:
    tile, name = _tile(3), _tile(3).present[0]
    for seed in range(400):
        query = queries.whole(tile, name.name, name, random.Random(seed), 1.0)
        if v.token(v.THINKS["drag to"]) in query.ids:
            break
    said = v.tokenizer().decode(query.ids, skip_special_tokens=False)
    asked, _, done = said.partition(v.PREVIOUS)
    assert "drag" in asked or "pull" in asked
    before = [line for line in done.splitlines() if line.startswith("Step")]
    assert "move to " in before[-1]
    assert before[-1].split("move to ")[1].removesuffix("<|im_end|>") in asked


def test_without_other_actions_the_same_is_drawn_as_before_there_were_any() -> None:
    boxes = [(x, y, x + 60.0, y + 20.0) for x in (10.0, 200.0) for y in (10.0, 90.0, 170.0)]
    names = ("Save", "Press me", "Delete", "Name", "Home", "More")
    elements = tuple(
        Element("field" if name == "Name" else "button", name, box, box, (box[0] + 9, box[1] + 9))
        for name, box in zip(names, boxes, strict=True)
    )
    empty, every = np.zeros((448, 640, 3), np.uint8), frozenset(n.casefold() for n in names)
    tile = Tile(empty, (), elements, ("Elsewhere", "Other"), every)
    drawn = queries.for_tile(tile, QueryMix(3, 3, 6), random.Random(8))
    said = repr([(q.ids, q.labels, q.weights, q.units, q.shift) for q in drawn])
    assert hashlib.sha256(said.encode()).hexdigest()[:16] == "74f45e08f046f1d1"


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
