"""A rule that names a window grants nothing in the windows beside it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Drag, Move
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.desktop_devices import Area
from handrail.actuators.geometry import Point
from handrail.actuators.x11_probe import ProbeWindow
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.gate import Gate, Outcome
from handrail.sandbox.journal import Journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule

Submit = Callable[[Action], Outcome]
INSIDE, BESIDE, BACKGROUND = Point(x=200, y=250), Point(x=650, y=400), Point(x=790, y=590)
POLICY = Policy(
    rules=(
        Rule(decision="allow", effects=("unknown",), window="Granted*"),
        Rule(decision="allow", effects=("observe",)),
    )
)


@pytest.fixture
def display() -> Iterator[VirtualDisplay]:
    with VirtualDisplay.start(800, 600) as started:
        yield started


@pytest.fixture
def windows(display: VirtualDisplay) -> Iterator[tuple[ProbeWindow, ProbeWindow]]:
    with (
        ProbeWindow(display.name, "Other", Area(550, 300, 200, 200)) as other,
        ProbeWindow(display.name, "Granted: notes", Area(100, 100, 300, 300)) as granted,
    ):
        for window in (other, granted):
            display.wait_for_window(window.title, 20)
        yield granted, other


@pytest.fixture
def submit(display: VirtualDisplay, tmp_path: Path) -> Iterator[Submit]:
    office = PermitOffice()
    config = DesktopConfig(virtual=display, still_seconds=0.2)
    opened = open_desktop(config, office, {"XDG_RUNTIME_DIR": str(tmp_path)})
    with closing(opened) as screen, Journal.create(tmp_path / "journal", "run") as journal:
        gate = Gate(screen, office, POLICY, journal, DenyAll(), lambda: False)
        yield lambda action: gate.submit(action, screen.observe(), "write notes")


def presses(window: ProbeWindow) -> int:
    return sum(arrival.kind == "press" for arrival in list(window.arrivals))


def test_only_the_named_window_gets_clicks(
    windows: tuple[ProbeWindow, ProbeWindow], submit: Submit
) -> None:
    granted, other = windows
    assert submit(Click(point=INSIDE)).kind == "done"
    assert granted.wait(lambda: presses(granted) == 1)
    for action in (
        Click(point=BESIDE),
        Click(point=BACKGROUND),
        Drag(start=INSIDE, end=BESIDE),
        Drag(start=BESIDE, end=INSIDE),
    ):
        assert submit(action).kind == "denied", action
    assert submit(Move(point=BESIDE)).kind == "done"
    assert submit(Drag(end=INSIDE)).kind == "denied"
    assert submit(Click(point=INSIDE)).kind == "done"
    assert granted.wait(lambda: presses(granted) == 2)
    assert presses(other) == 0
