"""Clauses that ask for more than clicks and typing say what is to be done, and nothing else."""

import hashlib
import random

import pytest

from handrail.model.pocket import acts, closing, instructions, plans
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Clause, Move

DRAWN = [acts.clause(random.Random(seed), 1.0) for seed in range(1500)]


def _said(line: str) -> set[str]:
    return {clause.text for clause in DRAWN if clause.moves == (Move(do=line),)}


def test_every_action_that_can_be_said_is_asked_for() -> None:
    assert {c.moves[0].do for c in DRAWN if c.moves[0].do} == set(v.DEEDS)
    assert {c.moves[-1].way for c in DRAWN if c.moves[0].click} == set(v.CALLS)
    clicks = [c for c in DRAWN if c.moves[0].click and c.moves[0].way == "click"]
    assert all(c.text == c.moves[0].click for c in clicks), "of clicks only those that close"


def test_keys_are_spelled_as_people_write_them() -> None:
    assert {"press Enter", "hit Enter", "press the Enter key", "press Return"} <= _said(
        "press enter"
    )
    assert {"press Esc", "hit Escape"} <= _said("press escape")
    save = {
        text for c in ("Ctrl+", "Ctrl-", "Control-") for text in _said("press ctrl+s") if c in text
    }
    assert all(text.casefold().endswith("s") for text in save)
    assert len(save) >= 3


def test_a_place_is_named_in_the_words_of_the_clause() -> None:
    for clause in DRAWN:
        for move, begin in zip(clause.moves, clause.begins, strict=True):
            if move.click is not None:
                assert clause.text[begin:].startswith(move.click)
            else:
                assert 0 <= begin < len(clause.text)


def test_a_drag_begins_at_what_is_dragged() -> None:
    dragged = [clause for clause in DRAWN if clause.moves[-1].way == "drag to"]
    assert len(dragged) > 50
    for clause in dragged:
        first, last = clause.moves
        assert first.way == "move to"
        assert first.click != last.click
        assert clause.begins[0] < clause.begins[1], "named first, done first"


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("press Delete", "Delete", "click Delete"),
        ("press page up", "page up", "click page up"),
        ("press Deleted", "Deleted", "press Deleted"),
        ("select Home", "Home", "select Home"),
    ],
)
def test_no_button_is_pressed_that_is_named_like_a_key(text: str, name: str, wanted: str) -> None:
    clause = Clause(text, (Move(name),), (text.index(name),))
    settled = acts.settled(clause)
    assert settled.text == wanted
    assert settled.moves == clause.moves
    assert settled.text[settled.begins[0] :] == name


def test_what_is_typed_is_settled_already() -> None:
    clause = Clause("type Enter", (Move(type="Enter"),), (5,))
    assert acts.settled(clause) == clause


def test_a_share_is_a_share() -> None:
    clauses = [acts.clause(random.Random(seed), 0.3) for seed in range(1000)]
    closed = {closing.phrase(random.Random(seed)) for seed in range(200)}
    asked = sum(
        c.moves[0].do is not None or c.moves[0].way != "click" or c.text in closed for c in clauses
    )
    assert 0.25 < asked / len(clauses) < 0.35


def test_stages_without_a_share_draw_what_they_always_drew() -> None:
    mine, theirs = random.Random(3), random.Random(3)
    for _ in range(50):
        assert acts.way(mine, 0.0) == "click"
        assert acts.clause(mine, 0.0) == instructions.random_clause(theirs)
    made = hashlib.sha256()
    for seed in range(40):
        plan = plans.plan(random.Random(seed))
        made.update(repr((plan.ids, plan.labels, plan.weights, plan.quoted)).encode())
    assert made.hexdigest()[:16] == "c389e5d131f53acb"
