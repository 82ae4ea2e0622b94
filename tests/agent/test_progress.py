"""A run that goes round in circles, and actions that may have had their effect already."""

import pytest

from handrail.actuators.actions import Action, Click, Press, Scroll, Type, Wait
from handrail.actuators.geometry import Point
from handrail.agent.progress import Progress
from handrail.sandbox.gate import Outcome

BUY = Click(point=Point(x=10, y=10))
DOUBT = Outcome("in_doubt", "commit", "timed out")


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (Wait(seconds=1), Outcome("done", "observe", "")),
        (Scroll(dy=-100), Outcome("done", "navigate", "")),
        (Type(text="x"), Outcome("failed", "edit", "the page is still busy: wait")),
        (Type(text="x"), Outcome("withdrawn", "edit", "the screen changed")),
        (Press(keys=("enter",)), DOUBT),
    ],
    ids=lambda value: value.kind,
)
def test_nothing_that_changes_nothing_ends_a_doubt(action: Action, outcome: Outcome) -> None:
    progress = Progress()
    progress.note("before", BUY, DOUBT)
    progress.note("before", action, outcome)
    assert "already have had its effect" in progress.stuck("after", BUY)


def test_another_change_ends_a_doubt() -> None:
    progress = Progress()
    progress.note("before", BUY, DOUBT)
    progress.note("before", Type(text="x"), Outcome("done", "edit", ""))
    assert not progress.stuck("after", BUY)
