"""Everything that can lie in a folder: kept exactly, or named as not kept; never followed."""

import os
import stat
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.file_names import read
from handrail.sandbox.snapshot.files import FileKeeper
from tests.faults.file_looks import seen
from tests.sandbox.file_places import as_normal_user, open_folder, small_disk


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


@pytest.fixture
def keeper(tmp_path: Path, root: Path) -> FileKeeper:
    return FileKeeper(tmp_path / "store", (root,))


def test_a_link_out_of_the_folder_is_kept_and_never_followed(
    root: Path, keeper: FileKeeper, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("not ours")
    (root / "in").mkdir()
    (root / "in" / "file").write_text("ours")
    (root / "link").symlink_to(outside / "file")
    before, older = seen(root), keeper.keep()
    (root / "in" / "file").unlink()
    (root / "in").rmdir()
    (root / "link").unlink()
    (root / "link").write_text("a file")
    newer = keeper.keep()
    (root / "in").symlink_to(outside)
    with pytest.raises(UndoConflict):
        keeper.put_back(older, newer)
    (root / "in").unlink()
    keeper.put_back(older, newer)
    now = seen(root)
    assert now.pop(bytes(root)) != before.pop(bytes(root)), "a person made the last change in it"
    assert now == before
    assert (outside / "file").read_text() == "not ours"
    assert [path.name for path in outside.iterdir()] == ["file"]


def test_a_folder_that_became_a_link_is_a_conflict(
    root: Path, keeper: FileKeeper, tmp_path: Path
) -> None:
    (root / "in").mkdir()
    (root / "in" / "file").write_text("ours")
    older = keeper.keep()
    (root / "in" / "file").write_text("changed")
    newer = keeper.keep()
    (root / "in").rename(tmp_path / "outside")
    (root / "in").symlink_to(tmp_path / "outside")
    told = [one.what for one in keeper.conflicts(older, newer)]
    assert told == [str(root / "in" / "file"), str(root / "in")]
    with pytest.raises(UndoConflict):
        keeper.put_back(older, newer)
    assert (tmp_path / "outside" / "file").read_text() == "changed"


def test_names_of_one_file_are_put_back_as_names_of_one_file(
    root: Path, keeper: FileKeeper
) -> None:
    (root / "a").write_text("one")
    (root / "b").hardlink_to(root / "a")
    (root / "other").write_text("one")
    before, older = seen(root), keeper.keep()
    (root / "b").unlink()
    (root / "b").hardlink_to(root / "other")
    (root / "a").write_text("two")
    keeper.put_back(older, keeper.keep())
    assert seen(root) == before
    assert (root / "a").stat().st_ino == (root / "b").stat().st_ino
    assert (root / "other").stat().st_nlink == 1


def test_a_name_outside_keeps_what_it_has(root: Path, keeper: FileKeeper, tmp_path: Path) -> None:
    (root / "a").write_text("one")
    older = keeper.keep()
    (tmp_path / "outside").hardlink_to(root / "a")
    (root / "a").write_text("two")
    keeper.put_back(older, keeper.keep())
    assert ((root / "a").read_text(), (tmp_path / "outside").read_text()) == ("one", "two")


def test_what_cannot_be_kept_is_named_and_stops_nothing(root: Path, keeper: FileKeeper) -> None:
    try:
        os.mknod(root / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("devices need root")
    (root / "file").write_text("1")
    older = keeper.keep()
    (root / "zero").unlink()
    (root / "file").write_text("2")
    newer = keeper.keep()
    lost = keeper.lost(older, newer)
    assert [(one.change, one.kind, Path(one.what).name) for one in lost] == [
        ("deleted", "special", "zero"),
    ]
    assert [Path(one.what).name for one in keeper.put_back(older, newer)] == ["file"]
    assert [path.name for path in root.iterdir()] == ["file"]
    assert (root / "file").read_text() == "1"


def test_a_device_is_named_and_never_opened(root: Path, keeper: FileKeeper) -> None:
    try:
        os.mknod(root / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("devices need root")
    older = keeper.keep()
    (root / "zero").chmod(0o644)
    newer = keeper.keep()
    assert [one.kind for one in keeper.lost(older, newer)] == ["special"]
    assert keeper.put_back(older, newer) == ()
    assert stat.S_IMODE((root / "zero").stat().st_mode) == 0o644


def test_a_large_hole_costs_no_room(root: Path, keeper: FileKeeper, tmp_path: Path) -> None:
    size = 300 << 20
    with (root / "sparse").open("wb") as file:
        file.write(b"begin")
        file.seek(size - 3)
        file.write(b"end")
    older = keeper.keep()
    (root / "sparse").unlink()
    keeper.put_back(older, keeper.keep())
    info = (root / "sparse").stat()
    assert info.st_size == size
    assert info.st_blocks * 512 < 1 << 20
    kept = sum(p.lstat().st_blocks * 512 for p in (tmp_path / "store" / "contents").rglob("*"))
    assert kept < 1 << 20
    with (root / "sparse").open("rb") as file:
        assert file.read(5) == b"begin"
        file.seek(-6, os.SEEK_END)
        assert file.read() == b"\0\0\0end"


def test_a_hole_at_the_end_and_blocks_of_zeros_come_back_as_they_were(
    root: Path, keeper: FileKeeper
) -> None:
    zeros = 1 << 20
    with (root / "holes").open("wb") as file:
        file.write(b"x" * 4096)
        file.truncate(zeros)
    (root / "zeros").write_bytes(b"x" * 4096 + bytes(zeros - 4096))
    rooms = {name: (root / name).stat().st_blocks for name in ("holes", "zeros")}
    before, older = seen(root), keeper.keep()
    (root / "holes").unlink()
    (root / "zeros").unlink()
    keeper.put_back(older, keeper.keep())
    assert seen(root) == before
    found = {name: (root / name).stat().st_blocks for name in rooms}
    assert found["holes"] <= rooms["holes"] + 8
    assert found["zeros"] >= rooms["zeros"] - 8


@pytest.mark.parametrize("name", [b"\xff\xfe", b"new\nline", b"back\\slash", b"\x1b[31m", b" "])
def test_any_name_comes_back(root: Path, keeper: FileKeeper, name: bytes) -> None:
    path = Path(os.fsdecode(bytes(root) + b"/" + name))
    path.write_text("content")
    before, older = seen(root), keeper.keep()
    path.unlink()
    newer = keeper.keep()
    (told,) = keeper.differences(older, newer)
    assert told.what.isprintable()
    assert read(told.what) == bytes(path)
    keeper.put_back(older, newer)
    assert seen(root) == before


def test_a_path_longer_than_the_system_takes_at_once_comes_back(
    root: Path, keeper: FileKeeper
) -> None:
    here, name = os.open(root, os.O_RDONLY), "d" * 250
    for _ in range(20):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    older = keeper.keep()
    os.close(os.open("deep", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    newer = keeper.keep()
    assert len(keeper.differences(older, newer)[0].what) > 5_000
    keeper.put_back(older, newer)
    with os.scandir(here) as left:
        assert list(left) == []
    os.close(here)


def test_another_file_system_is_named_and_left_alone(root: Path, keeper: FileKeeper) -> None:
    older = keeper.keep()
    with small_disk(root / "disk") as disk:
        (disk / "file").write_text("not ours")
        newer = keeper.keep()
        assert [one.kind for one in keeper.lost(older, newer)] == ["special"]
        assert keeper.put_back(older, newer) == ()
        assert (disk / "file").read_text() == "not ours"


def test_a_folder_that_would_go_and_holds_another_file_system_is_a_conflict(
    root: Path, keeper: FileKeeper
) -> None:
    older = keeper.keep()
    (root / "in").mkdir()
    newer = keeper.keep()
    with (
        small_disk(root / "in" / "disk"),
        pytest.raises(UndoConflict, match="disk was created"),
    ):
        keeper.put_back(older, newer)


def test_a_file_where_another_file_system_was_mounted_is_a_conflict(
    root: Path, keeper: FileKeeper
) -> None:
    older = keeper.keep()
    (root / "in").mkdir()
    newer = keeper.keep()
    (root / "in").rmdir()
    with small_disk(root / "in"), pytest.raises(UndoConflict, match="in was changed"):
        keeper.put_back(older, newer)


def test_attributes_of_a_file_that_may_not_be_written_come_back() -> None:
    def work() -> None:
        with open_folder() as folder:
            root = folder / "docs"
            (root / "in").mkdir(parents=True)
            for path in (root / "file", root / "in" / "file"):
                path.write_text("x")
                os.setxattr(path, "user.origin", b"here")
                path.chmod(0o444)
            os.setxattr(root / "in", "user.origin", b"here")
            (root / "in").chmod(0o555)
            root.chmod(0o555)
            before = seen(root)
            keeper = FileKeeper(folder / "store", (root,))
            older = keeper.keep()
            for path in (root / "file", root / "in" / "file", root / "in"):
                mode = path.stat().st_mode
                path.chmod(0o700)
                os.setxattr(path, "user.origin", b"there")
                os.setxattr(path, "user.more", b"")
                path.chmod(mode)
            (root / "in").chmod(0o700)
            (root / "in" / "new").write_text("n")
            (root / "in").chmod(0o555)
            root.chmod(0o700)
            (root / "new").write_text("n")
            root.chmod(0o555)
            keeper.put_back(older, keeper.keep())
            assert seen(root) == before
            (root / "in").chmod(0o700)
            root.chmod(0o700)

    as_normal_user(work)


def test_a_folder_that_is_a_link_or_a_file_is_refused(tmp_path: Path, root: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    (tmp_path / "file").write_text("x")
    for name, why in (("link", "a link"), ("file", "no folder")):
        with pytest.raises(RestoreError, match=f"{name}: is {why}"):
            FileKeeper(tmp_path / "store", (tmp_path / name,)).keep()
