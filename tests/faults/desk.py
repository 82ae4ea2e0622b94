"""One display of our own, and a window that writes down what reaches it, for a suite's cases."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.base import Actuator
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.geometry import Point
from handrail.actuators.x11_probe import Arrival, ProbeWindow
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.permit import PermitOffice

WIDTH, HEIGHT = 640, 480


@dataclass
class Desk:
    """A desktop, the office whose permits it takes, and the window on it."""

    display: VirtualDisplay
    probe: ProbeWindow
    actuator: Actuator
    office: PermitOffice

    @property
    def inside(self) -> Point:
        """Return a pixel in the middle of the window."""
        area = self.probe.area
        return Point(x=area.left + area.width // 2, y=area.top + area.height // 2)

    def arrived(self, of: frozenset[str] = frozenset({"press", "key"})) -> list[Arrival]:
        """Return the input that has reached the window so far."""
        return [one for one in list(self.probe.arrivals) if one.kind in of]


@contextmanager
def desk(folder: Path, office: PermitOffice | None = None) -> Iterator[Desk]:
    """Start a display, a window and a desktop; close them in turn."""
    permits = PermitOffice() if office is None else office
    with VirtualDisplay.start(WIDTH, HEIGHT) as display, ProbeWindow(display.name) as probe:
        display.wait_for_window(probe.title, 30)
        config = DesktopConfig(virtual=display, still_seconds=0.2)
        around = {"XDG_RUNTIME_DIR": str(folder)}
        with closing(open_desktop(config, permits, around)) as screen:
            yield Desk(display, probe, screen, permits)
