"""The desktop actuator on a virtual display: what arrives in a window, and what never does."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from Xlib import X
from Xlib.display import Display

from handrail.actuators.actions import (
    Action,
    Answer,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
)
from handrail.actuators.desktop import DesktopConfig
from handrail.actuators.desktop_devices import Area
from handrail.actuators.errors import (
    ActionInDoubt,
    ActionRefused,
    EnvironmentMissing,
    PermitRefused,
    PersonActive,
)
from handrail.actuators.geometry import Point
from handrail.actuators.x11_probe import ProbeWindow
from handrail.actuators.xvfb import VirtualDisplay

if TYPE_CHECKING:
    from tests.actuators.conftest import Desk

INSIDE = Point(x=300, y=250)


def _buttons(probe: ProbeWindow) -> list[int]:
    return [a.detail for a in list(probe.arrivals) if a.kind == "press"]


def _at(x: int, y: int) -> Point:
    return Point(x=x, y=y)


@pytest.mark.parametrize(
    ("click", "buttons"),
    [
        (Click(point=INSIDE), [1]),
        (Click(point=INSIDE, count=3), [1, 1, 1]),
        (Click(point=INSIDE, button="middle"), [2]),
        (Click(point=INSIDE, button="right", count=2), [3, 3]),
    ],
)
def test_clicks(desk: "Desk", probe: ProbeWindow, click: Click, buttons: list[int]) -> None:
    receipt = desk.do(click)
    assert probe.wait(lambda: sum(a.kind == "release" for a in probe.arrivals) == len(buttons)), (
        probe.arrivals
    )
    assert _buttons(probe) == buttons
    assert {(a.x, a.y) for a in probe.arrivals if a.kind == "press"} == {(300, 250)}
    assert desk.office.spent == [click]
    assert receipt.note == ""


def test_two_clicks_are_no_double_click(desk: "Desk", probe: ProbeWindow) -> None:
    desk.do(Click(point=INSIDE), Click(point=INSIDE))
    assert probe.wait(lambda: len(_buttons(probe)) == 2)
    first, second = (a.time for a in probe.arrivals if a.kind == "press")
    assert second - first >= 450


def test_move_is_read_back(desk: "Desk", display: VirtualDisplay) -> None:
    desk.do(Move(point=_at(799, 599)))
    link = Display(display.name)
    seen = link.screen().root.query_pointer()
    link.close()
    assert (seen.root_x, seen.root_y) == (799, 599)


@pytest.mark.parametrize(
    ("dx", "dy", "buttons"),
    [(0, 150, [4, 4, 4]), (0, -1, [5]), (120, 0, [7, 7]), (-50, 0, [6]), (0, 0, [])],
)
def test_scroll_directions(
    desk: "Desk", probe: ProbeWindow, dx: int, dy: int, buttons: list[int]
) -> None:
    desk.do(Scroll(point=INSIDE, dx=dx, dy=dy), Move(point=_at(310, 250)))
    assert probe.wait(lambda: any(a.x == 310 for a in probe.arrivals))
    assert _buttons(probe) == buttons


def test_scroll_without_a_point_is_where_the_pointer_is(desk: "Desk", probe: ProbeWindow) -> None:
    desk.do(Move(point=_at(320, 260)), Scroll(dy=50))
    assert probe.wait(lambda: _buttons(probe) == [4])
    assert [(a.x, a.y) for a in probe.arrivals if a.kind == "press"] == [(320, 260)]


@pytest.mark.parametrize("start", [None, _at(200, 200)])
def test_drag_goes_in_steps(desk: "Desk", probe: ProbeWindow, start: Point | None) -> None:
    desk.do(Move(point=_at(200, 200)), Drag(start=start, end=_at(400, 300)))
    assert probe.wait(lambda: any(a.kind == "release" for a in probe.arrivals))
    seen = probe.arrivals
    down = next(i for i, a in enumerate(seen) if a.kind == "press")
    up = next(i for i, a in enumerate(seen) if a.kind == "release")
    assert (seen[down].x, seen[down].y) == (200, 200)
    assert (seen[up].x, seen[up].y) == (400, 300)
    assert sum(a.kind == "move" for a in seen[down:up]) >= 20


def test_drag_moves_a_window(desk: "Desk", probe: ProbeWindow, display: VirtualDisplay) -> None:
    before = display.wait_for_window(probe.title, 10).area
    title = _at(before.left + 150, before.top - 8)
    desk.do(Drag(start=title, end=_at(title.x + 90, title.y + 40)))
    moved = (before.left + 90, before.top + 40)

    def arrived() -> bool:
        now = display.wait_for_window(probe.title, 10).area
        return (now.left, now.top) == moved

    assert probe.wait(arrived)


def test_what_does_not_fit_is_refused_and_no_permit_spent(desk: "Desk", probe: ProbeWindow) -> None:
    wrong: list[Action] = [
        Click(point=_at(800, 10)),
        Drag(end=_at(10, 600)),
        Press(keys=("ctrl", "nokey")),
        Type(text="a\x1b"),
        Terminate(status="success"),
        Answer(text="42"),
    ]
    for action in wrong:
        with pytest.raises(ActionRefused):
            desk.do(action)
    assert desk.office.spent == []
    assert not probe.arrivals


def test_acting_needs_a_look_first(desk: "Desk") -> None:
    from tests.actuators.conftest import Pass

    with pytest.raises(ActionRefused, match="look at the screen"):
        desk.actuator.perform(Click(point=INSIDE), Pass())


def test_nothing_is_sent_without_a_permit(desk: "Desk", probe: ProbeWindow) -> None:
    desk.office.refusing = True
    for action in (Click(point=INSIDE), Type(text="abc"), Press(keys=("a",)), Wait(seconds=9)):
        with pytest.raises(PermitRefused):
            desk.do(action)
    desk.office.refusing = False
    desk.do(Move(point=INSIDE))
    assert probe.wait(lambda: bool(probe.arrivals))
    assert {a.kind for a in probe.arrivals} == {"move"}


def test_waits(desk: "Desk") -> None:
    assert desk.do(Wait(seconds=0.05)).seconds >= 0.05


def test_a_persons_mouse_pauses_the_run(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]", probe: ProbeWindow
) -> None:
    desk = open_desk(DesktopConfig(virtual=display, still_seconds=0.3))
    desk.do(Move(point=_at(10, 10)))
    person = Display(display.name)
    person.screen().root.warp_pointer(350, 280)
    person.sync()
    person.close()
    with pytest.raises(PersonActive, match="someone moved the pointer"):
        desk.do(Click(point=INSIDE))
    assert _buttons(probe) == []
    assert len(desk.office.spent) == 1
    desk.do(Wait(seconds=0.3))
    desk.do(Click(point=INSIDE))
    assert probe.wait(lambda: _buttons(probe) == [1])


def test_a_held_button_or_key_pauses_the_run(desk: "Desk", display: VirtualDisplay) -> None:
    person = Display(display.name)
    try:
        for kind, detail in ((X.ButtonPress, 1), (X.KeyPress, person.keysym_to_keycode(0xFFE3))):
            person.xtest_fake_input(kind, detail)
            person.sync()
            with pytest.raises(PersonActive, match="held down"):
                desk.do(Press(keys=("a",)))
            person.xtest_fake_input(kind + 1, detail)
            person.sync()
    finally:
        person.close()
    desk.do(Press(keys=("a",)))


def test_a_person_who_interrupts_typing_leaves_it_in_doubt(
    desk: "Desk", display: VirtualDisplay, probe: ProbeWindow
) -> None:
    desk.do(Click(point=INSIDE))
    person = Display(display.name)

    def interrupt() -> None:
        probe.wait(lambda: len(probe.text) >= 64)
        person.screen().root.warp_pointer(20, 20)
        person.sync()

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(ActionInDoubt, match="someone moved the pointer"):
        desk.do(Type(text="x" * 20_000))
    other.join()
    person.close()
    assert 64 <= len(probe.text) < 20_000


def test_a_display_that_ends_during_an_action_leaves_it_in_doubt(
    open_desk: "Callable[[DesktopConfig], Desk]",
) -> None:
    display = VirtualDisplay.start(320, 240, wm=False)
    desk = open_desk(DesktopConfig(virtual=display))
    desk.actuator.observe()
    end = threading.Timer(0.1, display.close)
    end.start()
    with pytest.raises(ActionInDoubt, match="went away"):
        desk.do(Drag(start=_at(5, 5), end=_at(300, 200)))
    end.join()
    with pytest.raises(EnvironmentMissing):
        desk.do(Click(point=_at(5, 5)))


def test_the_clicked_window_is_in_front_when_the_click_returns(
    desk: "Desk", probe: ProbeWindow, display: VirtualDisplay
) -> None:
    with ProbeWindow(display.name, "Second", Area(550, 300, 200, 200)) as second:
        display.wait_for_window("Second", 10)
        for _ in range(5):
            desk.do(Click(point=_at(650, 400)), Type(text="2"))
            desk.do(Click(point=_at(200, 200)), Type(text="1"))
        assert probe.wait(lambda: len(probe.text) == 5 and len(second.text) == 5)
        assert (probe.text, second.text) == ("11111", "22222")
        assert desk.actuator.observe().surface.window.raw == probe.title


def test_pixels_are_what_the_window_shows(desk: "Desk", probe: ProbeWindow) -> None:
    desk.do(Move(point=_at(5, 5)))
    seen = desk.actuator.observe()
    assert seen.image.mode == "RGB"
    assert seen.image.size == (800, 600)
    assert seen.image.getpixel((300, 250)) == (255, 255, 255)
    assert seen.surface.window.raw == probe.title
    found = desk.actuator.hit_test(INSIDE)
    assert found is not None
    assert (found.role, found.name.raw) == ("window", probe.title)
    assert found.box.contains(INSIDE)
    assert desk.actuator.hit_test(_at(799, 599)) is None
