"""What a copy may use, and whoever ends it where it uses more."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from handrail.sandbox.rehearsal import bounds, control_group
from handrail.sandbox.rehearsal.bounds import (
    Bounds,
    Warden,
    disk_used,
    memory_free,
    memory_of,
    processes_of,
)
from handrail.sandbox.rehearsal.control_group import THREADS, ControlGroup

_SECONDS = 10.0


def watched(
    given: Bounds, folder: Path, use: Callable[[], object] = lambda: None, init: int = 0
) -> str:
    """Return why a warden ended something that does this."""
    ended = Event()
    warden = Warden(given, lambda: init, [folder], ended.set)
    warden.start()
    use()
    assert ended.wait(_SECONDS)
    warden.close()
    return warden.reason


@pytest.mark.parametrize("name", ["seconds", "memory", "processes", "disk"])
def test_nothing_at_all_is_no_bound(name: str) -> None:
    with pytest.raises(ValueError, match=f"no {name}"):
        Bounds(**{name: 0})


def test_too_long_is_ended(tmp_path: Path) -> None:
    assert watched(Bounds(seconds=0.1), tmp_path) == "it took longer than 0.1 s"


def test_too_much_written_is_ended(tmp_path: Path) -> None:
    (tmp_path / "before").write_bytes(b"x" * (4 << 20))  # what was there does not count

    def write() -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "large").write_bytes(b"x" * (3 << 20))

    assert watched(Bounds(disk=2 << 20), tmp_path, write) == "it wrote more than 2 MiB"


def test_too_many_processes_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    monkeypatch.setattr(bounds, "processes_of", lambda _init: everybody)
    assert watched(Bounds(processes=1), tmp_path) == "it had more than 1 processes"
    most = Bounds(processes=10_000, memory=1 << 20)
    assert watched(most, tmp_path) == "it used more than 1 MiB of memory"


def test_who_has_not_left_the_machines_processes_has_none_of_its_own() -> None:
    assert processes_of(os.getpid()) == []


def test_a_machine_that_runs_out_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    much = Bounds(reserve=1 << 60)
    assert watched(much, tmp_path).endswith("of memory left")
    monkeypatch.setattr(bounds, "memory_free", lambda: 1 << 61)
    assert watched(much, tmp_path) == "the disk had less than 1.07e+09 GiB left"


def test_what_uses_little_is_left_alone(tmp_path: Path) -> None:
    warden = Warden(Bounds(), lambda: 0, [tmp_path], lambda: None)
    warden.close()
    warden.start()
    warden.close()
    assert warden.reason == ""
    assert warden._passed(0.0) == ""


def test_counting_stops_where_it_is_enough(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / str(number)).touch()
    assert disk_used([tmp_path]) >= 50 * 4_096
    assert disk_used([tmp_path], 8_192) < 5 * 4_096
    assert disk_used([tmp_path / "gone"]) == 0


def test_what_was_removed_meanwhile_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "gone").touch()
    with os.scandir(tmp_path) as entries:
        (entry,) = entries
    (tmp_path / "gone").unlink()
    assert bounds._taken(entry) == 0


def test_who_has_ended_uses_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert memory_of([Path("/proc", str(ended.pid))]) == 0


def test_memory_is_what_the_system_says(tmp_path: Path) -> None:
    told = tmp_path / "meminfo"
    told.write_text("MemTotal: 9 kB\nMemAvailable:   2048 kB\n")
    assert memory_free(told) == 2 << 20
    told.write_text("MemTotal: 9 kB\n")
    with pytest.raises(RuntimeError, match="does not say"):
        memory_free(told)


def test_a_group_is_made_in_either_version(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "pids").mkdir(parents=True)
    (first / "pids/cgroup.procs").touch()
    second.mkdir()
    (second / "cgroup.subtree_control").write_text("cpu pids\n")
    for system, parent in ((first, first / "pids"), (second, second)):
        with ControlGroup.made(Bounds(processes=7), system) as group:
            assert group.folder is not None
            assert group.folder.parent == parent
            assert (group.folder / "pids.max").read_text() == str(7 * THREADS)
            (group.folder / "pids.max").unlink()  # which the kernel does by itself
        assert not group.folder.exists()


def test_a_group_is_no_must(tmp_path: Path) -> None:
    with ControlGroup.made(Bounds(), tmp_path) as none:
        assert none.folder is None
    (tmp_path / "cgroup.subtree_control").write_text("cpu\n")
    with ControlGroup.made(Bounds(), tmp_path) as other:
        assert other.folder is None


def test_a_closed_system_and_groups_of_the_dead(tmp_path: Path) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("pids\n")
    (tmp_path / "handrail-4000000-a").mkdir()  # of a process that there is not
    (tmp_path / "handrail-4000000-b").mkdir()
    (tmp_path / "handrail-4000000-b" / "busy").touch()
    (tmp_path / f"handrail-{os.getpid()}-c").mkdir()
    with ControlGroup.made(Bounds(), tmp_path):
        left = {path.name for path in tmp_path.glob("handrail-*")}
        assert "handrail-4000000-a" not in left
        assert {"handrail-4000000-b", f"handrail-{os.getpid()}-c"} < left


def test_a_group_that_somebody_stays_in_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("pids\n")
    monkeypatch.setattr(control_group, "_SECONDS", 0.0)
    with ControlGroup.made(Bounds(), tmp_path) as group:
        assert group.folder is not None
    assert group.folder.exists()  # for what lies in it stands for whoever is in it


def test_a_group_that_cannot_be_made_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("pids\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with ControlGroup.made(Bounds(), tmp_path) as group:
            assert group.folder is None
