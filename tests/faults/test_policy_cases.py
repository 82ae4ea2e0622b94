"""P2 at small counts: it holds, and each part fails without its defence."""

from collections.abc import Callable

import pytest

from tests.faults.policy_files import files
from tests.faults.policy_layers import ACTIONS_EACH, monotone
from tests.faults.policy_spelling import Found, spellings

Part = Callable[[int, int, bool], Found]


@pytest.mark.parametrize(
    ("part", "count", "least"),
    [(spellings, 500, 500), (files, 150, 150), (monotone, 60, 60 * ACTIONS_EACH)],
)
def test_the_promise_holds_and_fails_without_its_defence(
    part: Part, count: int, least: int
) -> None:
    cases, failures = part(count, 1, True)
    assert failures == []
    assert cases >= least
    _, undefended = part(count // 3, 1, False)
    assert undefended


def test_cases_depend_on_the_seed_alone() -> None:
    assert files(20, 7, False) == files(20, 7, False)
    assert spellings(20, 7, False) == spellings(20, 7, False)
