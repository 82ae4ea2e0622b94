"""What a rehearsal changed is told whole, noise is marked, and what is not certain is refused."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.baseline import Baseline
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.noise import NOISE, noise_of
from handrail.sandbox.rehearsal.overlay_marks import OverlayMarks
from handrail.sandbox.rehearsal.tree import Tree
from tests.sandbox.rehearsal_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def changes(world: World) -> dict[str, str]:
    return {path: one.change for path, one in world.found().items() if not one.noise}


def test_a_file_that_was_copied_up_and_is_the_same_is_no_change(world: World) -> None:
    world.begin()
    world.up("docs/a.txt")
    assert changes(world) == {}


def test_created_changed_deleted_and_metadata(world: World) -> None:
    world.begin()
    world.up("docs/a.txt").write_text("more\n")
    world.up("docs/b.txt").chmod(0o600)
    (world.over / "new").mkdir()
    (world.over / "new" / "link").symlink_to("/etc/passwd")
    world.hide("top.txt")
    found = world.found()
    assert {(path, one.change, one.metadata) for path, one in found.items() if not one.noise} == {
        ("docs/a.txt", "changed", False),
        ("docs/b.txt", "changed", True),
        ("new", "created", False),
        ("new/link", "created", False),
        ("top.txt", "deleted", False),
    }
    assert found["new/link"].entry == "link"


@pytest.mark.parametrize("marks", ["user", "names"])
def test_a_folder_that_replaces_another_hides_what_was_in_it(tmp_path: Path, marks: str) -> None:
    world = World(tmp_path, marks="names" if marks == "names" else "user")
    world.begin()
    path = world.up("docs")
    if marks == "names":
        (path / ".wh..wh..opq").touch()
    else:
        os.setxattr(path, "user.overlay.opaque", b"y")
    (path / "c.txt").write_text("three\n")
    world.hide("top.txt")
    assert changes(world) == {
        "docs/a.txt": "deleted",
        "docs/b.txt": "deleted",
        "docs/c.txt": "created",
        "top.txt": "deleted",
    }


def test_a_mark_of_another_kind_of_mount_is_only_a_name(world: World) -> None:
    world.begin()
    (world.up("docs") / ".wh.a.txt").touch()
    (world.up("docs/b.txt")).write_text("more")
    assert changes(world) == {"docs/.wh.a.txt": "created", "docs/b.txt": "changed"}


@pytest.mark.parametrize("mark", ["redirect", "metacopy"])
def test_what_lies_elsewhere_is_refused(world: World, mark: str) -> None:
    world.begin()
    path = world.up("docs" if mark == "redirect" else "docs/a.txt")
    os.setxattr(path, f"user.overlay.{mark}", b"/other")
    with pytest.raises(RehearsalError, match=r"redirect_dir=off and metacopy=off"):
        world.told()


def test_a_change_of_kind_takes_what_was_in_the_folder_along(world: World) -> None:
    world.begin()
    (world.over / "docs").write_text("a file now")
    world.hide("never")
    assert changes(world) == {"docs": "changed", "docs/a.txt": "deleted", "docs/b.txt": "deleted"}
    assert world.found()["docs"].was is not None


def test_a_deleted_folder_is_told_with_everything_in_it(world: World) -> None:
    (world.real / "docs" / "inner").mkdir()
    (world.real / "docs" / "inner" / ".~lock.x#").write_text("")
    world.begin()
    world.hide("docs")
    assert set(changes(world)) == {
        "docs", "docs/a.txt", "docs/b.txt", "docs/inner", "docs/inner/.~lock.x#",
    }  # fmt: skip


def test_what_the_user_changes_meanwhile_is_a_disturbance(world: World) -> None:
    world.begin()
    world.up("docs/a.txt").write_text("rehearsed")
    (world.real / "docs" / "a.txt").write_text("mine")
    (world.over / "new.txt").write_text("rehearsed")
    (world.real / "new.txt").write_text("mine")
    world.hide("top.txt")
    (world.real / "top.txt").unlink()
    told = world.told().disturbed
    assert [Path(path).name for path in told] == ["a.txt", "new.txt", "top.txt"]


def test_what_came_or_went_in_a_folder_that_is_deleted_is_a_disturbance(world: World) -> None:
    world.begin()
    world.hide("docs")
    (world.real / "docs" / "c.txt").write_text("mine")
    (world.real / "docs" / "b.txt").unlink()
    assert [Path(path).name for path in world.told().disturbed] == ["b.txt", "c.txt"]


def test_hard_links_are_told(world: World) -> None:
    os.link(world.real / "top.txt", world.real / "twin.txt")
    world.begin()
    os.link(world.up("docs/a.txt"), world.over / "other.txt")
    world.up("top.txt")
    os.link(world.over / "top.txt", world.over / "twin.txt")
    (world.up("docs/b.txt")).unlink()
    os.link(world.over / "top.txt", world.over / "docs" / "b.txt")
    found = world.found()
    assert found["other.txt"].linked.endswith("docs/a.txt")
    assert found["docs/b.txt"].linked.endswith("top.txt")
    assert "twin.txt" not in found, "it was another name before"


def test_further_names_of_what_changes_are_kept_beside_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.real / "docs" / "same").hardlink_to(world.real / "docs" / "a.txt")
    world.begin()
    world.up("docs/a.txt").write_text("other\n")
    world.hide("top.txt")
    assert world.told().beside == (f"{world.real}/docs/same",)


def test_two_equal_files_that_become_one_are_told(world: World) -> None:
    world.begin()
    for name in ("docs/a.txt", "same.txt"):
        (world.real / name).write_text("same")
        os.utime(world.real / name, ns=(1, 1))
    world.base = Baseline.take(world.real)
    os.link(world.up("docs/a.txt"), world.over / "same.txt")
    assert world.found()["same.txt"].linked
    assert world.found()["same.txt"].metadata


def test_a_copy_is_compared_whole_and_a_users_copy_has_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, form="copy")
    world.begin()
    (world.over / "docs" / "a.txt").write_text("more\n")
    (world.over / "top.txt").unlink()
    assert changes(world) == {"docs/a.txt": "changed", "top.txt": "deleted"}
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert changes(world) == {"docs/a.txt": "changed", "top.txt": "deleted"}


def test_special_entries_are_told_by_their_sort(world: World) -> None:
    world.begin()
    os.mkfifo(world.over / "pipe")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(world.over / "plug"))
    found = world.found()
    assert {name: (one.entry, one.after) for name, one in found.items()} == {
        "pipe": ("special", "fifo"), "plug": ("special", "socket"),
    }  # fmt: skip


def test_a_folders_mode_is_told_and_its_time_is_noise(world: World) -> None:
    (world.real / "other").mkdir()
    world.begin()
    path = world.up("docs")
    os.setxattr(path, "user.x", b"1")
    path.chmod(0o700)
    os.utime(world.up("other"), ns=(1, 1))
    os.link(world.up("top.txt"), world.folder / "outside")
    assert {name: one.noise for name, one in world.found().items()} == {
        "docs": False, "other": True,
    }  # fmt: skip


def test_noise_is_marked_and_what_is_needed_for_the_rest_is_not(world: World) -> None:
    world.begin()
    for name in (".cache/x/y", ".config/dconf/user", ".config/own/set", ".recently-used/doc"):
        (world.over / name).parent.mkdir(parents=True, exist_ok=True)
        (world.over / name).write_text("x")
    (world.over / ".config" / "empty").mkdir()
    found = Consequences(found=world.told().found)
    assert all(one.noise for one in set(found.files) - set(found.telling))
    noise = {name for name, one in world.found().items() if one.noise}
    assert noise == {
        ".cache", ".cache/x", ".cache/x/y", ".config/dconf", ".config/dconf/user",
    }  # fmt: skip


def test_every_pattern_of_noise_has_a_reason_and_matches_nothing_plain() -> None:
    assert all(one.reason for one in NOISE)
    for path in ("docs/report.odt", "Cargo.lock", "docs/.cache/x", "a.swp", "recently-used.xbel"):
        assert noise_of(path) is None, path
    for path in (".cache", ".cache/a/b", "docs/.~lock.a.odt#", ".config/a/b/SingletonLock"):
        assert noise_of(path) is not None, path


def test_a_baseline_is_read_back(world: World, tmp_path: Path) -> None:
    (world.real / os.fsdecode(b"\xff a\n")).write_text("")
    world.form = "copy"
    world.begin()
    world.base.keep(tmp_path / "baseline", OsDisk())
    assert Baseline.read(tmp_path / "baseline") == world.base
    (tmp_path / "baseline").write_bytes(b"handrail baseline 1\0x 1 2")
    for content in (b"handrail baseline 1\0x 1 2 3 4 5 n", b"other"):
        (tmp_path / "baseline").write_bytes(content)
        with pytest.raises(RehearsalError, match="not the baseline"):
            Baseline.read(tmp_path / "baseline")
    with pytest.raises(RehearsalError, match="cannot read"):
        Baseline.read(tmp_path / "none")
    with pytest.raises(RehearsalError, match="cannot write"):
        world.base.keep(tmp_path / "no" / "baseline", OsDisk())


def test_a_folder_that_is_gone_or_closed_while_it_is_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "scandir", _raising(FileNotFoundError(2, "gone")))
    assert Baseline.take(world.real).entries == {}
    monkeypatch.setattr(os, "scandir", _raising(PermissionError(13, "closed")))
    with pytest.raises(RehearsalError, match=r"cannot look into .*real: closed"):
        Baseline.take(world.real)


def test_an_entry_that_vanishes_from_the_copy_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    world.up("docs/a.txt")
    names = OverlayMarks.names

    def more(self: OverlayMarks, tree: Tree, path: bytes) -> dict[bytes, bool]:
        return {**names(self, tree, path), b"ghost": False}

    monkeypatch.setattr(OverlayMarks, "names", more)
    with pytest.raises(RehearsalError, match="vanished"):
        world.told()


def _raising(error: OSError) -> Callable[..., object]:
    def raises(*_given: object, **_named: object) -> object:
        raise error

    return raises
