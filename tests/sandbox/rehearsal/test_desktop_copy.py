"""A copy of a desktop: a program works on a display of its own, and ends with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from handrail.actuators.errors import ActuatorError
from handrail.actuators.x11 import X11Link
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.bounds import Bounds
from handrail.sandbox.rehearsal.desktop_copy import DesktopCopy, Setting
from handrail.sandbox.rehearsal.inmate import Inmate
from handrail.sandbox.rehearsal.removal import remove
from handrail.sandbox.rehearsal.scene import Scene
from handrail.sandbox.rehearsal.trying import BY, Trying
from tests.sandbox.rehearsal.copies import home_in

_SECONDS = 20.0
_SMALL = (320, 240)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    home = home_in(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir(mode=0o700)
    yield Scene(home, scratch, home / "docs")
    remove(scratch)


def wait_until(done: Callable[[], object]) -> None:
    end = time.monotonic() + _SECONDS
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def running(word: str) -> list[int]:
    """Return the processes whose command line names this, but for this one and its parents."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if word in " ".join(process.info["cmdline"] or []) and process.pid != os.getpid():
            found.append(process.pid)
    return found


def test_a_program_reaches_its_own_display_and_bus_and_no_other(scene: Scene) -> None:
    with DesktopCopy.open(scene, Setting(_SMALL), os.environ) as copy:
        name = copy.display.name
        script = "ls /tmp/.X11-unix > shown; env > e; exec mousepad --disable-server note.txt"
        copy.start(["sh", "-c", script])
        assert "note.txt" in copy.display.wait_for_window("note.txt", _SECONDS).title
        docs = copy.layers[0].changed / "docs"
        assert (docs / "shown").read_text().split() == [f"X{name[1:]}"]
        assert f"DBUS_SESSION_BUS_ADDRESS={copy.display.bus}" in (docs / "e").read_text()
        with pytest.raises(RehearsalError, match="a program in this copy already"):
            copy.start(["true"])
        assert copy.ended == ""
    assert not (scene.home / "docs/shown").exists()


def test_a_program_that_goes_on_in_the_background_is_waited_for(scene: Scene) -> None:
    with DesktopCopy.open(scene, Setting(_SMALL)) as copy:
        script = "(sleep 0.5; echo late > late) > /dev/null & exit 3"
        assert copy.start(["sh", "-c", script]).wait(_SECONDS) == 3
        assert (copy.layers[0].changed / "docs/late").read_text() == "late\n"


def test_a_plain_copy_shows_no_secret(scene: Scene) -> None:
    with DesktopCopy.open(scene, Setting(_SMALL, ways=("copy",))) as copy:
        assert copy.ended == ""
        copy.start(["sh", "-c", "cat ../.netrc; ls -A .. > shown"]).wait(_SECONDS)
        assert set(copy.layers[0].left_out) == {scene.home / ".ssh", scene.home / ".netrc"}
        shown = (copy.layers[0].changed / "docs/shown").read_text().split()
        assert shown == ["docs"]


def test_a_program_that_is_not_in_the_copy_is_refused(scene: Scene) -> None:
    with (
        DesktopCopy.open(scene, Setting(_SMALL)) as copy,
        pytest.raises(RehearsalError, match="no-such-program is not there"),
    ):
        copy.start(["no-such-program"])


def test_what_passes_a_bound_is_ended_and_its_display_goes(scene: Scene) -> None:
    bounds = Bounds(seconds=0.4)
    with DesktopCopy.open(scene, Setting(_SMALL, bounds)) as copy:
        script = f"trap '' TERM; setsid sleep 3{os.getpid()} & sleep 4{os.getpid()}"
        copy.start(["sh", "-c", script]).wait(_SECONDS)
        assert copy.ended == "it took longer than 0.4 s"
        wait_until(lambda: not running(f"sleep 3{os.getpid()}"))
        wait_until(lambda: not copy.display.alive)
        with pytest.raises(ActuatorError):
            X11Link(copy.display.name)


def test_where_there_is_no_way_nothing_is_left_running(scene: Scene) -> None:
    with pytest.raises(RehearsalError, match="no copy here"):
        DesktopCopy.open(scene, Setting(_SMALL, ways=()))
    assert list(scene.scratch.iterdir()) == []


_HOLDER = """
import os, sys, time
from pathlib import Path
from handrail.sandbox.rehearsal.desktop_copy import DesktopCopy, Setting
from handrail.sandbox.rehearsal.scene import Scene
home, scratch, word = sys.argv[1:]
with DesktopCopy.open(Scene(Path(home), Path(scratch), Path(home)), Setting((320, 240))) as copy:
    copy.start(["sh", "-c", f"trap '' TERM HUP; setsid sleep {word} & touch begun; sleep {word}"])
    time.sleep(60)
"""


def test_whoever_is_killed_leaves_nothing_running(scene: Scene) -> None:
    word = f"7{os.getpid()}"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(scene.home), str(scene.scratch), word]
    )
    try:
        wait_until(lambda: (scene.scratch / "upper-0/begun").exists() or holder.poll() is not None)
        assert running(f"sleep {word}")
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    wait_until(lambda: not running(word))
    wait_until(lambda: not running(str(scene.scratch)))


def test_a_program_that_has_ended_is_not_ended_again(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        inmate = Inmate(process, Bounds(), [tmp_path], lambda: None)
        inmate.end()
        inmate.close()
        assert inmate.first == 0
    assert inmate.ended == ""


def test_nobody_is_asked_on_a_copy() -> None:
    answer = Trying().ask(None)  # type: ignore[arg-type]
    assert (answer.choice, answer.by) == ("once", BY)
