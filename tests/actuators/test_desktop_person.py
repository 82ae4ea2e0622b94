"""A person's mouse pauses the run."""

import pytest

from handrail.actuators.desktop_person import PersonWatch
from handrail.actuators.errors import PersonActive


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_our_own_moves_are_no_person() -> None:
    watch = PersonWatch((1, 1), 3.0, Clock())
    watch.check((1, 1))
    watch.left((5, 5))
    watch.check((5, 5))


def test_a_move_pauses_until_the_pointer_lay_still() -> None:
    clock = Clock()
    watch = PersonWatch((1, 1), 3.0, clock)
    with pytest.raises(PersonActive, match=r"\(9, 9\) from \(1, 1\)"):
        watch.check((9, 9))
    clock.now = 2.9
    with pytest.raises(PersonActive):
        watch.check((9, 9))
    clock.now = 3.0
    watch.check((9, 9))
    watch.check((9, 9))
    with pytest.raises(PersonActive):
        watch.check((1, 1))


def test_every_move_starts_the_time_anew_also_one_seen_while_looking() -> None:
    clock = Clock()
    watch = PersonWatch((1, 1), 3.0, clock)
    watch.saw((2, 2))
    clock.now = 2.0
    watch.saw((3, 3))
    clock.now = 4.0
    with pytest.raises(PersonActive):
        watch.check((3, 3))
    clock.now = 5.0
    watch.check((3, 3))


def test_a_pointer_that_came_back_is_accepted() -> None:
    watch = PersonWatch((1, 1), 3.0, Clock())
    watch.saw((2, 2))
    watch.check((1, 1))
