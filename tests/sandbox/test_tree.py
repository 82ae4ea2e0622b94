"""A tree of folders is read without following a link, and what is uncertain is refused."""

import errno
import hashlib
import os
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

import pytest

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.tree import Tree, attribute_names
from tests.sandbox.rehearsal_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_folder_that_is_no_folder_and_a_path_too_long_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="cannot open the folder"):
        Tree(tmp_path / "none")
    (tmp_path / "link").symlink_to("/etc")
    with Tree(tmp_path) as tree:
        assert tree.names(b"link") == []
        assert tree.stat(b"link/passwd") is None
        assert tree.state(b"link/passwd") is None
        with pytest.raises(RehearsalError, match="too long"):
            tree.folder(b"a/" * 3_000)
        with pytest.raises(NotADirectoryError):
            tree.folder(b"link")


def test_another_file_system_is_left_alone() -> None:
    with Tree(Path("/")) as tree, pytest.raises(RehearsalError, match="another file system"):
        tree.folder(b"proc")


def test_attributes_that_cannot_be_asked_for_are_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert attribute_names(b"/proc/self/status") == []
    for number in (errno.ENOTSUP, errno.EACCES):
        error = OSError(number, os.strerror(number))
        monkeypatch.setattr(os, "listxattr", _raising(error))
        if number == errno.ENOTSUP:
            assert attribute_names(bytes(world.real)) == []
            continue
        with Tree(world.real) as tree, pytest.raises(RehearsalError, match=r"cannot read .*top"):
            tree.state(b"top.txt")


def test_a_file_that_is_written_while_it_is_read_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.file_digest

    def slow(file: BufferedReader, name: str) -> object:
        (world.real / "top.txt").write_text("more, meanwhile")
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", slow)
    with Tree(world.real) as tree, pytest.raises(RehearsalError, match="is being written"):
        tree.state(b"top.txt")


def _raising(error: OSError) -> Callable[..., object]:
    def raises(*_given: object, **_named: object) -> object:
        raise error

    return raises
