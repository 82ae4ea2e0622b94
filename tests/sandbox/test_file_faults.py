"""Full disks, lost permissions, damage, failing steps: refused with the reason, or all undone."""

import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.file_places import above, last
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.store import Store, locked
from tests.faults.file_looks import seen
from tests.faults.undoing import watched
from tests.sandbox.file_places import as_normal_user, limited, open_folder, small_disk

PAGE = 4096


def fill(root: Path) -> None:
    """Make a folder with a few of each kind."""
    (root / "in").mkdir(parents=True)
    for number in range(3):
        (root / f"file {number}").write_bytes(os.urandom(3 * PAGE))
    (root / "in" / "file").write_bytes(os.urandom(5))
    (root / "link").symlink_to("nowhere")


def work(root: Path) -> None:
    """Change all of it."""
    for path in sorted(root.glob("file *")):
        path.write_bytes(os.urandom(PAGE))
    (root / "in" / "file").unlink()
    (root / "in").rmdir()
    (root / "link").unlink()
    (root / "new").mkdir()
    (root / "new" / "file").write_text("n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    fill(folder)
    return folder


@pytest.fixture
def keeper(tmp_path: Path, root: Path) -> FileKeeper:
    return FileKeeper(tmp_path / "store", (root,))


def refusal(act: Callable[[], object]) -> str:
    """Return why something was refused, empty where it was not."""
    try:
        act()
    except RestoreError as error:
        return str(error)
    return ""


def losing(root: Path, lost: int) -> Callable[[int, bool], None]:
    """Return what takes the permission to write away at a step."""

    def at_step(number: int, before_it: bool) -> None:
        if number == lost and before_it:
            root.chmod(0o500)

    return at_step


def leftovers(*folders: Path) -> list[Path]:
    return [p for folder in folders for p in folder.rglob("*") if "handrail-undo" in p.name]


def test_a_disk_that_is_full_at_any_write_keeps_nothing_or_all(root: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        results = []
        for inodes in range(9, 30):
            store = disk / f"store {inodes}"
            used = sum(1 for _ in disk.rglob("*")) + 1
            limited(disk, f"nr_inodes={used + inodes}")
            keeper = FileKeeper(store, (root,))
            why = refusal(keeper.keep)
            keeper.close()
            results.append(why)
            assert why == "" or "the disk is full" in why
            assert why == "" or not list(store.glob("incoming/*")), inodes
            assert len(list(store.glob("points/*"))) == (why == ""), inodes
        assert results[0] != results[-1] == ""
        assert results.index("") + results.count("") == len(results), "more room never fails"


def test_a_disk_without_room_for_contents_keeps_nothing(root: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=20k") as disk:
        keeper = FileKeeper(disk / "store", (root,))
        with pytest.raises(RestoreError, match="the disk is full; `handrail gc`"):
            keeper.keep()
        assert not list((disk / "store" / "incoming").iterdir())
        limited(disk, "size=1m")
        before, older = seen(root), keeper.keep()
        work(root)
        keeper.put_back(older, keeper.keep())
        assert seen(root) == before


def test_a_disk_that_is_full_at_any_write_puts_back_nothing_or_all(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        root = disk / "docs"
        fill(root)
        before = seen(root)
        with FileKeeper(tmp_path / "store", (root,)) as keeper:
            older = keeper.keep()
            work(root)
            newer = keeper.keep()
            after, used = seen(root), sum(1 for _ in disk.rglob("*")) + 1
            free = 0
            while seen(root) == after:
                limited(disk, f"nr_inodes={used + free}")
                why = refusal(lambda: keeper.put_back(older, newer))
                assert why == "" or "the disk is full" in why
                assert not leftovers(disk)
                free += 1
        assert seen(root) == before
        assert free > 3, "it failed at several writes"


def test_a_disk_without_room_for_what_is_put_back_is_not_touched(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=64k") as disk:
        root = disk / "docs"
        root.mkdir()
        (root / "file").write_bytes(os.urandom(40_000))
        before = seen(root)
        with FileKeeper(tmp_path / "store", (root,)) as keeper:
            older = keeper.keep()
            (root / "file").write_bytes(os.urandom(39_000))
            newer, after = keeper.keep(), seen(root)
            with pytest.raises(RestoreError, match="the disk is full"):
                keeper.put_back(older, newer)
            assert seen(root) == after
            assert not leftovers(disk)
            limited(disk, "size=1m")
            keeper.put_back(older, newer)
        assert seen(root) == before


def test_a_store_that_cannot_write_a_plan_touches_nothing(root: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        keeper = FileKeeper(disk / "store", (root,))
        older = keeper.keep()
        work(root)
        newer, after = keeper.keep(), seen(root)
        limited(disk, f"nr_inodes={sum(1 for _ in disk.rglob('*')) + 2}")
        (disk / "last").touch()
        with pytest.raises(RestoreError, match=r"plans.*the disk is full"):
            keeper.put_back(older, newer)
        assert seen(root) == after
        assert [p.name for p in (disk / "store" / "plans").iterdir()] in ([], ["lock"])


def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    def try_it() -> None:
        with open_folder() as folder:
            for hidden in ("file 1", "in"):
                root = folder / f"docs {hidden}"
                fill(root)
                (root / hidden).chmod(0)
                with pytest.raises(RestoreError, match=f"{hidden}: cannot be read.*denied"):
                    FileKeeper(folder / "store", (root,)).keep()
                (root / hidden).chmod(0o700)

    as_normal_user(try_it)


def test_permissions_that_are_lost_midway_take_everything_back() -> None:
    def try_it() -> None:
        with open_folder() as folder:
            root = folder / "docs"
            fill(root)
            keeper = FileKeeper(folder / "store", (root,))
            before, older = seen(root), keeper.keep()
            work(root)
            newer = keeper.keep()
            refused = 0
            for lost in range(1, 30):
                keeper.live = watched(losing(root, lost))
                why = refusal(lambda: keeper.put_back(older, newer))
                assert why == "" or re.search("denied|docs was changed|is not as it was", why), why
                refused += why != ""
                keeper.live = LiveTree
                root.chmod(0o755)
                keeper.put_back(older, newer)
                now = seen(root)
                now.pop(bytes(root))
                assert now == {path: look for path, look in before.items() if path != bytes(root)}
                keeper.put_back(newer, older)
            assert refused > 3

    as_normal_user(try_it)


def test_a_store_that_may_not_be_written_is_named() -> None:
    def try_it() -> None:
        with open_folder() as folder:
            fill(folder / "docs")
            folder.chmod(0o500)
            with pytest.raises(RestoreError, match="store: cannot be written: Permission denied"):
                FileKeeper(folder / "store", (folder / "docs",)).keep()
            folder.chmod(0o700)

    as_normal_user(try_it)


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
        except RestoreError:
            failed += 1
            assert seen(root) == after, step
        else:
            break
    assert failed > 15
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
    with pytest.raises(RestoreError, match="could not be taken back either"):
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
    with pytest.raises(UndoConflict, match="file 1 was changed; an undo was interrupted here"):
        keeper.put_back(older, newer)
    assert (root / "file 1").read_text() == "of a person"


def test_what_was_staged_and_is_gone_is_said(root: Path, keeper: FileKeeper) -> None:
    before, older = seen(root), keeper.keep()
    work(root)
    newer = keeper.keep()

    class Forgetful(LiveTree):
        def replace(self, staged: bytes, path: bytes) -> None:
            with self.stage(above(staged)) as folder:
                os.unlink(last(staged), dir_fd=folder)
            super().replace(staged, path)

    keeper.live = Forgetful
    with pytest.raises(RestoreError, match="file 0: was put back, and is not as it was"):
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
