"""What files and clocks may be like in a rehearsal and its commit: handled, or refused whole."""

import errno
import hashlib
import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import pytest

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_names import written
from handrail.sandbox.rehearsal.commit import conflicting
from handrail.sandbox.rehearsal.record import RehearsalRecord
from tests.sandbox.commit_world import at, commit, listing, prepared
from tests.sandbox.rehearsal_world import World

_FOUR_GB = 4 << 30


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_file_of_four_gigabytes_is_read_by_nobody_who_does_not_have_to(world: World) -> None:
    large = world.real / "docs" / "disk.img"
    with large.open("wb") as file:
        file.truncate(_FOUR_GB)
    world.begin()
    world.up("docs/a.txt").write_text("other\n")
    read = hashlib.file_digest

    def small(file: FileIO, name: str) -> object:
        assert os.fstat(file.fileno()).st_size < _FOUR_GB
        return read(file, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashlib, "file_digest", small)
        assert "docs/disk.img" not in world.found()
        commit(world, world.record())
    assert (large.stat().st_size, large.stat().st_blocks) == (_FOUR_GB, 0)


def test_names_that_are_no_text_and_times_from_elsewhere_are_committed(world: World) -> None:
    """A clock that jumps leaves such times; a name is bytes."""
    world.begin()
    name = os.fsdecode(b"docs/\xff\xfe\nname")
    world.up(name).write_text("new")
    world.up("docs/a.txt").write_text("old")
    os.utime(world.over / name, ns=(0, -5_000_000_001))  # 1969
    os.utime(world.over / "docs/a.txt", ns=(0, 4_102_444_800_000_000_001))  # 2100
    commit(world, world.record())
    assert (world.real / name).read_text() == "new"
    assert (world.real / name).stat().st_mtime_ns == -5_000_000_001
    assert (world.real / "docs/a.txt").stat().st_mtime_ns == 4_102_444_800_000_000_001


def test_a_file_that_is_written_while_it_is_read_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    busy = world.up("docs/a.txt")
    busy.write_text("one")
    read = hashlib.file_digest

    def meanwhile(file: FileIO, name: str) -> object:
        with busy.open("a") as other:
            other.write(" more")
        return read(file, name)

    monkeypatch.setattr(hashlib, "file_digest", meanwhile)
    with pytest.raises(RehearsalError, match=r"a\.txt is being written: close the program"):
        world.told()


@pytest.mark.parametrize("error", [errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("point", ["make_stage", "link", "rename", "dress", "sync"])
def test_permissions_that_are_lost_midway_leave_all_as_it_was(
    tmp_path: Path, point: str, error: int
) -> None:
    world = prepared(tmp_path)
    digest, before = world.record(), listing(world.real)

    def lost() -> None:
        raise OSError(error, os.strerror(error))

    with pytest.raises(RehearsalError, match=os.strerror(error)):
        commit(world, digest, at(point, lost))
    assert listing(world.real) == before


def _counted(work: Callable[[], object]) -> int:
    """Return how many entries are asked for, and how many files are opened, while this is done."""
    count = 0
    with pytest.MonkeyPatch.context() as patch:
        for name in ("open", "stat", "listxattr", "getxattr", "readlink"):
            asked = getattr(os, name)

            def counting(*given: object, asked: Callable[..., object] = asked, **named: object):  # type: ignore[no-untyped-def]
                nonlocal count
                count += 1
                return asked(*given, **named)

            patch.setattr(os, name, counting)
        work()
    return count


def _of_many(folder: Path, many: int, concerned: int) -> tuple[int, int]:
    """Delete some of many files; return the work to tell it, and to look for conflicts."""
    folder.mkdir()
    world = World(folder)
    for number in range(many):
        (world.real / f"{number}.txt").touch()
    world.begin()
    for number in range(concerned):
        world.hide(f"{number}.txt")
    told = _counted(world.told)
    world.record()
    return told, _counted(lambda: conflicting(world.run))


def test_the_work_grows_with_what_changed_and_not_with_what_is_there(tmp_path: Path) -> None:
    few = _of_many(tmp_path / "few", 100, 3)
    assert _of_many(tmp_path / "many", 5_000, 3) == few
    some = _of_many(tmp_path / "some", 200, 200)
    all_of_it = _of_many(tmp_path / "all", 800, 800)
    for less, more in zip(some, all_of_it, strict=True):
        assert more <= 4.2 * less, "four times as many take four times the work"


def test_where_a_rehearsal_keeps_its_changes_may_be_no_text() -> None:
    record = RehearsalRecord(run="run-1", on="desktop")
    assert record.scratch_folder is None
    kept = os.fsdecode(b"/var/tmp/\xff kept")
    named = record.model_copy(update={"scratch": written(os.fsencode(kept))})
    assert RehearsalRecord.model_validate_json(named.model_dump_json()).scratch_folder == Path(kept)
