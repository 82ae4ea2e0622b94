"""A browser whose driver answers no more: every call says so in an error of this folder."""

from collections.abc import Coroutine, Iterator
from types import SimpleNamespace
from typing import TypeVar, cast

import pytest

from handrail.actuators.browser import Browser
from handrail.actuators.browser_launch import Running
from handrail.actuators.browser_loop import LoopThread
from handrail.actuators.errors import ObservationFailed, Unreachable
from handrail.actuators.geometry import Point
from tests.actuators.conftest import Office

T = TypeVar("T")


class Silent(LoopThread):
    """A loop on which nothing ever comes to an end."""

    def call(self, work: Coroutine[object, object, T], timeout: float) -> T:
        work.close()
        raise TimeoutError


async def _close() -> None:
    return None


@pytest.fixture
def silent() -> Iterator[Browser]:
    tabs = SimpleNamespace(questions_seen=0)
    running = cast(Running, SimpleNamespace(tabs=tabs, close=_close))
    browser = Browser(Silent("silent"), running, Office())
    yield browser
    browser.close()


def test_looks_fail_and_an_address_is_unreachable(silent: Browser) -> None:
    with pytest.raises(ObservationFailed, match="did not answer"):
        silent.observe()
    with pytest.raises(ObservationFailed, match="did not answer"):
        silent.hit_test(Point(x=1, y=1))
    with pytest.raises(ObservationFailed, match="did not answer"):
        silent.focused()
    with pytest.raises(Unreachable, match="did not answer"):
        silent.goto("about:blank")


def test_it_closes_without_a_word(silent: Browser) -> None:
    silent.close()
    silent.close()
