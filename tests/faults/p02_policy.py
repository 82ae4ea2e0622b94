"""P2: the policy is typed and blind to order, and a denial more never allows more."""

from collections.abc import Callable
from functools import partial

from tests.faults.policy_files import files
from tests.faults.policy_layers import ACTIONS_EACH, monotone
from tests.faults.policy_spelling import Found, spellings
from tests.faults.suite import Counts, Suite, Verdict


def _run(
    part: Callable[[int, int, bool], Found], note: str, count: int, seed: int, defended: bool
) -> Verdict:
    cases, failures = part(count, seed, defended)
    return Verdict(cases, failures, [note] if note else [])


SUITES = (
    Suite(
        "P2 spelling",
        "No way of writing an action changes what is decided about it",
        ("policy",),
        Counts(test=500, faults=5_000, full=5_000, undefended=1_000),
        5,
        partial(_run, spellings, ""),
    ),
    Suite(
        "P2 files",
        "A misspelt policy file is refused or means the same",
        ("policy",),
        Counts(test=150, faults=1_000, full=1_000, undefended=250),
        5,
        partial(_run, files, ""),
    ),
    Suite(
        "P2 layers",
        "Another denial or another file that restricts never allows more",
        ("policy",),
        Counts(test=60, faults=1_000, full=5_000, undefended=50),
        20,
        partial(_run, monotone, f"sets of policies with {ACTIONS_EACH} actions each"),
    ),
)
