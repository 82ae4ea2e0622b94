"""Owner, attributes, mode and time are given exactly, to the thing itself."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from handrail.sandbox.file_dress import Attributes, attributes_of, dress
from handrail.sandbox.file_places import opened

TAG = (b"user.tag", b"1")


@dataclass(frozen=True)
class Wanted:
    mode: int
    mtime: int = 10**18
    attributes: Attributes = ()
    uid: int = os.getuid()
    gid: int = os.getgid()


def give(path: Path, wanted: Wanted) -> None:
    with opened(bytes(path.parent)) as folder:
        dress(folder, bytes(path.name, "ascii"), wanted)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("x")
    return path


def test_attributes_are_given_changed_and_taken_even_where_nothing_may_be_written(
    file: Path,
) -> None:
    os.setxattr(file, "user.old", b"1")
    os.setxattr(file, "user.tag", b"2")
    file.chmod(0o400)
    give(file, Wanted(stat.S_IFREG | 0o440, attributes=(TAG, (b"user.z", b"")),))  # fmt: skip
    assert attributes_of(str(file)) == (TAG, (b"user.z", b""))
    assert stat.S_IMODE(file.stat().st_mode) == 0o440
    assert file.stat().st_mtime_ns == 10**18
    file.chmod(0o600)
    give(file, Wanted(stat.S_IFREG | 0o600, attributes=(TAG,)))
    assert attributes_of(str(file)) == (TAG,)


def test_a_change_of_owner_takes_no_bits_away(file: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root gives files away")
    give(file, Wanted(stat.S_IFREG | 0o6755, uid=12, gid=34))
    info = file.stat()
    assert (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)) == (12, 34, 0o6755)


def test_a_link_is_dressed_itself(file: Path, tmp_path: Path) -> None:
    link, before = tmp_path / "link", file.stat()
    link.symlink_to("file")
    give(link, Wanted(stat.S_IFLNK | 0o777))
    assert link.lstat().st_mtime_ns == 10**18
    assert file.stat() == before


def test_a_link_where_a_file_should_be_is_refused_and_its_target_left(
    file: Path, tmp_path: Path
) -> None:
    link, before = tmp_path / "link", file.stat()
    link.symlink_to("file")
    with pytest.raises(NotADirectoryError):
        give(link, Wanted(stat.S_IFREG | 0o777))
    assert file.stat() == before


def test_a_file_system_without_attributes_has_none(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_named: object) -> list[str]:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "listxattr", refuse)
    assert attributes_of(str(file)) == ()


def test_attributes_that_go_away_meanwhile_are_left_out(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.setxattr(file, "user.tag", b"1")
    monkeypatch.setattr(os, "listxattr", lambda *_a, **_k: ["user.gone", "user.tag"])
    assert attributes_of(str(file)) == (TAG,)
    monkeypatch.setattr(os, "listxattr", lambda *_a, **_k: ["nonsense.x"])
    with pytest.raises(OSError, match="not supported"):
        attributes_of(str(file))


def test_an_overlays_own_marks_are_no_attributes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.setxattr(file, "user.tag", b"1")
    monkeypatch.setattr(os, "listxattr", lambda *_a, **_k: ["trusted.overlay.opaque", "user.tag"])
    assert attributes_of(str(file)) == (TAG,)


def test_what_is_not_there_has_no_attributes_but_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        attributes_of(str(tmp_path / "missing"))
