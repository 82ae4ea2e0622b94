"""A control group: the kernel's own bound on processes, where this user may set one.

Promises
- For root, who is bound by no limit on processes, there is one where the system has control groups
  (either version) that may be written.
- A group that is left behind by a process that was killed is removed by the next one.

Does not promise
- A group where the system has none, or keeps them closed: ``folder`` is None then.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from handrail.sandbox.rehearsal.bounds import Bounds

_SYSTEM = Path("/sys/fs/cgroup")
_HEAD = "handrail-"
_SECONDS = 1.0
THREADS = 4
"""Threads that a process may have on average: the kernel counts threads."""


@dataclass(frozen=True)
class ControlGroup:
    """The folder of a group; a process joins by writing its number into its ``cgroup.procs``."""

    folder: Path | None

    @classmethod
    @contextmanager
    def made(cls, bounds: Bounds, system: Path = _SYSTEM) -> Iterator["ControlGroup"]:
        """Make a group with these bounds where that is possible; remove it once it is empty."""
        parent = _parent(system)
        if parent is None:
            yield cls(None)
            return
        _tidy(parent)
        folder = parent / f"{_HEAD}{os.getpid()}-{secrets.token_hex(4)}"
        try:
            yield cls(folder if _set_up(folder, bounds.processes * THREADS) else None)
        finally:
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a group as soon as its last process has gone; later the next one removes it."""
    end = time.monotonic() + _SECONDS
    while folder.exists():
        with suppress(OSError):
            folder.rmdir()
        if time.monotonic() > end:
            return
        time.sleep(0.005)


def _set_up(folder: Path, most: int) -> bool:
    """Make a group, and tell whether this user may."""
    try:
        folder.mkdir()
        (folder / "pids.max").write_text(str(most))
    except OSError:
        return False
    return True


def _parent(system: Path) -> Path | None:
    """Return where a group may be made that bounds processes, in either version; None: nowhere."""
    shared = system / "cgroup.subtree_control"
    if shared.is_file():
        return system if "pids" in shared.read_text().split() else None
    return system / "pids" if (system / "pids" / "cgroup.procs").is_file() else None


def _tidy(parent: Path) -> None:
    """Remove groups of ours that nobody is in any more."""
    for folder in parent.glob(f"{_HEAD}*"):
        number = folder.name.removeprefix(_HEAD).partition("-")[0]
        if not Path("/proc", number).exists():
            with suppress(OSError):  # somebody is in it still
                folder.rmdir()
