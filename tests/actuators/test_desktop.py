"""Which desktop is opened, what is refused plainly, and one run at a time on a display."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.desktop import DesktopConfig, display_name
from handrail.actuators.desktop_lock import DisplayLock, lock_folder
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.x11 import X11Link
from handrail.actuators.xvfb import VirtualDisplay

ROOT = Path(__file__).parents[2]

if TYPE_CHECKING:
    from tests.actuators.conftest import Desk


def test_takes_the_display_that_is_named_or_the_users_own(display: VirtualDisplay) -> None:
    own = {"DISPLAY": ":7", "XDG_SESSION_TYPE": "x11"}
    assert display_name(DesktopConfig(), own) == ":7"
    assert display_name(DesktopConfig(display=":8"), own) == ":8"
    assert display_name(DesktopConfig(virtual=display), own) == display.name


def test_says_what_to_do_without_a_display() -> None:
    with pytest.raises(EnvironmentMissing, match=r"DISPLAY is not set.*install xvfb"):
        display_name(DesktopConfig(), {})


@pytest.mark.parametrize(
    "environ",
    [
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"},
    ],
)
def test_refuses_wayland_but_not_a_display_of_ones_own_under_it(environ: dict[str, str]) -> None:
    with pytest.raises(EnvironmentMissing, match="Wayland"):
        display_name(DesktopConfig(), environ)
    assert display_name(DesktopConfig(display=":9"), environ) == ":9"


@pytest.mark.parametrize("name", [":4711", "no.such.host.invalid:0", "nonsense"])
def test_a_display_that_does_not_answer(
    name: str, open_desk: "Callable[[DesktopConfig], Desk]"
) -> None:
    with pytest.raises(EnvironmentMissing, match="does not answer"):
        open_desk(DesktopConfig(display=name))


def test_refuses_contradictions(display: VirtualDisplay) -> None:
    with pytest.raises(ValueError, match="not both"):
        DesktopConfig(monitor=1, window="x")
    with pytest.raises(ValueError, match="not the virtual display"):
        DesktopConfig(display=":4711", virtual=display)
    with pytest.raises(ValueError, match="empty"):
        DesktopConfig(window="")


def test_only_a_display_that_handrail_started_is_owned(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]"
) -> None:
    owned = open_desk(DesktopConfig(virtual=display))
    assert owned.actuator.observe().surface.owned
    owned.actuator.close()
    named = open_desk(DesktopConfig(display=display.name))
    seen = named.actuator.observe().surface
    assert (seen.kind, seen.name, seen.owned) == ("desktop", display.name, False)


def test_a_second_run_is_told_who_holds_the_display(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]", tmp_path: Path
) -> None:
    first = open_desk(DesktopConfig(display=display.name))
    code = (
        "import sys, time; from pathlib import Path\n"
        "from handrail.actuators.desktop import DesktopConfig\n"
        "from handrail.actuators.errors import EnvironmentMissing\n"
        "from tests.actuators.conftest import Desk\n"
        "try: Desk(DesktopConfig(display=sys.argv[1]), Path(sys.argv[2]))\n"
        "except EnvironmentMissing as e: print(e)\n"
        "else: print('mine', flush=True); time.sleep(1000)\n"
    )
    # with another runtime folder, as another user or a container has
    argv = [sys.executable, "-c", code, f"{display.name}.0", str(tmp_path / "another")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ROOT)
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    assert f"another run ({holder}) uses display {display.name}.0" in done.stdout
    with pytest.raises(EnvironmentMissing, match="another run"):
        open_desk(DesktopConfig(display=display.name))
    first.actuator.close()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "mine\n"
            with pytest.raises(EnvironmentMissing, match=f"another run .process {other.pid} on"):
                open_desk(DesktopConfig(display=display.name))
        finally:
            other.kill()
    link = X11Link(display.name)
    assert link.wait_until(lambda: _free(link), 20), "a run that was killed holds nothing"
    link.close()
    open_desk(DesktopConfig(display=display.name))


def _free(link: X11Link) -> bool:
    return bool(link.display.get_selection_owner(link.display.intern_atom("_HANDRAIL_RUN")) == 0)


def test_a_desktop_that_does_not_open_releases_its_lock(
    display: VirtualDisplay, open_desk: "Callable[[DesktopConfig], Desk]"
) -> None:
    with pytest.raises(EnvironmentMissing, match="no window with 'Nowhere'"):
        open_desk(DesktopConfig(display=display.name, window="Nowhere"))
    with pytest.raises(EnvironmentMissing, match="there is no monitor 9"):
        open_desk(DesktopConfig(display=display.name, monitor=9))
    open_desk(DesktopConfig(display=display.name))


def test_where_locks_lie(tmp_path: Path) -> None:
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path), "XDG_STATE_HOME": "/state"}
    assert lock_folder(runtime) == tmp_path / "handrail"
    assert lock_folder({"XDG_RUNTIME_DIR": "/no/such", "XDG_STATE_HOME": "/state"}) == Path(
        "/state/handrail/locks"
    )
    assert lock_folder({}) == Path.home() / ".local/state/handrail/locks"


def test_a_lock_is_not_made_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "display-3.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EnvironmentMissing, match="cannot be made"):
        DisplayLock(":3", tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_an_ended_display_is_environment_missing(tmp_path: Path) -> None:
    from tests.actuators.conftest import Desk

    display = VirtualDisplay.start(320, 240, wm=False)
    desk = Desk(DesktopConfig(virtual=display), tmp_path)
    display.close()
    with pytest.raises(EnvironmentMissing, match="went away"):
        desk.actuator.observe()
    desk.actuator.close()
    with pytest.raises(EnvironmentMissing, match="closed by this program"):
        desk.actuator.observe()
