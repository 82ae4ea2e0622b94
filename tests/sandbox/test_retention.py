"""Old restore points go, run by run; what is needed, at work or interrupted stays."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.retention import DAY, Budget, collect
from handrail.sandbox.snapshot.store import Store
from tests.faults.undoing import watched

SECOND = 1_000_000_000
PIECE = 40_960
ALL = Budget(10**12, 10**9)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def at(day: float) -> Callable[[], int]:
    return lambda: int(day * DAY * SECOND)


def keeper(store: Store, root: Path, run: str, day: float = 0) -> FileKeeper:
    return FileKeeper(store.path, (root,), run, at(day))


def kept(store: Store, root: Path, run: str, day: float, *names: str) -> list[str]:
    """Keep a run's points, one after each new file, and return their names."""
    points = []
    with keeper(store, root, run, day) as its:
        for name in names:
            (root / name).write_bytes(os.urandom(PIECE))
            points.append(its.keep())
    return points


def test_a_store_that_is_not_there_is_not_made(store: Store) -> None:
    assert collect(store, Budget(), 0).freed == 0
    assert not store.path.exists()


def test_runs_older_than_allowed_go_with_what_only_they_need(store: Store, root: Path) -> None:
    kept(store, root, "first", 0, "a", "b")
    (root / "a").unlink()
    later = kept(store, root, "second", 20, "c")
    found = collect(store, Budget(age=30 * DAY), at(40)())
    assert [(one.run, one.points, one.why) for one in found.removals] == [("first", 2, "age")]
    assert PIECE <= found.freed < 2 * PIECE, "b is still needed"
    assert found.runs_left == 1
    assert [place.name for place in store.points.iterdir()] == later
    assert len([p for p in store.contents.rglob("*") if p.is_file()]) == 2
    assert [place.name for place in store.runs.iterdir()] == ["second"]
    files = [*store.points.iterdir(), *(p for p in store.contents.rglob("*") if p.is_file())]
    assert found.left == sum(path.stat().st_blocks * 512 for path in files)


def test_what_is_left_can_still_be_put_back(store: Store, root: Path) -> None:
    kept(store, root, "first", 0, "a")
    older, newer = kept(store, root, "second", 1, "b", "c")
    collect(store, Budget(size=3 * PIECE + 3 * 4096), at(2)())
    again = keeper(store, root, "second", 2)
    again.put_back(older, newer)
    assert sorted(path.name for path in root.iterdir()) == ["a", "b"]


def test_the_oldest_go_first_where_there_is_too_much(store: Store, root: Path) -> None:
    for day, run in enumerate(("first", "second", "third")):
        kept(store, root, run, day, run)
        (root / run).unlink()
    found = collect(store, Budget(size=2 * (PIECE + 4096)), at(3)())
    assert [(one.run, one.why) for one in found.removals] == [("first", "size")]
    assert found.left <= 2 * (PIECE + 4096)
    found = collect(store, Budget(size=0), at(3)())
    assert [one.run for one in found.removals] == ["second", "third"]
    assert (found.left, found.runs_left) == (0, 0)
    assert not [p for p in store.contents.rglob("*") if p.is_file()]


def test_to_tell_changes_nothing(store: Store, root: Path) -> None:
    kept(store, root, "first", 0, "a")
    before = sorted(store.path.rglob("*"))
    told = collect(store, Budget(size=0), at(1)(), dry=True)
    assert sorted(store.path.rglob("*")) == before
    assert collect(store, Budget(size=0), at(1)()) == told


def test_a_run_at_work_stays(store: Store, root: Path) -> None:
    with keeper(store, root, "first") as its:
        point = its.keep()
        found = collect(store, Budget(age=0), at(9)())
        assert (found.removals, found.busy) == ((), ("first",))
        assert its.differences(point, its.keep()) == ()
    assert [one.run for one in collect(store, Budget(age=0), at(9)()).removals] == ["first"]


def test_a_run_whose_undo_was_interrupted_stays(store: Store, root: Path) -> None:
    def at_step(number: int, _before: bool) -> None:
        if number > 3:
            raise OSError(5, "Input/output error")

    its = keeper(store, root, "first")
    (root / "a").write_text("1")
    older = its.keep()
    (root / "a").write_text("2")
    newer = its.keep()
    its.live = watched(at_step)
    with pytest.raises(RestoreError):
        its.put_back(older, newer)
    its.close()
    assert collect(store, Budget(age=0), at(9)()).busy == ("first",)
    its.live = LiveTree
    its.put_back(older, newer)
    its.close()
    assert (root / "a").read_text() == "1"
    assert collect(store, Budget(age=0), at(9)()).busy == ()


def test_what_a_killed_process_left_goes(store: Store, root: Path) -> None:
    (point,) = kept(store, root, "first", 0, "a")
    (store.incoming / "rest").write_bytes(bytes(PIECE))
    (store.points / f"{point}.new").write_bytes(bytes(PIECE))
    (store.contents / "ab").mkdir(exist_ok=True)
    (store.contents / "ab" / ("0" * 62)).write_bytes(bytes(PIECE))
    for name in ("of a person", "00"):
        (store.contents / name).mkdir(exist_ok=True)
        (store.contents / name / "file").write_bytes(bytes(PIECE))
    (store.latest / "torn").write_bytes(b"\xff\0")
    (store.latest / "gone").write_text("0" * 64)
    (store.runs / "first").unlink()
    found = collect(store, ALL, at(1)())
    assert (found.removals, found.unneeded) == ((), 3 * PIECE)
    assert not list(store.incoming.iterdir())
    assert [place.name for place in store.points.iterdir()] == [point]
    assert len(list(store.latest.iterdir())) == 1
    assert (store.contents / "of a person" / "file").exists(), "not ours"
    assert (store.contents / "00" / "file").exists(), "not ours"


def test_a_damaged_point_stops_it_and_is_named(store: Store, root: Path) -> None:
    (point,) = kept(store, root, "first", 0, "a")
    (store.points / point).write_bytes(b"x")
    with pytest.raises(RestoreError, match=f"{point}: is damaged.*nothing was removed"):
        collect(store, Budget(size=0), at(1)())
    assert [p for p in store.contents.rglob("*") if p.is_file()]


def test_a_store_that_cannot_be_read_is_named(store: Store, root: Path) -> None:
    kept(store, root, "first", 0, "a")
    (store.incoming / "folder").mkdir()
    with pytest.raises(RestoreError, match="store: cannot be written: Is a directory"):
        collect(store, ALL, at(1)())


def test_a_run_can_no_longer_be_undone_once_its_points_are_gone(store: Store, root: Path) -> None:
    older, newer = kept(store, root, "first", 0, "a", "b")
    collect(store, Budget(age=0), at(1)())
    with pytest.raises(RestoreError, match=r"is gone from .*`handrail gc`.*no longer be undone"):
        keeper(store, root, "first").put_back(older, newer)


def test_a_keeper_that_was_closed_believes_no_point_that_went(store: Store, root: Path) -> None:
    its = keeper(store, root, "first")
    (root / "a").write_text("1")
    its.keep()
    its.close()
    collect(store, Budget(age=0), at(1)())
    older = its.keep()
    (root / "a").unlink()
    its.put_back(older, its.keep())
    assert (root / "a").read_text() == "1"
