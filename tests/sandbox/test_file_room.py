"""Full disks and lost permissions: refused with the reason, and all or nothing is done."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from tests.faults.file_looks import seen
from tests.faults.undoing import watched
from tests.sandbox.file_places import (
    as_normal_user,
    fill,
    leftovers,
    limited,
    open_folder,
    refusal,
    small_disk,
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


def losing(root: Path, lost: int) -> Callable[[int, bool], None]:
    """Return what takes the permission to write away at a step."""

    def at_step(number: int, before_it: bool) -> None:
        if number == lost and before_it:
            root.chmod(0o500)

    return at_step


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


def test_much_on_a_disk_of_its_own_is_put_back(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        for number in range(70):
            (disk / str(number)).mkdir()
        before, keeper = seen(disk), FileKeeper(tmp_path / "store", (disk,))
        older = keeper.keep()
        for number in range(70):
            (disk / str(number) / "file").touch()
        keeper.put_back(older, keeper.keep())
        assert seen(disk) == before
