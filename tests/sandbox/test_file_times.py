"""Files that change while they are kept, and clocks that jump."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_places import opened
from handrail.sandbox.snapshot.contents import Content, measured
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.known import Known
from handrail.sandbox.snapshot.looking import look, read_file
from handrail.sandbox.snapshot.tree import Tree
from tests.faults.file_looks import seen

HOUR = 3_600_000_000_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).write_text(name)
    return folder


def reading(meddle: Callable[[], None], times: int = 1) -> Callable[[int], Content]:
    """Return a reader that lets something happen after it has read."""
    left = [times]

    def read(source: int) -> Content:
        content = measured(source)
        if left[0]:
            left[0] -= 1
            meddle()
        return content

    return read


def old(*paths: Path) -> None:
    """Wait until the files are old enough to be believed unchanged."""
    newest = max(path.lstat().st_ctime_ns for path in paths)
    while time.time_ns() < newest + 60_000_000:
        time.sleep(0.005)


def test_a_file_that_changes_while_it_is_read_is_read_again(root: Path) -> None:
    def append() -> None:
        with (root / "a").open("a") as file:
            file.write("!")

    entries = Tree(Known(), reading(append, 2)).read([bytes(root)])
    assert [entry.size for entry in entries.values()] == [0, 3, 1, 1]


def test_a_file_that_never_stops_changing_is_named(root: Path) -> None:
    def everything() -> None:
        for path in root.iterdir():
            with path.open("a") as file:
                file.write("!")

    with pytest.raises(RestoreError, match=r"/[abc]: never stopped changing.*end what writes"):
        Tree(Known(), reading(everything, 99)).read([bytes(root)])


def test_files_that_go_away_meanwhile_are_as_if_they_had_gone_before(root: Path) -> None:
    def remove() -> None:
        for name in ("b", "c"):
            (root / name).unlink()

    assert list(Tree(Known(), reading(remove)).read([bytes(root)])) == [
        bytes(root),
        bytes(root / "a"),
    ]


def test_a_folder_that_goes_away_meanwhile_has_no_files(root: Path) -> None:
    (root / "z").mkdir()
    for name in ("y", "z"):
        (root / "z" / name).write_text(name)

    def remove() -> None:
        for path in root.iterdir():
            if path.is_dir():
                for inner in path.iterdir():
                    inner.unlink()
                path.rmdir()

    class Slow(Tree):
        def _chunks(self) -> Iterator[tuple[bytes, bytes, list[bytes]]]:
            remove()
            return super()._chunks()

    entries = Slow(Known(), measured).read([bytes(root)])
    assert list(entries) == [bytes(root), *(bytes(root / name) for name in "abcz")]


@dataclass(frozen=True)
class Meddler(Known):
    """Lets something happen when the thing with a name is looked at."""

    name: str = ""
    meddle: Callable[[], None] = dict[str, str]().clear

    def still(self, path: bytes, now: os.stat_result) -> None:
        if path.endswith(b"/" + self.name.encode()):
            self.meddle()


def test_a_folder_that_changes_while_it_is_listed_is_listed_again(root: Path) -> None:
    more = iter([root / "d", root / "e"])

    def add() -> None:
        for path in [*more][:1]:
            path.hardlink_to(root / "a")

    entries = Tree(Meddler(name="a", meddle=add), measured).read([bytes(root)])
    assert list(entries) == [bytes(root), *(bytes(root / name) for name in "abcd")]
    assert entries[bytes(root / "a")].first == entries[bytes(root / "d")].first != b""
    assert entries[bytes(root / "b")].first == b"", "it was listed twice, and has one name"


def test_a_folder_that_never_stops_changing_is_named(root: Path) -> None:
    def replace() -> None:
        (root / "b").unlink()
        (root / "b").write_text("b")

    with pytest.raises(RestoreError, match="docs: never stopped changing"):
        Tree(Meddler(name="a", meddle=replace), measured).read([bytes(root)])


def test_what_goes_away_while_a_folder_is_listed_is_left_out(root: Path) -> None:
    names = [path.name for path in os.scandir(root)]

    def remove() -> None:
        (root / names[-1]).unlink(missing_ok=True)

    entries = Tree(Meddler(name=names[0], meddle=remove), measured).read([bytes(root)])
    assert sorted(entries) == [bytes(root), *(bytes(root / name) for name in sorted(names[:-1]))]


def test_a_folder_that_goes_away_before_it_is_listed_is_left_out(root: Path) -> None:
    for name in ("x", "y"):
        (root / name).mkdir()
        (root / name / "inner").touch()

    class Late(Tree):
        def _settle(self, root_: bytes, path: bytes) -> None:
            if path.endswith(b"/y"):
                (root / "y").rename(root.parent / "gone")
            super()._settle(root_, path)

    entries = Late(Known(), measured).read([bytes(root)])
    assert bytes(root / "x" / "inner") in entries
    assert bytes(root / "y") not in entries


def test_what_is_no_file_when_it_is_read_is_named(root: Path) -> None:
    (root / "in").mkdir()
    with (
        opened(bytes(root)) as folder,
        pytest.raises(RestoreError, match="in: never stopped changing"),
    ):
        read_file(bytes(root / "in"), folder, b"in", measured)


def test_a_name_that_no_file_system_takes_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RestoreError, match=r"cannot be read.*name too long"):
        look(bytes(root), bytes(root) + b"/" + b"x" * 300, measured, Known())
    with pytest.raises(RestoreError, match=r"cannot be read.*name too long"):
        FileKeeper(tmp_path / "store", (tmp_path / ("x" * 300),)).keep()


def test_a_clock_that_was_turned_back_makes_everything_be_read_again(
    root: Path, tmp_path: Path
) -> None:
    shift = [HOUR]
    keeper = FileKeeper(tmp_path / "store", (root,), clock=lambda: time.time_ns() + shift[0])
    older = keeper.keep()
    # Another content with the same length and times, as a clock that jumps can bring about.
    info = (root / "a").stat()
    (root / "a").write_text("A")
    os.utime(root / "a", ns=(info.st_atime_ns, info.st_mtime_ns))
    shift[0] = 0
    newer = keeper.keep()
    assert [Path(one.what).name for one in keeper.differences(older, newer)] == ["a"]


def test_a_change_within_one_tick_of_the_clock_is_seen(root: Path, tmp_path: Path) -> None:
    keeper = FileKeeper(tmp_path / "store", (root,))
    older = keeper.keep()
    info = (root / "a").stat()
    (root / "a").write_text("A")
    os.utime(root / "a", ns=(info.st_atime_ns, info.st_mtime_ns))
    assert keeper.differences(older, keeper.keep())


def test_only_what_changed_is_read_again(root: Path) -> None:
    old(root / "a", root / "b", root / "c")
    began = time.time_ns()
    known = Known(Tree(Known(), measured).read([bytes(root)]), began)
    (root / "b").write_text("B")
    read: list[bytes] = []

    def reader(source: int) -> Content:
        read.append(bytes(Path(f"/proc/self/fd/{source}").readlink()))
        return measured(source)

    entries = Tree(known, reader).read([bytes(root)])
    assert read == [bytes(root / "b")]
    assert entries[bytes(root / "a")] == known.entries[bytes(root / "a")]


def test_names_of_one_file_that_did_not_change_are_grouped_anew(root: Path) -> None:
    (root / "d").hardlink_to(root / "c")
    old(root / "c")
    began = time.time_ns()
    known = Known(Tree(Known(), measured).read([bytes(root)]), began)
    assert known.entries[bytes(root / "d")].first == bytes(root / "c")
    entries = Tree(known, measured).read([bytes(root)])
    assert entries == known.entries
    (root / "c").unlink()
    entries = Tree(known, measured).read([bytes(root)])
    assert entries[bytes(root / "d")].first == b""


def test_whole_seconds_are_believed_only_after_two(root: Path) -> None:
    began = time.time_ns()
    entry = look(bytes(root), bytes(root / "a"), measured, Known())
    assert entry is not None
    info = (root / "a").stat()
    known = Known({entry.path: entry}, began + 1_000_000_000)
    assert known.still(entry.path, info) is entry
    assert Known({entry.path: entry}, entry.ctime).still(entry.path, info) is None


def test_a_root_that_vanishes_is_made_again_and_removed_again(root: Path, tmp_path: Path) -> None:
    keeper = FileKeeper(tmp_path / "store", (root,))
    before, older = seen(root), keeper.keep()
    for path in root.iterdir():
        path.unlink()
    root.rmdir()
    newer = keeper.keep()
    keeper.put_back(older, newer)
    assert seen(root) == before
    keeper.put_back(newer, older)
    assert not root.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_root_whose_folder_is_gone_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "outer" / "docs"
    root.mkdir(parents=True)
    (root / "a").write_text("a")
    keeper = FileKeeper(tmp_path / "store", (root,))
    older = keeper.keep()
    (root / "a").unlink()
    root.rmdir()
    newer = keeper.keep()
    (tmp_path / "outer").rmdir()
    with pytest.raises(RestoreError, match="outer"):
        keeper.put_back(older, newer)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_folders_that_cannot_be_kept_together_are_refused(root: Path, tmp_path: Path) -> None:
    store, inner = tmp_path / "store", root / "in"
    for roots, why in (
        ((root, inner), "in: is kept twice"),
        ((root, root), "docs: is kept twice"),
        ((Path("docs"),), "docs: folders to keep are named by their whole path"),
        ((Path("/"),), "/: folders to keep are named by their whole path"),
        ((tmp_path,), "holds the restore points themselves"),
        ((store / "in",), "lies among them"),
    ):
        with pytest.raises(RestoreError, match=why):
            FileKeeper(store, roots).keep()
    assert not store.exists()


def test_points_of_other_folders_are_not_mixed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = FileKeeper(tmp_path / "store", (root,))
    two = FileKeeper(tmp_path / "store", (tmp_path / "other",))
    with pytest.raises(RestoreError, match="of different folders"):
        one.differences(one.keep(), two.keep())


def test_a_run_needs_a_plain_name(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RestoreError, match=r"'\.\./x' is no name of a run"):
        FileKeeper(tmp_path / "store", (root,), run="../x").keep()
