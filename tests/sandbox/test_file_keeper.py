"""Files are kept, compared and put back exactly, or not touched at all."""

import errno
import os
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.snapshot.comparing import Fits, settled
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.manifest import Manifest
from handrail.sandbox.snapshot.plan import Plan, remove_plan
from handrail.sandbox.snapshot.planning import Now
from handrail.sandbox.snapshot.putting_back import PuttingBack
from handrail.sandbox.snapshot.store import Batch, Store
from tests.faults.file_looks import seen
from tests.faults.undoing import watched


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    (folder / "sub" / "b").write_text("b")
    (folder / "c").hardlink_to(folder / "sub" / "b")
    (folder / "link").symlink_to("nowhere")
    return folder


@pytest.fixture
def keeper(tmp_path: Path, root: Path) -> FileKeeper:
    return FileKeeper(tmp_path / "store", (root,))


def _work(root: Path) -> None:
    (root / "a.txt").write_text("changed")
    (root / "link").unlink()
    (root / "link").mkdir()
    (root / "link" / "x").write_text("x")
    (root / "sub" / "b").unlink()
    (root / "sub").rmdir()
    (root / "new").write_text("n")
    (root / "c").chmod(0o600)


def test_everything_is_put_back(root: Path, keeper: FileKeeper) -> None:
    before = seen(root)
    older = keeper.keep()
    _work(root)
    newer = keeper.keep()
    told = [(one.change, one.kind, Path(one.what).name)
            for one in keeper.differences(older, newer)]  # fmt: skip
    assert told == [
        ("changed", "file", "a.txt"),
        ("changed", "file", "c"),
        ("changed", "folder", "link"),
        ("created", "file", "x"),
        ("created", "file", "new"),
        ("deleted", "folder", "sub"),
        ("deleted", "file", "b"),
    ]
    assert keeper.conflicts(older, newer) == ()
    assert keeper.put_back(older, newer) == keeper.differences(older, newer)
    assert seen(root) == before
    assert keeper.put_back(older, newer) == ()


def test_a_change_meanwhile_is_not_overwritten(root: Path, keeper: FileKeeper) -> None:
    older = keeper.keep()
    _work(root)
    newer = keeper.keep()
    (root / "link" / "mine").write_text("of a person")
    now = seen(root)
    with pytest.raises(UndoConflict, match="mine was created; nothing was touched"):
        keeper.put_back(older, newer)
    assert seen(root) == now


def test_only_modes_and_times_are_put_back_without_new_files(
    root: Path, keeper: FileKeeper
) -> None:
    (root / "empty").mkdir()
    before, inode = seen(root), (root / "a.txt").stat().st_ino
    older = keeper.keep()
    (root / "a.txt").chmod(0o640)
    (root / "empty").chmod(0o500)
    os.utime(root / "link", ns=(1, 2), follow_symlinks=False)
    keeper.put_back(older, keeper.keep())
    assert seen(root) == before
    assert (root / "a.txt").stat().st_ino == inode


def test_folders_that_allow_nothing_are_opened_and_closed_again(
    root: Path, keeper: FileKeeper
) -> None:
    (root / "sub").chmod(0o500)
    before, older = seen(root), keeper.keep()
    (root / "sub" / "b").unlink()
    (root / "sub" / "more").write_text("more")
    keeper.put_back(older, keeper.keep())
    assert seen(root) == before
    (root / "c").write_text("in place")
    keeper.put_back(older, keeper.keep())
    assert seen(root) == before


def test_another_folders_interrupted_undo_is_left_alone(
    tmp_path: Path, root: Path, keeper: FileKeeper
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    second = FileKeeper(tmp_path / "store", (other,))
    points = [second.keep()]
    (other / "file").write_text("x")
    points.append(second.keep())
    second.live = watched(_stop)
    with pytest.raises(RestoreError):
        second.put_back(*points)
    older = keeper.keep()
    _work(root)
    keeper.put_back(older, keeper.keep())
    assert (root / "a.txt").read_text() == "hello"
    assert len(list((tmp_path / "store" / "plans").glob("*.json"))) == 1
    second.live = LiveTree
    second.put_back(*points)
    assert not list(other.iterdir())


def test_what_was_staged_by_somebody_who_was_stopped_is_removed(
    root: Path, keeper: FileKeeper
) -> None:
    class Killed(PuttingBack):
        def insist(self, fits: Fits) -> Now:
            if fits is not settled:
                raise KeyboardInterrupt
            return super().insist(fits)

    before, older = seen(root), keeper.keep()
    _work(root)
    newer = keeper.keep()
    keeper.putting = Killed
    with pytest.raises(KeyboardInterrupt):
        keeper.put_back(older, newer)
    assert list(root.glob(".handrail-*"))
    keeper.putting = PuttingBack
    keeper.put_back(older, newer)
    assert seen(root) == before


def test_what_may_not_be_opened_is_synced_all_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refused(name: bytes, *given: int, dir_fd: int | None = None) -> int:
        if name == b"a.txt":
            raise PermissionError(errno.EACCES, "not yours")
        return opened(name, *given, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refused)
    LiveTree([bytes(root)]).sync(bytes(root / "a.txt"))


def test_a_point_that_is_made_of_another_holds_what_was_made(
    root: Path, keeper: FileKeeper
) -> None:
    point = keeper.keep()

    def fails(_base: Manifest, _batch: Batch) -> dict[bytes, Entry]:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RestoreError, match="the disk is full"):
        keeper.derive(point, fails)
    gone = bytes(root / "a.txt")
    made = keeper.derive(point, lambda base, _batch: {
        path: entry for path, entry in base.entries.items() if path != gone
    })  # fmt: skip
    keeper.put_back(made, point)
    assert not (root / "a.txt").exists()
    assert (root / "c").read_text() == "b"


def test_a_plan_that_cannot_be_forgotten_is_said(tmp_path: Path) -> None:
    plan = Plan(token="t", older="", newer="", roots=(), stages=(), operations=(), folders=())
    with pytest.raises(RestoreError, match="plans: cannot be written: No such file"):
        remove_plan(Store(tmp_path / "none"), plan)


def test_it_is_named_as_the_journal_names_it(keeper: FileKeeper) -> None:
    assert keeper.name == "files"


def _stop(number: int, _before: bool) -> None:
    if number > 4:
        raise OSError(errno.EIO, "Input/output error")
