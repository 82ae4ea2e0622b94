"""Virtual displays: ready, private, and gone without a trace."""

import os
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from Xlib.display import Display

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.x11 import X11Link
from handrail.actuators.xvfb import VirtualDisplay
from handrail.actuators.xvfb_access import write_authority


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while _running(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not _running(pid)


def test_lets_in_this_user_and_nobody_else(display: VirtualDisplay) -> None:
    link = Display(display.name)
    try:
        access = link.list_hosts()
        names = [bytes(host.name) for host in access.hosts]
    finally:
        link.close()
    assert access.mode == 1
    assert names == [f"localuser\0#{os.geteuid()}".encode()]


def test_the_key_file_is_private(tmp_path: Path) -> None:
    write_authority(tmp_path / "key", bytes(16))
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_close_ends_programs_and_their_children_and_removes_the_folder(tmp_path: Path) -> None:
    display = VirtualDisplay.start(320, 240)
    note = tmp_path / "pid"
    script = f"sleep 1000 & echo $! > {note}.new; mv {note}.new {note}; wait"
    shell = display.launch(["sh", "-c", script])
    while not note.exists():
        assert shell.poll() is None
        time.sleep(0.01)
    child = int(note.read_text())
    display.close()
    display.close()
    assert not display.alive
    assert _gone(child)
    assert _gone(shell.pid)
    assert not Path(f"/tmp/.X11-unix/X{display.name[1:]}").exists()
    with pytest.raises(EnvironmentMissing, match="has ended"):
        display.launch(["true"])


def test_displays_stand_side_by_side(display: VirtualDisplay) -> None:
    with VirtualDisplay.start(320, 240, wm=False) as other:
        assert other.name != display.name
        assert other.alive
        assert display.alive


def test_programs_get_this_display_and_its_bus_and_no_token(
    display: VirtualDisplay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAIL_REMOTE_TOKEN", "hunter2")
    out = tmp_path / "env"
    display.launch(["sh", "-c", f"env > {out}"], {"MARK": "here"}).wait(20)
    seen = dict(line.partition("=")[::2] for line in out.read_text().splitlines())
    assert seen["DISPLAY"] == display.name
    assert seen["MARK"] == "here"
    assert seen["DBUS_SESSION_BUS_ADDRESS"] == seen["AT_SPI_BUS_ADDRESS"] == display.bus
    assert display.bus.startswith("unix:path=")
    assert "XAUTHORITY" not in seen
    assert "hunter2" not in out.read_text()


def test_a_window_that_does_not_come_is_told_with_what_is_there(display: VirtualDisplay) -> None:
    failed = display.launch(["sh", "-c", "exit 3"])
    failed.wait(20)
    with pytest.raises(EnvironmentMissing, match=r"no window with 'Nothing'.*sh ended with 3"):
        display.wait_for_window("Nothing", 0.1)


def test_says_what_is_missing(display: VirtualDisplay, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentMissing, match="no-such-program does not start"):
        display.launch(["no-such-program"])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EnvironmentMissing, match="apt install xvfb"):
        VirtualDisplay.start(320, 240)


def test_a_server_that_does_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "Xvfb"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(EnvironmentMissing, match="Xvfb ended at once"):
        VirtualDisplay.start(320, 240)


@pytest.mark.parametrize("size", [(10, 600), (600, 100_000)])
def test_refuses_impossible_sizes(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="too small or too large"):
        VirtualDisplay.start(*size)


def test_a_forgotten_display_ends_with_the_process() -> None:
    code = (
        "from handrail.actuators.xvfb import VirtualDisplay\n"
        "d = VirtualDisplay.start(320, 240); print(d.name, d.launch(['sleep', '1000']).pid)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    name, pid = done.stdout.split()
    assert _gone(int(pid))
    assert not Path(f"/tmp/.X11-unix/X{name[1:]}").exists()


def test_a_killed_process_takes_its_displays_and_programs_along(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    escaped = f"echo $$ > {note}.new; mv {note}.new {note}; exec sleep 1000"
    code = (
        "import subprocess, threading, time\n"
        "from handrail.actuators.xvfb import VirtualDisplay\n"
        "made = []\n"
        "def start():\n"
        f"    d = VirtualDisplay.start(320, 240); d.launch(['setsid', 'sh', '-c', {escaped!r}])\n"
        "    made.extend([d, d.launch(['sh', '-c', 'env -i sleep 1000 & wait'])])\n"
        # the thread that forked ends before the process does, which must end nothing
        "thread = threading.Thread(target=start); thread.start(); thread.join()\n"
        "print(made[0].name, made[1].pid, flush=True); time.sleep(1000)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            name, shell = process.stdout.readline().split()
            while not note.exists():
                time.sleep(0.01)
            children = {int(note.read_text()), *_children(process.pid), *_children(int(shell))}
            names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in children}
            assert names >= {"Xvfb", "openbox", "sh", "sleep"}
        finally:
            process.kill()
    assert [pid for pid in children if not _gone(pid)] == []
    assert not Path(f"/tmp/.X11-unix/X{name.decode()[1:]}").exists()


def _children(pid: int) -> list[int]:
    end = time.monotonic() + 10
    while not (found := [int(p.name) for p in Path("/proc").glob("[0-9]*") if _parent(p) == pid]):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def test_a_killed_watchdog_does_not_keep_a_display_from_closing() -> None:
    before = _watchdogs()
    display = VirtualDisplay.start(320, 240, wm=False)
    (watchdog,) = _watchdogs() - before
    os.kill(watchdog, 9)
    display.close()
    assert not display.alive


def _watchdogs() -> set[int]:
    found = Path("/proc").glob("[0-9]*")
    return {int(p.name) for p in found if _parent(p) == os.getpid() and _watches(p)}


def _watches(process: Path) -> bool:
    return b"watchdog_child.py" in (process / "cmdline").read_bytes()


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_displays_that_number_their_extensions_apart_are_worked_in_turn() -> None:
    with (
        VirtualDisplay.start(200, 150, wm=False) as shared,
        VirtualDisplay.start(200, 150, wm=False, guarded=True) as guarded,
    ):
        for name in (shared.name, guarded.name, shared.name):
            with closing(X11Link(name)) as link:
                known = set(link.display.list_extensions())
                assert ("MIT-SHM" in known) == (name == shared.name)


def test_a_guarded_server_takes_a_bounded_amount_of_memory_for_programs() -> None:
    with (
        VirtualDisplay.start(200, 150, wm=False, guarded=True) as guarded,
        closing(Display(guarded.name)) as program,
    ):
        refused: list[object] = []
        program.set_error_handler(lambda problem, _request: refused.append(problem))
        for _ in range(40):  # of 64 MB each, which are only promised until they are used
            program.screen().root.create_pixmap(4_000, 4_000, 24)
            program.sync()
        assert {type(one).__name__ for one in refused} == {"BadAlloc"}
        assert len(refused) > 20
        assert guarded.alive
