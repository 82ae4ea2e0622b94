"""Stopping on a real display: in the middle of typing, with nothing left down, and by keys."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Drag, Press, Scroll, Type
from handrail.actuators.desktop_screen import Desktop
from handrail.actuators.errors import ActionInDoubt, ActionStopped, EnvironmentMissing
from handrail.actuators.geometry import Point
from handrail.actuators.primitives import Safeguards
from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_input import X11Input
from handrail.actuators.x11_probe import ProbeWindow
from handrail.actuators.x11_stop_key import X11StopKey
from handrail.actuators.xvfb import VirtualDisplay

if TYPE_CHECKING:
    from tests.actuators.conftest import Desk

MIDDLE = Point(x=300, y=250)


def stopping(desk: "Desk", stopped: Callable[[], bool]) -> Desktop:
    assert isinstance(desk.actuator, Desktop)
    desk.actuator.safeguards = Safeguards(stopped=stopped)
    return desk.actuator


def idle(display: VirtualDisplay) -> bool:
    """Tell whether no key and no button is down, once the display has read what was sent to it."""
    link = X11Link(display.name)
    try:
        hands = X11Input(link)
        return link.wait_until(
            lambda: not hands.keys_down() and not hands.pointer().mask & 0x1FFF, 5
        )
    finally:
        link.close()


def test_typing_ends_before_the_next_character(
    display: VirtualDisplay, desk: "Desk", probe: ProbeWindow
) -> None:
    desk.do(Click(point=MIDDLE))
    stopping(desk, lambda: len(probe.text) >= 5)
    with pytest.raises(ActionInDoubt, match=r"stopped after \d+ of 20000 characters") as ended:
        desk.do(Type(text="aBé中" * 5_000))
    sent = int(str(ended.value).split()[2])
    assert probe.wait(lambda: len(probe.text) == sent)
    assert probe.text == ("aBé中" * sent)[:sent]
    assert 5 <= sent < 20_000
    assert idle(display)


@pytest.mark.parametrize(
    "action",
    [
        Type(text="Abc"),
        Press(keys=("ctrl", "shift", "a")),
        Click(point=MIDDLE, count=3),
        Drag(start=MIDDLE, end=Point(x=400, y=300)),
        Scroll(point=MIDDLE, dy=-500),
    ],
)
def test_nothing_stays_down_wherever_the_stop_comes(
    display: VirtualDisplay, desk: "Desk", probe: ProbeWindow, action: Click
) -> None:
    for events in (0, 1, 2, 3, 10):
        asked = iter([False] * events)
        stopping(desk, lambda left=asked: next(left, True))  # type: ignore[misc]
        told = ""
        try:
            desk.do(action)
        except (ActionStopped, ActionInDoubt) as error:
            told = str(error)
        assert not told or f"stopped after {events} of" in told or events == 0
        assert told or events > 2
        assert idle(display), f"{action.kind} after {events} events"


def test_the_stop_keys_are_heard_once_each_time(
    display: VirtualDisplay, desk: "Desk", probe: ProbeWindow
) -> None:
    heard = threading.Semaphore(0)
    keys = X11StopKey(display.name, heard.release)
    desk.do(Click(point=MIDDLE), Press(keys=("ctrl", "a")), Press(keys=("shift", "esc")))
    link = X11Link(display.name)
    hands = X11Input(link)
    codes = [link.display.keysym_to_keycode(symbol) for symbol in (0xFFE4, 0xFFE1, 0xFF1B)]
    for _ in range(2):
        for code in codes:
            hands.key(code, True)
        assert heard.acquire(timeout=10)
        for code in reversed(codes):
            hands.key(code, False)
        assert link.wait_until(lambda: not hands.keys_down(), 10)
        threading.Event().wait(0.1)  # two periods of the listener: it has seen them up
    assert not heard.acquire(blocking=False)
    keys.close()
    keys.close()
    link.close()


def test_a_display_that_is_not_there_has_no_keys() -> None:
    with pytest.raises(EnvironmentMissing):
        X11StopKey(":4711", lambda: None)
