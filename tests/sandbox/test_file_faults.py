"""Full disks, lost permissions, damage, failing steps: refused with the reason, or all undone."""

import errno
import json
import os
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.file_places import above, last
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.store import Store, locked
from tests.faults.file_looks import seen
from tests.faults.undoing import watched
from tests.sandbox.file_places import (
    fill,
    leftovers,
    work,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    fill(folder)
    return folder


@pytest.fixture
def keeper(tmp_path: Path, root: Path) -> FileKeeper:
    return FileKeeper(tmp_path / "store", (root,))


def test_a_step_that_fails_is_taken_back(root: Path, keeper: FileKeeper) -> None:
    before, older = seen(root), keeper.keep()
    work(root)
    newer, after = keeper.keep(), seen(root)

    def at_step(number: int, before_it: bool) -> None:
        if before_it and number == step:
            raise OSError(errno.EIO, "Input/output error")

    failed = 0
    for step in range(1, 80):
        keeper.live = watched(at_step)
        try:
            keeper.put_back(older, newer)
        except RestoreError as error:
            failed += 1
            if "all was put back" in str(error):
                keeper.live = LiveTree
                keeper.put_back(older, newer)
                assert seen(root) == before, step
                keeper.put_back(newer, older)
            assert seen(root) == after, step
        else:
            break
    assert failed > 20
    assert seen(root) == before
    assert not leftovers(root)


def test_what_can_neither_go_on_nor_back_is_said_and_finished_later(
    root: Path, keeper: FileKeeper
) -> None:
    before, older = seen(root), keeper.keep()
    work(root)
    newer = keeper.keep()

    def at_step(number: int, _before: bool) -> None:
        if number > 12:
            raise OSError(errno.EIO, "Input/output error")

    keeper.live = watched(at_step)
    with pytest.raises(RestoreError, match=r"is taken back, but for this: .*Input/output error"):
        keeper.put_back(older, newer)
    keeper.live = LiveTree
    with pytest.raises(RestoreError, match="finish it by undoing once more"):
        keeper.keep()
    assert keeper.conflicts(older, newer) == ()
    keeper.put_back(older, newer)
    assert seen(root) == before


def test_a_person_who_comes_between_is_not_overwritten(root: Path, keeper: FileKeeper) -> None:
    older = keeper.keep()
    work(root)
    newer = keeper.keep()

    def at_step(number: int, _before: bool) -> None:
        if number > 12:
            raise OSError(errno.EIO, "Input/output error")

    keeper.live = watched(at_step)
    with pytest.raises(RestoreError):
        keeper.put_back(older, newer)
    keeper.live = LiveTree
    (root / "file 1").write_text("of a person")
    with pytest.raises(UndoConflict, match="file 1 was changed; nothing was touched"):
        keeper.put_back(older, newer)
    assert (root / "file 1").read_text() == "of a person"


def test_what_was_staged_and_is_gone_is_said(root: Path, keeper: FileKeeper) -> None:
    before, older = seen(root), keeper.keep()
    work(root)
    newer = keeper.keep()

    class Forgetful(LiveTree):
        def rename(self, source: bytes, target: bytes) -> None:
            if last(target) == b"file 0":
                with self.stage(above(source)) as folder:
                    os.unlink(last(source), dir_fd=folder)
            super().rename(source, target)

    keeper.live = Forgetful
    with pytest.raises(RestoreError, match="file 0: cannot be put in place: No such file"):
        keeper.put_back(older, newer)
    keeper.live = LiveTree
    keeper.put_back(older, newer)
    assert seen(root) == before


def test_damage_is_found_before_anything_is_touched(
    root: Path, keeper: FileKeeper, tmp_path: Path
) -> None:
    older = keeper.keep()
    work(root)
    newer, after = keeper.keep(), seen(root)
    contents = [p for p in (tmp_path / "store" / "contents").rglob("*") if p.is_file()]
    kept = {path: path.read_bytes() for path in contents}
    for path in contents:
        path.write_bytes(bytes(len(kept[path])))
    with pytest.raises(RestoreError, match="the kept content is damaged"):
        keeper.put_back(older, newer)
    for path in contents:
        path.unlink()
    with pytest.raises(RestoreError, match="the kept content: No such file"):
        keeper.put_back(older, newer)
    assert seen(root) == after
    assert not leftovers(root)


def test_a_point_that_is_damaged_gone_or_no_point_is_named(
    root: Path, keeper: FileKeeper, tmp_path: Path
) -> None:
    older = keeper.keep()
    work(root)
    newer = keeper.keep()
    keeper.close()
    place = tmp_path / "store" / "points" / older
    whole = place.read_bytes()
    place.write_bytes(whole[:-1])
    with pytest.raises(RestoreError, match="is damaged"):
        keeper.put_back(older, newer)
    place.unlink()
    with pytest.raises(RestoreError, match=r"is gone from .* can no longer be undone"):
        keeper.differences(older, newer)
    place.mkdir()
    with pytest.raises(RestoreError, match="cannot be read: Is a directory"):
        keeper.differences(older, newer)
    with pytest.raises(RestoreError, match=r"'\.\./x' is no name of a restore point"):
        keeper.differences("../x", newer)


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"{}", "no list of files"), (b'{"format": 9}', "of format 9"), (b"[", "no list of files")],
)
def test_a_point_of_another_kind_is_refused(
    root: Path, keeper: FileKeeper, tmp_path: Path, data: bytes, why: str
) -> None:
    import zlib

    real = keeper.keep()
    strange = Store(tmp_path / "store").write_point(zlib.compress(data))
    with pytest.raises(RestoreError, match=why):
        keeper.differences(real, strange)


def test_a_plan_that_cannot_be_read_stops_everything_and_is_named(
    root: Path, keeper: FileKeeper, tmp_path: Path
) -> None:
    keeper.keep()
    (tmp_path / "store" / "plans" / "x.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(RestoreError, match=r"x\.json: an interrupted undo cannot be read"):
        keeper.keep()


def test_a_lock_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "lock", alone=True),
        pytest.raises(RestoreError, match="is in use by another process"),
        locked(tmp_path / "lock", alone=False, wait=False),
    ):
        pass
    with (
        pytest.raises(RestoreError, match="cannot be written: No such file"),
        locked(tmp_path / "missing" / "lock", alone=True),
    ):
        pass
