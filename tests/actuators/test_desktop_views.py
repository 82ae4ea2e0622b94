"""Monitors and windows: what is shown of a display, and where its pixels lie."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.ext import randr
from Xlib.protocol import rq

from handrail.actuators.actions import Click, Move, Press, Scroll, Type
from handrail.actuators.desktop import DesktopConfig
from handrail.actuators.desktop_devices import Area
from handrail.actuators.errors import ActionRefused, EnvironmentMissing
from handrail.actuators.geometry import Point
from handrail.actuators.x11_probe import ProbeWindow
from handrail.actuators.xvfb import VirtualDisplay

if TYPE_CHECKING:
    from tests.actuators.conftest import Desk


class SetMonitor(rq.Request):  # type: ignore[misc]
    """RRSetMonitor; python-xlib 0.33's own cannot be packed."""

    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(43),
        rq.RequestLength(),
        rq.Window("window"),
        rq.Card32("name"),
        rq.Bool("primary"),
        rq.Bool("automatic"),
        rq.LengthOf("outputs", 2),
        rq.Int16("x"),
        rq.Int16("y"),
        rq.Card16("width"),
        rq.Card16("height"),
        rq.Card32("millimeters_width"),
        rq.Card32("millimeters_height"),
        rq.List("outputs", rq.Card32Obj),
    )


@pytest.fixture
def two_monitors(display: VirtualDisplay) -> Iterator[None]:
    """Split the screen in a left part of 500 and a right part of 300 pixels."""
    link = Display(display.name)
    root = link.screen().root
    outputs = list(randr.get_screen_resources(root).outputs)
    names = [link.intern_atom(n) for n in ("left", "right")]
    for name, x, width, output in ((names[0], 0, 500, outputs[:1]), (names[1], 500, 300, [])):
        SetMonitor(
            display=link.display,
            opcode=link.display.get_extension_major("RANDR"),
            window=root,
            name=name,
            primary=0,
            automatic=0,
            x=x,
            y=0,
            width=width,
            height=600,
            millimeters_width=width,
            millimeters_height=600,
            outputs=output,
        )
    link.sync()
    yield
    for name in names:
        randr.delete_monitor(root, name)
    link.sync()
    link.close()


@pytest.mark.usefixtures("two_monitors")
def test_a_monitor_is_seen_and_reached_at_its_place(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]"
) -> None:
    with ProbeWindow(display.name, area=Area(560, 200, 200, 200)) as probe:
        display.wait_for_window(probe.title, 20)
        desk = open_desk(DesktopConfig(virtual=display, monitor=2))
        seen = desk.actuator.observe()
        assert seen.image.size == (300, 600)
        assert (seen.geometry.origin_x, seen.geometry.origin_y) == (500, 0)
        assert seen.image.getpixel((150, 300)) == (255, 255, 255)
        desk.do(Click(point=Point(x=150, y=300)))
        assert probe.wait(lambda: any(a.kind == "press" for a in probe.arrivals))
        assert {(a.x, a.y) for a in probe.arrivals if a.kind == "press"} == {(650, 300)}
        with pytest.raises(ActionRefused, match="not on the 300x600 screen"):
            desk.do(Move(point=Point(x=300, y=0)))
        desk.actuator.close()
        whole = open_desk(DesktopConfig(virtual=display))
        assert whole.actuator.observe().image.size == (800, 600)


def test_a_window_is_seen_and_reached_at_its_place(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]", probe: ProbeWindow
) -> None:
    area = display.wait_for_window(probe.title, 20).area
    desk = open_desk(DesktopConfig(virtual=display, window="handrail PROBE"))
    seen = desk.actuator.observe()
    assert seen.image.size == (400, 300)
    assert seen.image.getcolors() == [(400 * 300, (255, 255, 255))]
    desk.do(Click(point=Point(x=7, y=9)), Type(text="ok"))
    assert probe.wait(lambda: probe.text == "ok")
    press = next(a for a in probe.arrivals if a.kind == "press")
    assert (press.x, press.y) == (area.left + 7, area.top + 9)


def test_another_programs_window_over_the_chosen_one_gets_nothing(
    display: VirtualDisplay,
    open_desk: "Callable[[DesktopConfig], Desk]",
    probe: ProbeWindow,
    tmp_path: Path,
) -> None:
    file = tmp_path / "out"
    shape = ["-geometry", "40x12+150+150", "-T", "Cover"]
    cover = display.launch(["xterm", *shape, "-e", "sh", "-c", f"exec cat > {file}"])
    display.wait_for_window("Cover", 60)
    desk = open_desk(DesktopConfig(virtual=display, window=probe.title))
    desk.do(Move(point=Point(x=5, y=5)))
    assert probe.wait(file.exists, 60)
    for action in (
        Click(point=Point(x=150, y=120)),
        Scroll(point=Point(x=150, y=120), dy=50),
        Type(text="secret\n"),
        Press(keys=("enter",)),
    ):
        with pytest.raises(ActionRefused, match=r"another window|does not have the keyboard"):
            desk.do(action)
    desk.do(Click(point=Point(x=5, y=5)), Type(text="fine"))
    assert probe.wait(lambda: probe.text == "fine")
    assert file.read_bytes() == b""
    cover.terminate()
    cover.wait(60)


def test_a_dialog_of_the_chosen_window_is_let_through(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]", probe: ProbeWindow
) -> None:
    desk = open_desk(DesktopConfig(virtual=display, window=probe.title))
    with ProbeWindow(display.name, "Really?", Area(150, 150, 300, 200)) as dialog:
        link = Display(display.name)
        window = link.create_resource_object("window", dialog.id)
        atom = link.intern_atom("WM_TRANSIENT_FOR")
        window.change_property(atom, Xatom.WINDOW, 32, [probe.id], X.PropModeReplace)
        link.sync()
        link.close()
        display.wait_for_window("Really?", 20)
        desk.do(Click(point=Point(x=150, y=120)), Type(text="y"))
        assert dialog.wait(lambda: dialog.text == "y")


def test_without_a_window_manager_the_keyboard_follows_the_pointer(
    open_desk: "Callable[[DesktopConfig], Desk]",
) -> None:
    with (
        VirtualDisplay.start(640, 480, wm=False) as display,
        ProbeWindow(display.name) as probe,
    ):
        display.wait_for_window(probe.title, 20)
        desk = open_desk(DesktopConfig(virtual=display, window=probe.title))
        desk.do(Click(point=Point(x=5, y=5)), Type(text="<é中>"))
        assert probe.wait(lambda: len(probe.text) == 4)
        assert probe.text == "<é中>"
        assert desk.actuator.observe().surface.window.raw == probe.title


def test_a_window_that_moved_must_be_looked_at_again(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]", probe: ProbeWindow
) -> None:
    from tests.actuators.conftest import Pass

    desk = open_desk(DesktopConfig(virtual=display, window=probe.title))
    desk.actuator.observe()
    before = display.wait_for_window(probe.title, 20).area
    link = Display(display.name)
    link.create_resource_object("window", probe.id).configure(x=200, y=220)
    link.sync()
    link.close()
    assert probe.wait(lambda: display.wait_for_window(probe.title, 20).area != before)
    with pytest.raises(ActionRefused, match="look again"):
        desk.actuator.perform(Click(point=Point(x=5, y=5)), Pass())
    desk.do(Click(point=Point(x=5, y=5)))


def test_a_window_half_off_the_screen_shows_what_is_on_it(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]", probe: ProbeWindow
) -> None:
    link = Display(display.name)
    link.create_resource_object("window", probe.id).configure(x=-100, y=400)
    link.sync()
    link.close()
    assert probe.wait(lambda: display.wait_for_window(probe.title, 20).area.left < 0)
    desk = open_desk(DesktopConfig(virtual=display, window=probe.title))
    seen = desk.actuator.observe()
    assert seen.geometry.origin_x == 0
    assert seen.image.width < 400


def test_a_chosen_window_that_is_hidden_is_missing(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]", probe: ProbeWindow
) -> None:
    desk = open_desk(DesktopConfig(virtual=display, window=probe.title))
    desk.actuator.observe()
    probe.close()
    with pytest.raises(EnvironmentMissing, match="was closed, hidden"):
        desk.actuator.observe()


def test_a_screen_that_grew_is_seen_whole(
    open_desk: "Callable[[DesktopConfig], Desk]",
) -> None:
    with VirtualDisplay.start(640, 480) as display:
        link = Display(display.name)
        root = link.screen().root
        found = randr.get_screen_resources(root)
        randr.set_crtc_config(link, found.crtcs[0], found.config_timestamp, 0, 0, 0, 1, [])
        randr.set_screen_size(root, 400, 300, 100, 80)
        link.sync()
        desk = open_desk(DesktopConfig(virtual=display))
        assert desk.actuator.observe().image.size == (400, 300)
        randr.set_screen_size(root, 640, 480, 170, 130)
        link.sync()
        link.close()
        assert desk.actuator.observe().image.size == (640, 480)
        desk.do(Move(point=Point(x=639, y=479)))
