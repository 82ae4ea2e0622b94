"""Queries ask what the tile holds, and packed ones do not see each other."""

import random

import numpy as np

from handrail.model.pocket import instructions, lessons, queries, screens, targets, theme
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.lessons import Lesson
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


def _end_of_the_prompt(ids: list[int]) -> int:
    opening = v.encode(v.ASSISTANT)
    begins = (i for i in range(len(ids)) if ids[i : i + len(opening)] == opening)
    return next(begins) + len(opening)


def test_plans_end_with_the_turn_or_with_a_name() -> None:
    rng = random.Random(5)
    for query in (queries.plan(rng) for _ in range(50)):
        begins = _end_of_the_prompt(query.ids) - 1
        asked = query.labels[begins:-1]
        assert asked[0] in {v.token(t) for t in (v.THINK_CLICK, v.CALL_TYPE, v.FINISH)}
        names = asked[0] == v.token(v.THINK_CLICK)
        ending = query.labels[-1] if names else asked[-1]
        assert ending == v.token(v.CALL_CLICK if names else "<|im_end|>")


def test_the_steps_that_were_done_are_learned_but_not_how_many() -> None:
    rng, learned = random.Random(6), 0
    for query in (queries.plan(rng) for _ in range(50)):
        if v.token(v.PREVIOUS) not in query.ids:
            continue
        at = query.ids.index(v.token(v.PREVIOUS))
        assert all(label == queries.IGNORE for label in query.labels[: at + 1])
        end = _end_of_the_prompt(query.ids) - len(v.encode(v.ASSISTANT))
        past = range(at + 1, end)
        assert query.labels[end - 1] == queries.IGNORE
        for i in past:
            assert query.labels[i] in (queries.IGNORE, query.ids[i + 1])
            learned += query.labels[i] != queries.IGNORE
        numbers = [i for i in past if query.ids[i + 1] in {v.token(s) for s in v.STEPS}]
        assert all(query.labels[i] == queries.IGNORE for i in numbers)
    assert learned > 200


def test_of_two_plans_in_a_row_the_longest_is_beside_the_shortest() -> None:
    lesson = Lesson((256, 192), 1, 1.0, QueryMix(2, 0, 0), plans=16)
    made = lessons.batch(lesson, random.Random(7))
    assert made.plans is not None
    lengths = [(made.plans.owner == owner).sum(1).tolist() for owner in (0, 1)]
    assert len(lengths[0]) == 8
    assert lengths[0] == sorted(lengths[0])
    assert lengths[1] == sorted(lengths[1], reverse=True)
    assert 0 < lengths[0][0] <= lengths[0][-1] <= lengths[1][-1]


def test_what_chooses_a_step_counts_more_than_what_copies_it() -> None:
    rng = random.Random(8)
    for query in (queries.plan(rng) for _ in range(30)):
        begins = _end_of_the_prompt(query.ids)
        assert query.weights[begins - 1] == 3.0
        if query.ids[begins] == v.token(v.THINK_CLICK):
            assert query.weights[begins] == 3.0
            assert set(query.weights[begins + 1 :]) == {1.0}


def test_every_step_is_said_in_the_words_of_the_instruction() -> None:
    rng = random.Random(9)
    for _ in range(200):
        clauses = [instructions.random_clause(rng) for _ in range(3)]
        goal = instructions.goal(rng, clauses)
        for move in (m for c in clauses for m in c.moves):
            assert (move.click or move.type or "") in goal
