"""Primitive events: counted, and ended before the next once a stop is there."""

import pytest

from handrail.actuators.errors import ActionInDoubt, ActionStopped
from handrail.actuators.primitives import Primitives, never


def test_a_stop_before_the_first_event_has_no_effect() -> None:
    with pytest.raises(ActionStopped):
        Primitives(lambda: True, 40, "characters").next()


def test_a_stop_between_two_events_tells_how_much_was_sent() -> None:
    answers = iter([False, False, True])
    events = Primitives(lambda: next(answers), 40, "characters")
    events.next(10)
    events.next(2)
    with pytest.raises(ActionInDoubt, match="stopped after 12 of 40 characters"):
        events.next()


def test_without_a_stop_everything_is_sent() -> None:
    events = Primitives(never, 3, "notches")
    for _ in range(3):
        events.next()
    assert events.done == 3
