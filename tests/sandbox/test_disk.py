"""Files on the disk: new, locked, replaced whole, and folders that outlive a power loss."""

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from handrail.sandbox.disk import OsDisk, make_folder, replace_file


class Watched(OsDisk):
    """Remembers which folders were synced; fails to sync data where it is told to."""

    def __init__(self, failing: bool = False) -> None:
        self.synced: list[Path] = []
        self.failing = failing

    def sync(self, descriptor: int) -> None:
        if self.failing:
            raise OSError(errno.EIO, "EIO")
        super().sync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self.synced.append(folder)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_file_that_another_holds_is_not_opened_and_nothing_leaks(tmp_path: Path) -> None:
    path, disk = tmp_path / "file", OsDisk()
    held = disk.create(path)
    before = open_descriptors()
    with pytest.raises(BlockingIOError):
        disk.reopen(path)
    assert open_descriptors() == before
    os.close(held)
    again = disk.reopen(path)
    with pytest.raises(BlockingIOError), path.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(again)


def test_every_folder_that_was_missing_is_synced_into_the_one_above(tmp_path: Path) -> None:
    disk = Watched()
    make_folder(tmp_path / "a" / "b" / "c", disk)
    assert set(disk.synced) == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}
    assert stat.S_IMODE((tmp_path / "a" / "b" / "c").stat().st_mode) == 0o700
    disk.synced.clear()
    make_folder(tmp_path / "a" / "b" / "c", disk)
    assert disk.synced == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old", Watched())
    with pytest.raises(OSError, match="EIO"):
        replace_file(path, b"new", Watched(failing=True))
    assert path.read_bytes() == b"old"
    disk = Watched()
    replace_file(path, b"new", disk)
    assert (path.read_bytes(), disk.synced) == (b"new", [tmp_path])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
