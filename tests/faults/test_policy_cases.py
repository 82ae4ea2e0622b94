"""The cases of P2 depend on the seed alone, so that a failure can be looked at again."""

from tests.faults.policy_files import files
from tests.faults.policy_spelling import spellings


def test_cases_depend_on_the_seed_alone() -> None:
    assert files(20, 7, False) == files(20, 7, False)
    assert spellings(20, 7, False) == spellings(20, 7, False)
