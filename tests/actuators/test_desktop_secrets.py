"""A secret that is typed on a desktop arrives, and its window is masked while it is shown."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.actuators.actions import Click, Type
from handrail.actuators.base import Actuator
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.desktop_devices import Area
from handrail.actuators.errors import ActionRefused
from handrail.actuators.geometry import Point
from handrail.actuators.masking import cover
from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_probe import ProbeWindow
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.secret_sources import EnvironmentSecrets, variable
from handrail.sandbox.secret_use import SecretUse
from handrail.sandbox.vault import Vault
from tests.actuators.conftest import Office, Pass

VALUE = "Tr0ub4dor"
NAMED = Type(text="{{secret:pw}}")
OTHER = Area(560, 420, 150, 120)


@pytest.fixture
def desk(display: VirtualDisplay, tmp_path: Path) -> Iterator[Actuator]:
    source = EnvironmentSecrets({variable("pw"): VALUE})
    use = SecretUse(windows=("Handrail probe*",), fields="any")
    vault = Vault(source, "sign in with {{secret:pw}}", [(True, {"pw": use})])
    config = DesktopConfig(virtual=display, still_seconds=0.1)
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    with contextlib.closing(open_desktop(config, Office(), environ, secrets=vault)) as made:
        yield made


def click(desk: Actuator, area: Area) -> None:
    desk.observe()
    middle = Point(x=area.left + area.width // 2, y=area.top + area.height // 2)
    desk.perform(Click(point=middle), Pass())
    desk.observe()


def test_it_arrives_and_the_whole_window_is_masked(
    display: VirtualDisplay, desk: Actuator, probe: ProbeWindow
) -> None:
    with contextlib.closing(ProbeWindow(display.name, "Another", OTHER)):
        other = display.wait_for_window("Another", 20).area
        click(desk, other)
        with pytest.raises(ActionRefused, match="may not be typed here: only into any field on"):
            desk.perform(NAMED, Pass())
        area = display.wait_for_window(probe.title, 20).area
        click(desk, area)
        desk.perform(NAMED, Pass())
        link = X11Link(display.name)
        link.wait_until(lambda: probe.text == VALUE, 20)
        link.close()
        assert probe.text == VALUE
        seen = desk.observe().image
        corners = (area.left, area.top, area.left + area.width, area.top + area.height)
        assert seen.crop(corners).tobytes() == cover(area.width, area.height).tobytes()
        away = (other.left + other.width - 5, other.top + other.height - 5)
        assert seen.getpixel(away) == (255, 255, 255)


def test_the_mask_goes_with_its_window(
    display: VirtualDisplay, desk: Actuator, probe: ProbeWindow
) -> None:
    area = display.wait_for_window(probe.title, 20).area
    click(desk, area)
    desk.perform(NAMED, Pass())
    middle = (area.left + 4, area.top + 4)
    masked = desk.observe().image.getpixel(middle)
    assert masked == cover(area.width, area.height).getpixel((4, 4))
    probe.close()
    link = X11Link(display.name)
    link.wait_until(lambda: desk.observe().image.getpixel(middle) != masked, 20)
    link.close()
    assert desk.observe().image.getpixel(middle) != masked
