"""A plain copy: what comes along, what stays out, and where it ends."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal import plain_copy
from handrail.sandbox.rehearsal.plain_copy import copy_plainly


def test_files_folders_and_links_come_along(tmp_path: Path) -> None:
    real, copy = tmp_path / "real", tmp_path / "copy"
    (real / "in").mkdir(parents=True)
    (real / "in/file").write_text("text")
    (real / "in/file").chmod(0o640)
    os.setxattr(real / "in/file", "user.colour", b"blue")
    os.utime(real / "in", ns=(5, 7_000_000_001))
    (real / "link").symlink_to("/nowhere")
    (real / "hidden").mkdir()
    os.mkfifo(real / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(real / "s"))
    copy.mkdir()
    left_out = copy_plainly(real, copy, (real / "hidden",), 1 << 20)
    assert set(left_out) == {real / "hidden", real / "pipe", real / "s"}
    assert (copy / "in/file").read_text() == "text"
    assert (copy / "in/file").stat().st_mode == (real / "in/file").stat().st_mode
    assert os.getxattr(copy / "in/file", "user.colour") == b"blue"
    assert (copy / "in").stat().st_mtime_ns == 7_000_000_001
    assert (copy / "link").readlink() == Path("/nowhere")
    assert not (copy / "hidden").exists()


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, copy = tmp_path / "real", tmp_path / "copy"
    real.mkdir()
    copy.mkdir()
    (real / "large").write_bytes(b"x" * 20_000)
    with pytest.raises(RehearsalError, match="too much for a plain copy"):
        copy_plainly(real, copy, (), 10_000)
    monkeypatch.setattr(plain_copy, "_NAMES", 0)
    with pytest.raises(RehearsalError, match="0 names"):
        copy_plainly(real, copy, (), 1 << 20)


def test_what_may_not_be_read_stays_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, copy = tmp_path / "real", tmp_path / "copy"
    real.mkdir()
    copy.mkdir()
    (real / "closed").touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(shutil, "copy2", refuse)
    assert copy_plainly(real, copy, (), 1 << 20) == (real / "closed",)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "real/in").mkdir(parents=True)
    with pytest.raises(RehearsalError, match="cannot be copied"):
        copy_plainly(tmp_path / "real", tmp_path / "gone", (), 1 << 20)
