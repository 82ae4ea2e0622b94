"""Every suite of faults, at the few cases that fit the tests: ``make faults`` runs the rest."""

import pickle

import pytest

from handrail.tasks.results.result import Figure, Result, measured
from tests.faults.__main__ import again
from tests.faults.catalog import suites
from tests.faults.runner import Report, run_all, run_suite
from tests.faults.suite import Counts, Suite, Verdict


@pytest.mark.parametrize("suite", suites(), ids=lambda suite: suite.name.replace(" ", "-"))
def test_the_promise_holds_and_fails_without_its_defence(suite: Suite) -> None:
    report = run_suite(suite, "test", seed=1)
    assert report.problems == []
    assert report.defended.cases > 0


def test_names_are_unique_and_counts_only_grow() -> None:
    every = suites()
    assert len({suite.name for suite in every}) == len(every)
    for suite in every:
        assert 0 < suite.counts.test <= suite.counts.faults <= suite.counts.full


def test_a_broken_promise_and_a_blind_suite_are_told() -> None:
    suite = Suite(
        "P0", "nothing", ("none",), Counts(1, 1, 1), 1, lambda c, s, d: Verdict(c, [], [])
    )
    blind = Report(suite, Verdict(1, [], []), Verdict(1, [], []), 0.0)
    assert blind.problems == ["blind: without its defence it does not fail either"]
    broken = Report(suite, Verdict(9, ["x"] * 9, []), Verdict(1, ["y"], []), 0.0)
    assert broken.problems == ["broken: x"] * 5 + ["and 4 more"]
    assert (broken.figure().value, broken.figure().count) == (9, 9)


def crashing(count: int, seed: int, defended: bool) -> Verdict:
    raise ZeroDivisionError(f"no {count} in the world")


def quiet(count: int, seed: int, defended: bool) -> Verdict:
    return Verdict(count, [] if defended else ["told"], [])


def test_a_suite_that_crashes_is_told_and_the_others_run_on() -> None:
    suites = [
        Suite(name, "nothing", ("none",), Counts(3, 3, 3), 1, run)
        for name, run in (("P0 a", quiet), ("P0 b", crashing), ("P0 c", quiet))
    ]
    told = {one.suite.name: one.problems for one in run_all(suites, "test", seed=1, jobs=1)}
    crash = "broken: the suite crashed: ZeroDivisionError: no 3 in the world"
    assert told == {"P0 a": [], "P0 b": [crash], "P0 c": []}


def test_a_suite_that_is_counted_again_takes_its_row_and_says_so() -> None:
    def result(*rows: tuple[str, float], seed: int = 1) -> Result:
        figures = [Figure(name=name, value=value, note="fake") for name, value in rows]
        return measured("faults", "all", "make faults-full", seed, figures)

    earlier = result(("P0 a", 0), ("P0 b", 1), ("P0 c", 0))
    joined = again(earlier, result(("P0 b", 0)))
    assert [(f.name, f.value) for f in joined.figures] == [("P0 a", 0), ("P0 b", 0), ("P0 c", 0)]
    assert [f.note.startswith("fake; counted anew at commit ") for f in joined.figures] == [
        False, True, False
    ]  # fmt: skip
    assert (joined.commit, joined.date) == (earlier.commit, earlier.date)
    for other in (result(("P0 d", 0)), result(("P0 b", 0), seed=2)):
        with pytest.raises(ValueError, match="count all"):
            again(earlier, other)


def test_every_suite_can_be_given_to_a_process_of_its_own() -> None:
    """``make faults`` runs each in one."""
    assert len(pickle.loads(pickle.dumps(suites()))) == len(suites())
