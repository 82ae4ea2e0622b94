"""What programs tell of their windows, on a real display: roles, names, and who may tell."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from handrail.actuators.actions import Click, Type
from handrail.actuators.atspi import SECONDS
from handrail.actuators.base import Actuator
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.desktop_devices import Area
from handrail.actuators.errors import ActionRefused
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element
from handrail.actuators.reading import Hinting
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.effects import classify
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.landing import landings
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import profile

OFFICE = PermitOffice()
PYTHON = "/usr/bin/python3"
SCRIPT = """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
window = Gtk.Window(title={title!r}, default_width=400, default_height=300)
fixed = Gtk.Fixed()
window.add(fixed)
def put(widget, x, y, name=None):
    widget.set_size_request(100, 34)
    if name: widget.get_accessible().set_name(name)
    fixed.put(widget, x, y)
    return widget
put(Gtk.Button(label="Delete all"), 10, 10)
put(Gtk.Button(label="Off"), 130, 10).set_sensitive(False)
put(Gtk.CheckButton(label="Agree"), 250, 10)
put(Gtk.Entry(), 10, 60, "City")
put(Gtk.Entry(visibility=False), 200, 60, "Secret")
put(Gtk.Label(label="Zip code"), 10, 180).set_mnemonic_widget(put(Gtk.Entry(), 120, 260))
rows = put(Gtk.ListBox(), 10, 120)
rows.add(Gtk.Label(label="Remove this"))
pages = put(Gtk.Notebook(), 200, 120)
pages.append_page(Gtk.Button(label="Inside"), Gtk.Label(label="First"))
pages.append_page(Gtk.Button(label="Hidden"), Gtk.Label(label="Second"))
bar = put(Gtk.MenuBar(), 10, 220)
file, menu = Gtk.MenuItem(label="File"), Gtk.Menu()
menu.append(Gtk.MenuItem(label="Erase disk"))
file.set_submenu(menu)
bar.append(file)
window.connect("destroy", Gtk.main_quit)
window.show_all()
window.get_accessible().set_name({claims!r})
Gtk.main()
"""


def _program(display: VirtualDisplay, title: str, claims: str) -> "subprocess.Popen[bytes]":
    started = display.launch([PYTHON, "-c", SCRIPT.format(title=title, claims=claims)])
    display.wait_for_window(title, 20)
    return started


@pytest.fixture(scope="module")
def shown() -> Iterator[tuple[VirtualDisplay, "subprocess.Popen[bytes]"]]:
    with VirtualDisplay.start(800, 600) as display:
        yield display, _program(display, "Own title", "Trusted bank")


@pytest.fixture
def screen(shown: tuple[VirtualDisplay, object]) -> Iterator[Actuator]:
    config = DesktopConfig(virtual=shown[0], still_seconds=0.0)
    with closing(open_desktop(config, OFFICE)) as opened:
        opened.observe()
        yield opened


def _at(screen: Actuator, display: VirtualDisplay, x: int, y: int) -> Element:
    """Return what lies at a place of the window, once the program tells of it."""
    area = display.wait_for_window("Own title", 10).area
    end = time.monotonic() + 20
    while True:
        found = screen.hit_test(Point(x=area.left + x, y=area.top + y))
        assert found is not None
        if found.role != "window" or time.monotonic() > end:
            return found


def _click(screen: Actuator, x: int, y: int) -> Click:
    screen.observe()
    click = Click(point=Point(x=x, y=y))
    screen.perform(click, OFFICE.issue(click))
    return click


def _focus(screen: Actuator, area: Area, x: int, name: str) -> Element:
    _click(screen, area.left + x, area.top + 75)
    end = time.monotonic() + 20
    while (found := screen.focused()) is None or found.name.raw != name:
        assert time.monotonic() < end, found
    return found


@pytest.mark.parametrize(
    ("x", "y", "role", "name", "effect"),
    [
        (60, 25, "button", "Delete all", "destroy"),
        (300, 25, "checkbox", "Agree", "commit"),
        (60, 75, "textbox", "City", "edit"),
        (250, 75, "textbox", "Secret", "edit"),
        (60, 128, "option", "Remove this", "destroy"),
        (250, 170, "button", "Inside", "commit"),
        (390, 290, "generic", "", "unknown"),
    ],
)
def test_elements_have_role_name_and_effect(
    screen: Actuator,
    shown: tuple[VirtualDisplay, object],
    x: int,
    y: int,
    role: str,
    name: str,
    effect: str,
) -> None:
    found = _at(screen, shown[0], x, y)
    assert (found.role, found.name.raw) == (role, name)
    assert found.window.raw == "Own title", "the window system's word, not the program's"
    assert found.secret == (name == "Secret")
    assert found.editable == (role == "textbox")
    surface = screen.observe().surface
    click = Click(point=Point(x=x, y=y))
    assert classify(click, found, surface) == effect
    assert [s.window.raw for s in landings(click, (found,), surface)] == ["Own title"]


def test_a_box_is_where_the_widget_is(
    screen: Actuator, shown: tuple[VirtualDisplay, object]
) -> None:
    area = shown[0].wait_for_window("Own title", 10).area
    left, top = area.left + 10, area.top + 10
    found = _at(screen, shown[0], 60, 25)
    assert found.box == Box(left=left, top=top, right=left + 100, bottom=top + 34)


def test_what_has_the_keyboard_hides_its_text(
    screen: Actuator, shown: tuple[VirtualDisplay, object]
) -> None:
    display = shown[0]
    area = display.wait_for_window("Own title", 10).area
    for x, name in ((60, "City"), (250, "Secret")):
        found = _focus(screen, area, x, name)
        assert found.editable
        assert found.secret == (name == "Secret")


def test_a_typed_password_does_not_reach_the_journal(
    screen: Actuator, shown: tuple[VirtualDisplay, object], tmp_path: Path
) -> None:
    area = shown[0].wait_for_window("Own title", 10).area
    with Journal.create(tmp_path / "journal", "run") as journal:
        gate = Gate(screen, OFFICE, profile("unattended"), journal, DenyAll(), lambda: False)
        for x, name, text in ((60, "City", "Oslo"), (250, "Secret", "hunter2")):
            _focus(screen, area, x, name)
            outcome = gate.submit(Type(text=text), screen.observe(), "sign in")
            assert outcome.kind == "done", outcome
            assert outcome.redacted == (name == "Secret")
    written = (tmp_path / "journal").read_text(encoding="utf-8")
    assert "Oslo" in written
    assert "hunter2" not in written


def test_the_entries_of_an_open_menu_are_told_under_its_windows_title(
    screen: Actuator, shown: tuple[VirtualDisplay, object]
) -> None:
    display = shown[0]
    area = display.wait_for_window("Own title", 10).area
    click = _click(screen, area.left + 25, area.top + 235)
    entry = Point(x=area.left + 40, y=area.top + 268)
    end = time.monotonic() + 20
    while (found := screen.hit_test(entry)) is None or found.role != "menuitem":
        assert time.monotonic() < end, found
    assert (found.name.raw, found.window.raw) == ("Erase disk", "Own title")
    assert classify(click, found, screen.observe().surface) == "destroy"
    _click(screen, area.left + 390, area.top + 290)


def test_a_program_that_hangs_is_known_by_its_window_soon(
    screen: Actuator, shown: tuple[VirtualDisplay, "subprocess.Popen[bytes]"]
) -> None:
    display, program = shown
    assert _at(screen, display, 60, 25).role == "button"
    area = display.wait_for_window("Own title", 10).area
    os.kill(program.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        found = screen.hit_test(Point(x=area.left + 60, y=area.top + 25))
        took = time.monotonic() - started
        focused = screen.focused()
        click = Click(point=Point(x=area.left + 60, y=area.top + 25))
        with pytest.raises(ActionRefused, match="did not answer"):
            screen.perform(click, OFFICE.issue(click))
    finally:
        os.kill(program.pid, signal.SIGCONT)
    assert found is not None
    assert (found.role, found.name.raw) == ("window", "Own title")
    assert focused is None
    assert took < SECONDS + 2, "the rest is for a busy machine"
    assert _at(screen, display, 60, 25).role == "button"


def test_a_program_tells_nothing_of_another_programs_window() -> None:
    """Two programs at one place: what is seen is xterm's, and the one below tells all it likes."""
    with VirtualDisplay.start(800, 600, wm=False) as display:
        _program(display, "Own title", "xterm")
        display.launch(["xterm", "-geometry", "100x40+0+0", "-title", "Above"])
        display.wait_for_window("Above", 20)
        config = DesktopConfig(virtual=display, still_seconds=0.0)
        with closing(open_desktop(config, PermitOffice())) as screen:
            screen.observe()
            found = screen.hit_test(Point(x=60, y=25))
            assert found is not None
            assert (found.role, found.name.raw, found.window.raw) == ("window", "Above", "Above")


def test_without_a_bus_windows_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("Xvfb", "openbox", "sh"):
        (tmp_path / name).symlink_to(_found(name))
    monkeypatch.setenv("PATH", str(tmp_path))
    with VirtualDisplay.start(800, 600) as display:
        assert display.bus == ""
        assert "apt install dbus" in display.without_bus
        _program(display, "Own title", "x")
        config = DesktopConfig(virtual=display, still_seconds=0.0)
        with closing(open_desktop(config, PermitOffice())) as screen:
            area = display.wait_for_window("Own title", 10).area
            screen.observe()
            found = screen.hit_test(Point(x=area.left + 60, y=area.top + 25))
            assert found is not None
            assert (found.role, found.window.raw) == ("window", "Own title")
            assert screen.focused() is None


def _found(name: str) -> str:
    for folder in ("/usr/bin", "/bin"):
        if Path(folder, name).exists():
            return f"{folder}/{name}"
    raise FileNotFoundError(name)


def test_hints_are_the_named_controls_that_show(
    screen: Actuator, shown: tuple[VirtualDisplay, object]
) -> None:
    assert isinstance(screen, Hinting)
    _at(screen, shown[0], 60, 25)
    told = {hint.name.raw: hint for hint in screen.hints()}
    wanted = {"Delete all": "button", "Agree": "checkbox", "City": "textbox", "Inside": "button"}
    assert {name: told[name].role for name in wanted} == wanted
    assert "Hidden" not in told, "the page of the other tab"
    area = shown[0].wait_for_window("Own title", 10).area
    assert told["Agree"].box.contains(Point(x=area.left + 300, y=area.top + 25))
    assert told["Zip code"].role == "textbox", "a field without a name has that of its label"
