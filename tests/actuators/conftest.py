"""Displays, desktops and probe windows for the tests of the desktop."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handrail.actuators.actions import Action
from handrail.actuators.base import Actuator, Permit, Receipt
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.errors import PermitRefused
from handrail.actuators.x11_probe import ProbeWindow
from handrail.actuators.xvfb import VirtualDisplay


class Pass:
    """A permit that covers anything, as far as its office agrees."""

    action_digest = ""


class Office:
    """A verifier that writes down what it was asked, and refuses when told to."""

    def __init__(self) -> None:
        self.spent: list[Action] = []
        self.refusing = False

    def redeem(self, permit: Permit, action: Action) -> None:
        if self.refusing:
            raise PermitRefused("refused by the test")
        self.spent.append(action)


class Desk:
    """A desktop with its office: ``do`` performs an action with a fresh permit."""

    def __init__(self, config: DesktopConfig, folder: Path) -> None:
        self.office = Office()
        environ = {"XDG_RUNTIME_DIR": str(folder)}
        self.actuator: Actuator = open_desktop(config, self.office, environ)

    def do(self, *actions: Action) -> Receipt:
        self.actuator.observe()
        receipts = [self.actuator.perform(action, Pass()) for action in actions]
        return receipts[-1]


@pytest.fixture(scope="module")
def display() -> Iterator[VirtualDisplay]:
    with VirtualDisplay.start(800, 600) as started:
        yield started


@pytest.fixture
def desk(display: VirtualDisplay, tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(DesktopConfig(virtual=display, still_seconds=0.2), tmp_path)
    yield opened
    opened.actuator.close()


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[[DesktopConfig], Desk]]:
    with contextlib.ExitStack() as opened:

        def open_one(config: DesktopConfig) -> Desk:
            desk = Desk(config, tmp_path)
            opened.callback(desk.actuator.close)
            return desk

        yield open_one


@pytest.fixture
def probe(display: VirtualDisplay) -> Iterator[ProbeWindow]:
    with ProbeWindow(display.name) as window:
        display.wait_for_window(window.title, 20)
        yield window
