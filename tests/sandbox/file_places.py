"""Where tests of restore points work: a folder as they need it, a small disk, another user."""

import ctypes
import os
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handrail.sandbox.errors import RestoreError

PAGE = 4096
_NOBODY = 65_534
_SET_DUMPABLE = 4  # from linux/prctl.h: without it /proc/self belongs to root after setuid


@contextmanager
def small_disk(folder: Path, options: str = "size=1m") -> Iterator[Path]:
    """Lend a file system of its own that is soon full; skips where nobody may mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def limited(disk: Path, option: str) -> None:
    """Change a limit of a small disk."""
    subprocess.run(["mount", "-o", f"remount,{option}", str(disk)], check=True)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Lend a folder that every user may reach and write."""
    with tempfile.TemporaryDirectory(prefix="handrail-open-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def as_normal_user(work: Callable[[], None]) -> None:
    """Do something as a user who may not do everything."""
    if os.getuid() != 0:
        work()
        return
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            ctypes.CDLL(None).prctl(_SET_DUMPABLE, 1)
            work()
        except BaseException:  # whatever it is, the parent must fail
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "see what it printed"


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


def refusal(act: Callable[[], object]) -> str:
    """Return why something was refused, empty where it was not."""
    try:
        act()
    except RestoreError as error:
        return str(error)
    return ""


def leftovers(*folders: Path) -> list[Path]:
    return [p for folder in folders for p in folder.rglob("*") if ".handrail-" in p.name]
