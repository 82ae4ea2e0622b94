"""Waiting for a still screen: equal frames end it, animations are bounded, looks may fail."""

from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from handrail.actuators.errors import ObservationFailed
from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.observation import Observation, ScreenText, Surface
from handrail.agent.stability import Watch


class FakeClock:
    """Time that passes only when it is slept."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def look(shade: int, *notices: str) -> Observation:
    return Observation(
        image=Image.new("RGB", (4, 3), (shade % 256, 0, 0)),
        geometry=ScreenGeometry(width=4, height=3),
        time=0.0,
        surface=Surface(kind="fake", name="test"),
        notices=tuple(ScreenText(notice) for notice in notices),
    )


def screen(*looks: Observation | None) -> Callable[[], Observation]:
    """Return an ``observe`` that gives these looks; None is a look that fails; the last stays."""
    frames: Iterator[Observation | None] = iter(looks)
    last: list[Observation | None] = [None]

    def observe() -> Observation:
        last[0] = next(frames, last[0])
        if last[0] is None:
            raise ObservationFailed("no picture")
        return last[0]

    return observe


def test_a_still_screen_takes_two_looks() -> None:
    clock = FakeClock()
    assert Watch(screen(look(1)), clock, quiet=0.2).settled() == look(1)
    assert clock.time == pytest.approx(100.2)


def test_a_changing_screen_is_awaited() -> None:
    clock = FakeClock()
    watch = Watch(screen(look(1), look(2), look(3), look(4), look(4)), clock, quiet=0.2)
    assert watch.settled().fingerprint == look(4).fingerprint
    assert clock.time == pytest.approx(100.8)


def test_an_animation_is_taken_as_it_is_at_the_limit() -> None:
    clock = FakeClock()
    shades = iter(range(1000))
    watch = Watch(lambda: look(next(shades)), clock, quiet=0.2, limit=4)
    watch.settled()
    assert clock.time == pytest.approx(104.0, abs=0.3)


def test_a_look_that_fails_is_made_again() -> None:
    clock = FakeClock()
    seen = Watch(screen(None, None, look(1)), clock).settled()
    assert seen.fingerprint == look(1).fingerprint


def test_a_screen_that_never_answers_is_an_error_at_the_limit() -> None:
    clock = FakeClock()
    with pytest.raises(ObservationFailed):
        Watch(screen(None), clock, limit=4).settled()
    assert clock.time == pytest.approx(104.0, abs=0.3)


def test_no_notice_is_lost_between_looks() -> None:
    seen = Watch(screen(look(1, "a"), look(2, "b"), look(2, "c")), FakeClock()).settled()
    assert [notice.raw for notice in seen.notices] == ["a", "b", "c"]
