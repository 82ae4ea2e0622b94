"""What closes a pop-up is asked for where one lies over a tile, and denied where none does."""

import random
from dataclasses import replace

import numpy as np

from handrail.model.pocket import closing, instructions, plans, queries
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.canvas import Element, Rect
from handrail.model.pocket.export import form
from handrail.model.pocket.queries import Query, QueryMix
from handrail.model.pocket.targets import Tile
from handrail.model.pocket.train import STAGES

MIX = QueryMix(0, 0, 0, closing=1.0)


def _element(name: str, box: Rect, closes: bool = False) -> Element:
    return Element(
        "button", name, box, box, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), closes=closes
    )


def _tile(present: tuple[Element, ...], unnamed: tuple[Element, ...] = ()) -> Tile:
    names = frozenset(e.name.casefold() for e in (*present, *unnamed))
    return Tile(np.zeros((448, 640, 3), np.uint8), (), present, (), names, unnamed)


SAVE = _element("Save", (10.0, 10.0, 90.0, 40.0))
CROSS = _element("x", (500.0, 100.0, 524.0, 124.0), closes=True)


def _asked(tile: Tile, mix: QueryMix = MIX, seed: int = 0) -> list[Query]:
    return queries.for_tile(tile, mix, random.Random(seed))


def test_what_closes_is_looked_for_where_it_is() -> None:
    (query,) = _asked(_tile((SAVE, CROSS)))
    assert query.labels[query.decide] == v.token(v.CALL_CLICK)
    x, y = (query.ids[row + 1] for row in query.look)
    assert (x - v.FIRST_X, y - v.FIRST_Y) == (round(512 / 0.64), 250)


def test_without_a_pop_up_it_is_not_there() -> None:
    (query,) = _asked(_tile((SAVE,)))
    assert query.labels[query.decide] == v.token(v.ABSENT)
    assert sum(
        bool(_asked(_tile((SAVE,)), replace(MIX, closing=0.3), s)) for s in range(300)
    ) in range(60, 120)


def test_one_of_several_that_share_a_name_will_do() -> None:
    twin = _element("x", (300.0, 300.0, 324.0, 324.0))
    (query,) = _asked(_tile((SAVE,), (CROSS, twin)))
    assert query.labels[query.decide] == v.token(v.CALL_CLICK)


def test_nothing_is_asked_where_it_is_cut_off() -> None:
    cut = _element("x", (630.0, 100.0, 654.0, 124.0), closes=True)
    assert _asked(_tile((SAVE,), (cut,))) == []


def test_a_clause_that_asks_for_it_is_planned_as_a_click_on_itself() -> None:
    clauses = [closing.clause(random.Random(seed)) for seed in range(60)]
    assert closing.PHRASE in {clause.text for clause in clauses}
    assert len({clause.text for clause in clauses}) > 8
    for clause in clauses:
        goal = instructions.goal(random.Random(1), [clause])
        plan = plans.laid_out(goal)
        said = v.tokenizer().decode(plan.ids, skip_special_tokens=False)
        assert f"{v.THINK_CLICK}{clause.text}" in said


def test_older_stages_never_ask() -> None:
    assert {name for name, stage in STAGES.items() if stage.mix and stage.mix.closing} == {"acts"}


def test_what_is_exported_says_how_it_is_asked_for() -> None:
    assert form()["closing"] == closing.PHRASE
