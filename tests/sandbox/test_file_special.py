"""Fifos and sockets are kept by their name, put back, and never opened."""

import os
import socket
from pathlib import Path

import pytest

from handrail.sandbox.snapshot.files import FileKeeper
from tests.faults.file_looks import seen


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


@pytest.fixture
def keeper(tmp_path: Path, root: Path) -> FileKeeper:
    return FileKeeper(tmp_path / "store", (root,))


def test_fifos_and_sockets_come_back_and_are_never_opened(root: Path, keeper: FileKeeper) -> None:
    os.mkfifo(root / "fifo", 0o640)
    os.mkfifo(root / "was", 0o640)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(root / "socket"))
    before, older = seen(root), keeper.keep()
    (root / "fifo").unlink()
    (root / "socket").unlink()
    (root / "was").chmod(0o600)
    newer = keeper.keep()
    assert keeper.lost(older, newer) == ()
    keeper.put_back(older, newer)
    assert seen(root) == before
    (root / "fifo").unlink()
    (root / "fifo").write_text("a file in its place")
    keeper.put_back(older, keeper.keep())
    assert seen(root) == before


def test_a_fifo_that_came_is_removed_again(root: Path, keeper: FileKeeper) -> None:
    older = keeper.keep()
    (root / "in").mkdir()
    os.mkfifo(root / "in" / "fifo")
    keeper.put_back(older, keeper.keep())
    assert list(root.iterdir()) == []
