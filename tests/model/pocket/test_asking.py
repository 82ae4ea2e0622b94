"""Queries that ask are asked for the true answer, a text letter by letter where it stands."""

import random

import numpy as np

from handrail.model.pocket import (
    asking,
    inquiries,
    lessons,
    queries,
    screens,
    targets,
    theme,
    train,
)
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.asking import AskMix
from handrail.model.pocket.inquiries import Inquiry
from handrail.model.pocket.queries import IGNORE, Query
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.pocket.targets import CELL, Tile

ROWS, COLUMNS = 14, 20
MIX = AskMix(tile=6)
_THINKS = {v.token(text): asked for asked, text in v.ASKS.items()}


def _tile(seed: int) -> Tile:
    spec = ScreenSpec(1280, 800, theme.training_faces())
    canvas = screens.screen(spec, random.Random(seed))
    return targets.cut(canvas, canvas.image(), 0, 0, 640, 448)


def _asked(seed: int, count: int = 40) -> list[tuple[Inquiry, Query]]:
    tile, out = _tile(seed), []
    for i in range(count):
        rng = random.Random(i)
        sort = rng.choice(tuple(asking._WEIGHTS))
        if (one := inquiries.drawn(tile, sort, rng, 0.3)) is not None:
            out.append((one, asking.query(tile, one, MIX, rng)))
    return out


def _reply(query: Query) -> list[int]:
    return query.labels[query.decide : -1]


def test_the_true_answer_is_asked_for() -> None:
    seen = set()
    for one, query in [*_asked(3), *_asked(5)]:
        end = v.token("<|im_end|>")
        if one.answer is None:
            wanted = [v.token(v.ABSENT), end]
        elif one.question == "read":
            text = [*one.answer.encode(), v.token(v.END_TYPE)]
            wanted = [v.token(v.CALL_ANSWER), *text, end]
        else:
            wanted = [v.token(v.YES if one.answer == "yes" else v.NO), end]
        assert _reply(query) == wanted
        assert query.ids[query.decide + 1 :] == wanted
        assert query.weights[query.decide] == queries.DECIDE
        assert len(query.ids) == len(query.labels) == len(query.weights)
        seen.add((one.question, one.answer is None))
    assert len(seen) >= 5


def test_the_question_stands_before_the_answer() -> None:
    for one, query in _asked(4):
        (at,) = (i for i, token in enumerate(query.ids) if token in _THINKS)
        assert _THINKS[query.ids[at]] == one.question
        said = query.ids[at + 1 : query.decide + 1]
        assert bool(one.name) is (one.point is None)
        if one.point is None:
            assert bytes(i for i in said if i < v.BYTES).decode() in one.name
            assert not query.look
        else:
            x, y = targets.units(_tile(4), one.point)
            assert said == [v.FIRST_X + x, v.FIRST_Y + y]
        if at:  # a whole instruction is asked for its question
            assert query.labels[at - 1] == query.ids[at]
        else:
            assert query.labels[: query.decide] == [IGNORE] * query.decide


def test_a_letter_is_looked_for_where_it_stands() -> None:
    read = [(one, query) for one, query in _asked(5) if one.run is not None and one.answer]
    assert read
    for one, query in read:
        assert one.run is not None
        assert len(query.reads) == len(one.run.text.strip().encode()) + 1
        for (row, area), x in zip(query.reads, one.run.centres, strict=False):
            assert query.labels[row] == query.ids[row + 1]
            cell = int(one.run.middle // CELL) * COLUMNS + int(x // CELL)
            assert np.isclose(area.sum(), 1.0)
            assert area[cell] > 0
            assert np.count_nonzero(area) <= 4
        assert query.labels[query.reads[-1][0]] == v.token(v.END_TYPE)


def test_packed_questions_keep_their_areas_and_ask_for_no_coordinates() -> None:
    tile = _tile(6)
    asked = asking.for_tile(tile, AskMix(tile=8), random.Random(2))
    clicks = queries.for_tile(tile, queries.QueryMix(3, 1, 1), random.Random(2))
    packed = queries.pack([[*clicks, *asked]], ROWS, COLUMNS)
    looks = [q for q in (*clicks, *asked) if q.look]
    assert len(packed.coordinates) == len(looks)
    assert len(packed.rows) == len(packed.areas)
    reading = sum(len(q.reads) for q in asked)
    assert reading > 0
    assert len(packed.rows) == sum(1 + len(q.look) + len(q.reads) for q in (*clicks, *asked))
    for row, area in zip(packed.rows, packed.areas, strict=True):
        assert packed.labels[row] != IGNORE or len(area)


def test_asking_nothing_draws_nothing() -> None:
    rng, untouched = random.Random(1), random.Random(1)
    assert asking.for_tile(_tile(3), AskMix(), rng) == []
    assert rng.random() == untouched.random()


def test_only_the_last_stage_asks() -> None:
    assert [name for name, s in train.STAGES.items() if s.asks != AskMix()] == ["acts"]
    lesson = train.STAGES["acts"]
    assert lesson.asks.tile > 0
    assert 0 < lesson.asks.plans < 1
    rng, labels = random.Random(4), set()
    for tile in lessons.tiles(lesson, rng):
        for query in asking.for_tile(tile, lesson.asks, rng):
            labels |= set(query.labels)
    assert labels & {v.token(text) for text in (v.CALL_ANSWER, v.YES, v.NO)}
