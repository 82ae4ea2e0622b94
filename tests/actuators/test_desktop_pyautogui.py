"""The backend of Windows and macOS, on a stand-in for pyautogui, which is not installed here."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type, Wait
from handrail.actuators.base import Permit
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.desktop_devices import Area, Pixels
from handrail.actuators.desktop_lock import DisplayLock
from handrail.actuators.desktop_pyautogui import MonitorView, PyAutoGuiHands, load
from handrail.actuators.desktop_screen import Desktop, Devices
from handrail.actuators.errors import (
    ActionInDoubt,
    ActionRefused,
    ActionStopped,
    EnvironmentMissing,
)
from handrail.actuators.geometry import Point
from handrail.actuators.primitives import Safeguards


class StandIn(ModuleType):
    """Keeps a pointer and a list of what was asked, as pyautogui's functions are called."""

    FAILSAFE = True
    PAUSE = 0.1
    KEYBOARD_KEYS = [*map(chr, range(32, 127)), "\n", "\t", "ctrl", "shift", "enter", "f5"]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__("pyautogui")
        self.at = (0, 0)
        self.asked: list[tuple[str, object]] = []

    def position(self) -> tuple[int, int]:
        return self.at

    def moveTo(self, x: int, y: int) -> None:
        self.at = (x, y)

    def mouseDown(self, *, button: str) -> None:
        self.asked.append((f"down {button}", self.at))

    def mouseUp(self, *, button: str) -> None:
        self.asked.append((f"up {button}", self.at))

    def scroll(self, clicks: int) -> None:
        self.asked.append(("scroll", clicks))

    def hscroll(self, clicks: int) -> None:
        self.asked.append(("hscroll", clicks))

    def write(self, message: str) -> None:
        self.asked.append(("write", message))

    def keyDown(self, key: str) -> None:
        self.asked.append(("keydown", key))

    def keyUp(self, key: str) -> None:
        self.asked.append(("keyup", key))


class Retina(Pixels):
    """Two monitors, one left of the first, with two pixels a point."""

    def __init__(self) -> None:
        """Open nothing."""

    def areas(self) -> tuple[Area, ...]:
        return (Area(-200, 0, 600, 300), Area(0, 0, 400, 300), Area(-200, 0, 200, 300))

    def grab(self, area: Area) -> Image.Image:
        return Image.new("RGB", (area.width * 2, area.height * 2))

    def close(self) -> None:
        """Close nothing."""


class Anybody:
    action_digest = ""

    def redeem(self, permit: Permit, action: Action) -> None:
        """Let everything through."""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    module = StandIn()
    monkeypatch.setitem(sys.modules, "pyautogui", module)
    return module


def _desktop(tmp_path: Path, monitor: int | None = None, platform: str = "darwin") -> Desktop:
    view = MonitorView(Retina(), monitor)
    lock = DisplayLock("own", tmp_path)
    hands = PyAutoGuiHands(load(), platform)
    desktop = Desktop(Devices("desktop", False, view, hands, lock, 3.0), Anybody())
    desktop.observe()
    return desktop


def test_pixels_become_points_also_on_a_monitor_to_the_left(
    stand_in: StandIn, tmp_path: Path
) -> None:
    desktop = _desktop(tmp_path, monitor=2)
    seen = desktop.observe()
    assert seen.image.size == (400, 600)
    assert (seen.geometry.scale, seen.geometry.origin_x) == (2.0, -200)
    desktop.perform(Click(point=Point(x=100, y=50), count=2), Anybody())
    assert stand_in.asked == [("down left", (-150, 25)), ("up left", (-150, 25))] * 2
    desktop.close()


def test_drag_scroll_type_and_press(stand_in: StandIn, tmp_path: Path) -> None:
    desktop = _desktop(tmp_path)
    desktop.perform(Drag(start=Point(x=0, y=0), end=Point(x=200, y=100)), Anybody())
    desktop.perform(Scroll(dx=-50, dy=120), Anybody())
    desktop.perform(Type(text="a<b\n" * 10), Anybody())
    desktop.perform(Press(keys=("Control", "a")), Anybody())
    desktop.close()
    typed = "".join(str(what) for how, what in stand_in.asked if how == "write")
    assert stand_in.asked[:2] == [("down left", (-200, 0)), ("up left", (-100, 50))]
    assert stand_in.asked[2:5] == [("scroll", 1), ("scroll", 1), ("hscroll", -1)]
    assert typed == "a<b\n" * 10
    keys = [("keydown", "ctrl"), ("keydown", "a"), ("keyup", "a"), ("keyup", "ctrl")]
    assert stand_in.asked[-4:] == keys


def test_wheel_notches_are_120_units_on_windows(stand_in: StandIn, tmp_path: Path) -> None:
    desktop = _desktop(tmp_path, platform="win32")
    desktop.perform(Scroll(dy=-100), Anybody())
    desktop.close()
    assert stand_in.asked == [("scroll", -120)] * 2


def test_a_stop_holds_between_two_keys_and_releases_what_is_down(
    stand_in: StandIn, tmp_path: Path
) -> None:
    desktop = _desktop(tmp_path)
    desktop.safeguards = Safeguards(stopped=lambda: ("keydown", "ctrl") in stand_in.asked)
    with pytest.raises(ActionInDoubt, match="stopped after 1 of 2 keys"):
        desktop.perform(Press(keys=("Control", "a")), Anybody())
    with pytest.raises(ActionStopped):
        desktop.perform(Scroll(dy=-100), Anybody())
    with pytest.raises(ActionStopped):
        desktop.perform(Wait(seconds=60), Anybody())
    desktop.close()
    assert stand_in.asked == [("keydown", "ctrl"), ("keyup", "ctrl")]


@pytest.mark.parametrize("action", [Type(text="né"), Type(text="a\x07"), Press(keys=("f19",))])
def test_what_it_cannot_type_is_refused(stand_in: StandIn, tmp_path: Path, action: Action) -> None:
    desktop = _desktop(tmp_path)
    with pytest.raises(ActionRefused):
        desktop.perform(action, Anybody())
    desktop.close()
    assert stand_in.asked == []


def test_a_monitor_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentMissing, match="no monitor 3"):
        MonitorView(Retina(), 3).area()


@pytest.mark.parametrize("problem", [KeyError("DISPLAY"), SystemExit("install tkinter"), OSError()])
def test_its_ways_of_failing_are_environment_missing(
    problem: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pyautogui", raising=False)

    class Failing:
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            if name == "pyautogui":
                raise problem

    monkeypatch.setattr(sys, "meta_path", [Failing(), *sys.meta_path])
    with pytest.raises(EnvironmentMissing, match="pyautogui does not start"):
        open_desktop(DesktopConfig(), Anybody(), {"XDG_RUNTIME_DIR": str(tmp_path)}, "darwin")
    DisplayLock("darwin", tmp_path / "handrail").close()


def test_it_is_not_imported_before_it_is_needed() -> None:
    assert "pyautogui" not in sys.modules


def test_a_window_cannot_be_chosen_there(stand_in: StandIn, tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    with pytest.raises(EnvironmentMissing, match="on X11 only"):
        open_desktop(DesktopConfig(window="x"), Anybody(), environ, "win32")
