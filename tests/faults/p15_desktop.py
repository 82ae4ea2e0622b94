"""P15 on a real display: input goes to targets that can take it, and to no other."""

from tests.faults.actionable import tried
from tests.faults.actionable_desktop import desktop_ground
from tests.faults.suite import Counts, Suite, Verdict


def _desktop(count: int, seed: int, defended: bool) -> Verdict:
    with desktop_ground() as ground:
        return tried(ground, count, seed, defended)


SUITES = (
    Suite(
        "P15 desktop",
        "In programs on a display, too: refused for the one of seven reasons, and nothing arrived",
        ("desktop",),
        Counts(test=2, faults=35, full=280, undefended=7),
        60,
        _desktop,
    ),
)
