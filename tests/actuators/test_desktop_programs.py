"""Real programs: what mousepad saves and what xterm reads is what was typed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Press, Type
from handrail.actuators.desktop import DesktopConfig
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.geometry import Point
from handrail.actuators.x11 import X11Link
from handrail.actuators.xvfb import VirtualDisplay

if TYPE_CHECKING:
    from tests.actuators.conftest import Desk

TEXT = '<é中😀> "it\'s" €@\tمر\nsecond & last'
SECONDS = 20.0


def _wait_for(display: VirtualDisplay, file: Path, data: bytes) -> None:
    link = X11Link(display.name)
    try:
        link.wait_until(lambda: file.exists() and file.read_bytes() == data, SECONDS)
    finally:
        link.close()
    assert file.read_bytes() == data


def test_mousepad_saves_exactly_what_was_typed(
    display: VirtualDisplay, desk: "Desk", tmp_path: Path
) -> None:
    file = tmp_path / "note.txt"
    file.touch()
    program = display.launch(
        ["mousepad", "--disable-server", str(file)], {"HOME": str(tmp_path), "LANG": "C.UTF-8"}
    )
    area = display.wait_for_window("note.txt", SECONDS).area
    middle = Point(x=area.left + area.width // 2, y=area.top + area.height // 2)
    desk.do(Click(point=middle), Type(text=TEXT), Press(keys=("ctrl", "s")))
    _wait_for(display, file, TEXT.encode())
    desk.do(Press(keys=("ctrl", "a")), Type(text="new"), Press(keys=("ctrl", "s")))
    _wait_for(display, file, b"new")
    surface = desk.actuator.observe().surface
    assert surface.window_kind == ""
    under = desk.actuator.hit_test(middle)
    assert under is not None
    for application in (surface.application, under.application):
        assert application.name == "Mousepad"
        assert application.program == str(Path(shutil.which("mousepad") or "").resolve())
    desk.do(Press(keys=("ctrl", "o")))
    display.wait_for_window("Open File", SECONDS)
    link = X11Link(display.name)

    def front() -> str:
        return desk.actuator.observe().surface.window.raw

    link.wait_until(lambda: front() == "Open File", SECONDS)
    assert desk.actuator.observe().surface.window_kind == "file chooser"
    desk.do(Press(keys=("esc",)))
    link.wait_until(lambda: "note.txt" in front(), SECONDS)
    link.close()
    desk.do(Press(keys=("ctrl", "q")))
    assert program.wait(SECONDS) == 0


def test_xterm_reads_exactly_what_was_typed(
    display: VirtualDisplay, desk: "Desk", tmp_path: Path
) -> None:
    file = tmp_path / "out"
    title = "Terminal"
    program = display.launch(
        ["xterm", "-u8", "-T", title, "-e", "sh", "-c", f"stty -echo; exec cat > {file}"],
        {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
    )
    area = display.wait_for_window(title, SECONDS).area
    middle = Point(x=area.left + area.width // 2, y=area.top + area.height // 2)
    _wait_for(display, file, b"")
    lines = TEXT + "\n" + "".join(chr(0x4E00 + i) for i in range(60)) + "\n"
    desk.do(Click(point=middle), Type(text=lines))
    _wait_for(display, file, lines.encode())
    assert desk.actuator.observe().surface.window_kind == "terminal"
    desk.do(Press(keys=("ctrl", "d")))
    assert program.wait(SECONDS) == 0


def test_one_programs_window_is_chosen_followed_and_missed(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]", tmp_path: Path
) -> None:
    program = display.launch(["galculator"], {"HOME": str(tmp_path), "LANG": "C.UTF-8"})
    area = display.wait_for_window("galculator", SECONDS).area
    desk = open_desk(DesktopConfig(virtual=display, window="Galculator"))
    seen = desk.actuator.observe()
    assert (seen.geometry.origin_x, seen.geometry.origin_y) == (area.left, area.top)
    assert seen.image.size == (area.width, area.height)
    assert seen.surface.window.raw == "galculator"
    desk.do(Click(point=Point(x=area.width // 2, y=area.height - 5)))
    desk.do(Press(keys=("ctrl", "q")))
    program.wait(SECONDS)
    with pytest.raises(EnvironmentMissing, match="chosen window"):
        desk.actuator.observe()
