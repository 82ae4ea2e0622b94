"""P15: input goes to targets that can take it, and to no other.

A target that is not unique, not visible, not still, out of bounds, covered, disabled or (for text)
not editable is refused, with that reason, before the first input event; what the screen or the page
itself saw of it tells whether anything was sent. Every screen is tried again with its fault mended.
"""

from tests.faults.actionable import tried
from tests.faults.actionable_browser import browser_ground
from tests.faults.actionable_fake import FakeGround
from tests.faults.suite import Counts, Suite, Verdict


def _fake(count: int, seed: int, defended: bool) -> Verdict:
    return tried(FakeGround(), count, seed, defended)


def _browser(count: int, seed: int, defended: bool) -> Verdict:
    with browser_ground() as ground:
        return tried(ground, count, seed, defended)


SUITES = (
    Suite(
        "P15 fake",
        "A target that cannot take an action is refused, with the reason, before any input",
        ("fake",),
        Counts(test=28, faults=280, full=280),
        10,
        _fake,
    ),
    Suite(
        "P15 browser",
        "On pages, too: refused for the one of seven reasons, and the page heard nothing",
        ("browser",),
        Counts(test=2, faults=21, full=280, undefended=7),
        45,
        _browser,
    ),
)
