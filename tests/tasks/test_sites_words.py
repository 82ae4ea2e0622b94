"""The words of the bundled pages: distinct labels, short values, the same for the same seed."""

import itertools
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.tasks.sites.forms import form_task
from handrail.tasks.sites.goals import (
    PageGoal,
    note_goal,
    page_goal,
    settings_goal,
    signin_goal,
)
from handrail.tasks.sites.render import render
from handrail.tasks.sites.words import Drawer, clearly_different, distance

_T = TypeVar("_T")
MAKERS = (signin_goal, settings_goal, form_task)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("save", "Save", 0), ("kitten", "sitting", 3), ("", "abc", 3), ("tab", "bat", 2)],
)
def test_distance_is_levenshtein(one: str, other: str, edits: int) -> None:
    assert distance(one, other) == distance(other, one) == edits


def test_labels_that_hold_each_other_are_not_clearly_different() -> None:
    assert not clearly_different("Save", "Save changes")
    assert not clearly_different("Reports", "Report")
    assert clearly_different("Reports", "Contacts")


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_every_page_keeps_the_rules_for_words(make: Callable[[int], PageGoal], seed: int) -> None:
    goal = make(seed)
    labels = [c.label for c in goal.plan.controls()]
    assert all(len(label) <= 18 and len(label.split()) <= 2 for label in labels)
    for one, other in itertools.combinations(labels, 2):
        assert clearly_different(one, other), (one, other)
    prose = f"{goal.plan.brand}|{goal.plan.heading}|{goal.plan.lead}".casefold()
    assert not [label for label in labels if label.casefold() in prose]
    assert all(0 < len(c.text) <= 14 for c in goal.clauses if c.verb == "type")
    assert 1 <= len(goal.clauses) <= 4
    assert goal.plan.theme.size in (14, 15, 16)


def test_the_same_seed_gives_the_same_page_and_another_seed_another() -> None:
    for make in MAKERS:
        one, again, other = make(11), make(11), make(12)
        assert one == again
        assert one.text != other.text
        assert render(one.plan, one.plan.start(), "/x") == render(
            again.plan, again.plan.start(), "/x"
        )


def test_goals_are_worded_as_agreed() -> None:
    goal = signin_goal(3)
    first, second, *_ = goal.clauses
    assert goal.text.startswith(
        f"type {first.text} into {first.control.label}, type {second.text} into "
    )
    assert goal.text.endswith(f", then click {goal.clauses[-1].control.label}")
    note = note_goal(3)
    assert note.text == f"type {note.words}, click File, then click Save"
    assert note.after == note.words.encode()
    assert len(note.words) <= 14


def test_form_tasks_vary() -> None:
    tasks = [form_task(seed) for seed in range(100)]
    assert len({t.text for t in tasks}) == 100
    assert {len(t.clauses) for t in tasks} == {2, 3, 4}
    kinds = {c.control.kind for t in tasks for c in t.clauses}
    assert kinds == {"field", "check", "tab", "menu", "submit", "button", "link"}


def test_a_goal_of_five_clauses_is_refused() -> None:
    goal = signin_goal(1)
    with pytest.raises(ValueError, match="1 to 4 clauses, not 5"):
        page_goal(goal.plan, (goal.clauses[0],) * 5)


class _Stuck(random.Random):
    """Always picks the first."""

    def random(self) -> float:
        return 0.0

    def choice(self, seq: Sequence[_T]) -> _T:  # type: ignore[override]
        return seq[0]


def test_a_drawer_that_runs_out_says_so() -> None:
    drawer = Drawer(_Stuck())
    drawer.label("secret")
    with pytest.raises(ValueError, match="no further secret label fits beside 1 others"):
        drawer.label("secret")
