"""Contents are copied, hashed and laid out with their holes, and shared where a disk can."""

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.snapshot.contents import copied, laid_out, measured
from handrail.sandbox.snapshot.store import Batch, Store, sync_file_system, sync_files

PIECE = 1 << 20


@pytest.fixture
def target(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path / "target", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.prepare()
    return store


def reading(path: Path) -> int:
    return os.open(path, os.O_RDONLY)


def with_a_hole(path: Path) -> bytes:
    with path.open("wb") as file:
        file.write(b"a")
        file.seek(3 * PIECE)
        file.write(b"b")
    return path.read_bytes()


def test_a_disk_that_can_share_blocks_does(
    tmp_path: Path, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def share(onto: int, _request: int, source: int) -> int:
        os.pwrite(onto, os.pread(source, 100, 0), 0)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", share)
    (tmp_path / "source").write_bytes(b"shared")
    source = reading(tmp_path / "source")
    wanted = hashlib.sha256(b"shared").hexdigest()
    assert copied(source, target).sha256 == wanted
    assert laid_out(source, target, sparse=False).sha256 == wanted
    assert (tmp_path / "target").read_bytes() == b"shared"
    os.close(source)


def test_holes_are_filled_where_the_file_had_none(tmp_path: Path, target: int) -> None:
    data = with_a_hole(tmp_path / "source")
    source = reading(tmp_path / "source")
    assert laid_out(source, target, sparse=False).sha256 == hashlib.sha256(data).hexdigest()
    assert (tmp_path / "target").read_bytes() == data
    assert os.fstat(target).st_blocks * 512 >= 3 * PIECE
    os.close(source)


def test_blocks_of_zeros_become_holes_where_the_file_had_some(tmp_path: Path, target: int) -> None:
    data = b"a" * PIECE + bytes(2 * PIECE) + b"b"
    (tmp_path / "source").write_bytes(data)
    source = reading(tmp_path / "source")
    assert laid_out(source, target, sparse=True).size == len(data)
    assert (tmp_path / "target").read_bytes() == data
    assert os.fstat(target).st_blocks * 512 < 2 * PIECE
    os.close(source)


def test_a_file_that_is_cut_while_it_is_read_is_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "source", os.lseek
    path.write_bytes(b"x" * PIECE)
    source = reading(path)

    def cut(descriptor: int, at: int, how: int) -> int:
        found = real(descriptor, at, how)
        if how == os.SEEK_HOLE:
            os.truncate(path, 10)
        return found

    monkeypatch.setattr(os, "lseek", cut)
    content = measured(source)
    assert (content.size, content.sha256) == (10, hashlib.sha256(b"x" * 10).hexdigest())
    os.close(source)


def test_what_is_no_file_is_an_error_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    folder = reading(tmp_path)
    with pytest.raises(OSError, match=r"Is a directory|Invalid"):
        Batch(store).take(folder)
    assert not list(store.incoming.iterdir())
    os.close(folder)


def test_a_source_that_cannot_seek_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").write_bytes(b"x")
    source = reading(tmp_path / "source")

    def refuse(*_arguments: int) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "lseek", refuse)
    with pytest.raises(OSError, match="Input/output"):
        measured(source)
    os.close(source)


def test_a_kept_content_that_was_cut_is_replaced_by_a_whole_one(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(b"whole")
    for _ in range(2):
        batch, source = Batch(store), reading(tmp_path / "source")
        place = store.content(batch.take(source).sha256)
        batch.settle()
        os.close(source)
        assert place.read_bytes() == b"whole"
        place.write_bytes(b"who")
    assert not list(store.incoming.iterdir())


def test_many_files_are_synced_at_once(tmp_path: Path) -> None:
    names = [b"%d" % number for number in range(30)]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    folder = reading(tmp_path)
    sync_files(folder, names)
    os.close(folder)
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync_file_system(folder)


def test_a_store_where_a_file_lies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("of a person")
    with pytest.raises(RestoreError, match="store: cannot be written: Not a directory"):
        Store(tmp_path / "store").prepare()
