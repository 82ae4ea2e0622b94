"""A course says when learning slows down, when processes meet, and when something is due."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from handrail.model.pocket.course import Course, Interval, Reached
from handrail.model.pocket.progress import Log, Told, rows
from handrail.model.pocket.quiz import Tally

BY_MINUTES = Course("x", minutes=10.0, rate=1.0, decay=0.5, seed=1, warm_up=4)
BY_STEPS = Course("x", minutes=0.0, rate=1.0, decay=0.5, seed=1, steps=100, warm_up=4)


def test_the_rate_rises_and_falls_with_the_place_in_the_course() -> None:
    assert [BY_MINUTES.rate_at(step, 0.0) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert BY_MINUTES.rate_at(99, 4.9) == 1.0
    assert BY_MINUTES.rate_at(99, 7.5) == pytest.approx(0.5)
    assert BY_MINUTES.rate_at(99, 9.99) == pytest.approx(0.03)
    # by steps the time is of no matter
    assert BY_STEPS.rate_at(49, 1e6) == 1.0
    assert BY_STEPS.rate_at(75, 0.0) == pytest.approx(0.5)


def test_a_course_goes_on_from_what_was_reached() -> None:
    reached = Reached(9.0, (80, 70))
    assert [reached.step(rank) for rank in range(3)] == [80, 70, 0]
    assert not BY_MINUTES.over(reached, 0)
    assert BY_MINUTES.over(Reached(10.0, (80,)), 0)
    assert not BY_STEPS.over(Reached(1e6, (99,)), 0)
    assert BY_STEPS.over(Reached(1e6, (100,)), 0)


def test_processes_meet_as_often_whoever_is_quicker() -> None:
    assert [BY_MINUTES.meetings(0, minutes) for minutes in (0.0, 0.7, 2.1, 9.9, 50.0)] == [
        0, 1, 3, 14, 15,
    ]  # fmt: skip
    assert [BY_STEPS.meetings(step, 0.0) for step in (0, 15, 16, 100, 200)] == [0, 0, 1, 6, 6]


def test_seeds_of_stages_seeds_and_processes_differ() -> None:
    other = Course("y", 10.0, 1.0, 0.5, seed=1), Course("x", 10.0, 1.0, 0.5, seed=2)
    drawn = [course.drawn(rank) for course in (BY_MINUTES, *other) for rank in (0, 1)]
    assert len(set(drawn)) == len(drawn)


def test_an_interval_is_due_once_and_never_without_minutes() -> None:
    every, never = Interval(2.0, begun=5.0), Interval(0.0, begun=0.0)
    assert [every.due(now) for now in (6.9, 7.0, 7.1, 9.2)] == [False, True, False, True]
    assert not never.due(1e9)


def test_rows_that_a_stopped_sitting_did_not_keep_are_dropped(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    written = [json.dumps({"step": step, "minutes": step / 10}) for step in (25, 50, 75)]
    file.write_text("\n".join(written) + '\n{"step": 100, "min')
    log = Log(file, Reached(5.5, (55,)))
    log.write({"step": 75, "minutes": 7.7})
    log.close()
    assert [row["minutes"] for row in rows(file)] == [2.5, 5.0, 7.7]
    Log(file, Reached()).close()
    assert rows(file) == [], "what begins anew has no rows yet"


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere() -> None:
    seen = {}
    for terminal in (True, False):
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=120, highlight=False)
        told = Told(BY_MINUTES, Reached(2.0, (100,)), console)
        told.step(Reached(2.5, (110,)), {"near": 0.5, "own": 0.1}, line=False)
        told.step(Reached(3.0, (125,)), {"near": 0.5, "own": 0.1}, line=True)
        told.examined({"named": Tally(7, 8)}, Reached(3.0, (125,)), 1.5)
        told.step(Reached(3.5, (150,)), {"near": 0.5}, line=True)
        told.close()
        seen[terminal] = out.getvalue()
    assert seen[False].splitlines() == [
        "x: 3.0 of 10 min, step 125, 25 steps/min  near 50%",
        "x: examined at 3.0 min, step 125 (1.5 s): named 87.5%",
        "x: 3.5 of 10 min, step 150, 33 steps/min  named 88%",
    ]
    assert "━" in seen[True]
    assert "2.5 of 10 min, step 110" in seen[True], "a bar goes on at every step"
    assert "examined at 3.0 min, step 125 (1.5 s): named 87.5%" in seen[True]
