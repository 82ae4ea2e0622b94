"""A program in a copy: what it finds, what it changes, and that the real folders stay so."""

import os
import platform
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal import confinement, stage, syscalls, ways
from handrail.sandbox.rehearsal.bounds import Bounds
from handrail.sandbox.rehearsal.confinement import Confinement, passed_on
from handrail.sandbox.rehearsal.control_group import ControlGroup
from handrail.sandbox.rehearsal.removal import remove, unmount
from handrail.sandbox.rehearsal.stage import WAYS, Stage, Way, WayName
from handrail.sandbox.rehearsal.ways import find_way
from tests.sandbox.rehearsal.copies import forget, home_in, run_in_copy

_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="/dev/fuse may be root's")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    made = home_in(tmp_path)
    yield made
    if (tmp_path / "scratch").exists():
        forget(made)


def was(home: Path) -> dict[Path, tuple[int, int, int]]:
    return {
        p: (p.lstat().st_mode, p.lstat().st_ino, p.lstat().st_ctime_ns) for p in home.rglob("*")
    }


@pytest.mark.parametrize("way", ["overlay", pytest.param("fuse-overlayfs", marks=_ROOT), "copy"])
def test_a_copy_is_changed_and_the_folder_is_not(home: Path, way: WayName) -> None:
    before = was(home)
    copied = run_in_copy(home, "rm note.txt; echo new > made; cat ../.netrc ../.ssh/id", (way,))
    assert was(home) == before
    assert (copied.changed / "docs/made").read_text() == "new\n"
    assert not (copied.changed / "docs/note.txt").is_file()
    assert "KEY" not in copied.said


def test_the_top_of_a_copy_is_like_the_folder(home: Path) -> None:
    home.chmod(0o750)
    os.utime(home, (1_000_000, 1_000_000))
    os.setxattr(home, "user.colour", b"blue")
    top = run_in_copy(home, "true").changed.stat()
    real = home.stat()
    assert (top.st_mode, top.st_uid, top.st_gid) == (real.st_mode, real.st_uid, real.st_gid)


def test_a_program_sees_the_system_its_copy_and_nothing_else(home: Path) -> None:
    copied = run_in_copy(
        home,
        "ls -A / /home /root /run/user/* /tmp; env; id -u; hostname; cat /proc/self/status",
        environ={"LANG": "C.UTF-8", "LC_TIME": "C", "API_TOKEN": "KEY", "DISPLAY": ":0"},
    )
    assert "KEY" not in copied.said
    assert "DISPLAY" not in copied.said
    lines = copied.said.splitlines()
    assert {f"HOME={home}", "LANG=C.UTF-8", "LC_TIME=C", "handrail"} <= set(lines)
    assert "CapEff:\t0000000000000000" in lines
    assert "NoNewPrivs:\t1" in lines
    assert "Seccomp:\t2" in lines
    assert str(os.geteuid()) in lines
    assert not {"sys", "boot", "mnt", "srv", "work"} & set(lines)


def test_strange_names_are_copied_too(tmp_path: Path) -> None:
    home = home_in(tmp_path / "a,b:c=d\\ 'é\n")
    copied = run_in_copy(home, "echo more >> note.txt")
    assert (copied.changed / "docs/note.txt").read_text() == "reader\nmore\n"
    assert (home / "docs/note.txt").read_text() == "reader\n"
    forget(home)


def test_what_only_root_may_read_is_hidden_from_root(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open/closed").touch(0o600)
    (tmp_path / "open/shown").touch(0o644)
    (tmp_path / "closed").mkdir(0o700)
    (tmp_path / "link").symlink_to(tmp_path / "closed")
    assert confinement._closed(tmp_path) == [tmp_path / "closed", tmp_path / "open/closed"]


def test_a_program_is_found_where_it_would_be_inside(home: Path) -> None:
    shut = Confinement(home, home, passed_on({"PATH": "/usr/bin:/bin"}))
    shut = shut.around(((home, home),), (home / ".ssh",)).reading(home / "docs/note.txt")
    (home / "tool").touch()
    (home / ".ssh/tool").touch()
    found = {"sh", "/usr/bin/env", "./tool", str(home / "tool")}
    assert {name for name in found if shut.finds(name)} == found
    for name in ("no-such-program", "/usr/bin/no", "./.ssh/tool", str(home.parent / "scratch")):
        assert not shut.finds(name)


def test_without_bubblewrap_there_is_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(RehearsalError, match="apt install bubblewrap"):
        find_way(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_no_way_works_each_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, line in (("bwrap", "echo forbidden >&2; exit 1"), ("nothing", "")):
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    with pytest.raises(RehearsalError, match="only: forbidden; plain copies, without"):
        find_way(tmp_path, ("copy",))
    (folder / "bwrap").write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(RehearsalError, match="nothing was changed in the copy"):
        find_way(tmp_path, ("copy",))
    monkeypatch.setattr(ways, "_SECONDS", 0.2)
    (folder / "bwrap").write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(RehearsalError, match="timed out"):
        find_way(tmp_path, ("copy",))


def test_a_way_that_changes_the_real_folder_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def astray(_stage: Stage) -> tuple[tuple[Path, Path], ...]:
        real = _stage.reals[0]
        _stage.layers[0].changed.joinpath("made").touch()
        return ((real, real),)

    monkeypatch.setattr(Stage, "writable", property(astray))
    with pytest.raises(RehearsalError, match="the real folder was changed"):
        find_way(tmp_path, ("copy",))


def test_where_there_are_no_user_namespaces_programs_have_none_of_their_own(home: Path) -> None:
    told = Confinement(home, home, {}, own_users=False).arguments()
    assert "--unshare-user" not in told
    assert told[told.index("--cap-drop") + 1] == "ALL"


def test_ways_are_told_in_words() -> None:
    told = [Way(name, "user", name != "copy").told() for name in WAYS]
    assert told == [
        "overlay mounts",
        "fuse-overlayfs",
        "plain copies, without user namespaces: slow, and of small folders only",
    ]


def test_the_ways_of_a_normal_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    found = [(way.name, way.mounts) for way in ways._candidates(("overlay", "copy"))]
    assert found == [("overlay", "user"), ("copy", "none"), ("copy", "none")]


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Stage(tmp_path / "gone", Way("copy", "none", True), (tmp_path,))
    with pytest.raises(RehearsalError, match="No such file"):
        made.prepare()
    with pytest.raises(RehearsalError, match="No such file"):
        made.entered(Confinement(tmp_path, tmp_path, {}), Bounds(), ["true"])


def test_the_kernels_bound_counts_the_copy_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    apart = Way("overlay", "user", True)
    assert stage._processes(apart, Bounds(processes=5)) > 0
    assert stage._processes(Way("copy", "none", False), Bounds()) == 0
    monkeypatch.setattr(platform, "release", lambda: "5.10.0-28-amd64")
    assert stage._processes(apart, Bounds()) == 0


def test_a_normal_users_layer_stays_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    (tmp_path / "real").mkdir(mode=0o711)
    (tmp_path / "s").mkdir()
    Stage(tmp_path / "s", Way("overlay", "user", True), (tmp_path / "real",)).prepare()
    assert stat.S_IMODE((tmp_path / "s/upper-0").stat().st_mode) == 0o711


def test_a_group_is_joined(tmp_path: Path) -> None:
    made = Stage(tmp_path, Way("copy", "none", True))
    shut = Confinement(tmp_path, Path("/"), {})
    joined = ControlGroup(tmp_path / "group")
    command = made.entered(shut, Bounds(), ["true"], joined)
    assert str(joined.folder) in command
    (tmp_path / "group").mkdir()
    subprocess.run(command, check=False)
    assert (tmp_path / "group/cgroup.procs").read_text().strip().isdigit()


def test_machines_that_are_not_known_have_no_filter() -> None:
    assert syscalls.program("x86_64") != syscalls.program("aarch64") != b""
    assert syscalls.program("riscv64") == b""


def test_without_a_filter_a_copy_is_still_a_copy(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert "Seccomp:\t0" in run_in_copy(home, "cat /proc/self/status", ("copy",)).said


@_ROOT
@pytest.mark.skipif(shutil.which("fuse-overlayfs") is None, reason="no fuse-overlayfs")
def test_a_mount_that_was_left_is_taken_away_or_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lower", "upper", "work", "merged-0"):
        (tmp_path / name).mkdir()
    (tmp_path / "lower/kept").touch()
    layers = "lowerdir=lower,upperdir=upper,workdir=work"
    subprocess.run(["fuse-overlayfs", "-o", layers, "merged-0"], cwd=tmp_path, check=True)
    assert (tmp_path / "merged-0/kept").exists()
    with monkeypatch.context() as without:
        without.setenv("PATH", "/nowhere")
        with pytest.raises(RehearsalError, match="still mounted"):
            remove(tmp_path)
    unmount(tmp_path)
    assert (tmp_path / "lower/kept").exists()
    assert not (tmp_path / "merged-0/kept").exists()


def test_what_cannot_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "copy/work"
    closed.mkdir(parents=True)
    (closed / "work").mkdir(mode=0)
    (tmp_path / "copy/link").symlink_to(tmp_path)
    remove(tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []
    remove(tmp_path / "copy")
    monkeypatch.setattr(shutil, "rmtree", lambda _f: (_ for _ in ()).throw(OSError("busy")))
    with pytest.raises(RehearsalError, match="busy"):
        remove(tmp_path)
