"""A control group: the kernel's own bound on processes and memory, where this user may set one.

Promises
- For root, who is bound by no limit on processes, there is one where the system has control groups
  (either version) that may be written.
- A group that is left behind by a process that was killed is removed by the next one.

Does not promise
- A group where the system has none, or keeps them closed: ``folders`` is empty then.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from handrail.sandbox.rehearsal.bounds import Bounds

_SYSTEM = Path("/sys/fs/cgroup")
_HEAD = "handrail-"
_THREADS = 4


@dataclass(frozen=True)
class ControlGroup:
    """The folders of a group; a process joins by writing its number into each ``cgroup.procs``."""

    folders: tuple[Path, ...]

    @classmethod
    @contextmanager
    def made(cls, bounds: Bounds, system: Path = _SYSTEM) -> Iterator["ControlGroup"]:
        """Make a group with these bounds where that is possible; remove it once it is empty."""
        name = f"{_HEAD}{os.getpid()}-{secrets.token_hex(4)}"
        settings = dict(_settings(bounds, system))
        found = []
        for parent, values in settings.items():
            _tidy(parent)
            folder = parent / name
            with suppress(OSError):  # closed to this user
                folder.mkdir()
                found.append(folder)
                for file, value in values.items():
                    (folder / file).write_text(str(value))
        try:
            yield cls(tuple(found))
        finally:
            for folder in found:
                with suppress(OSError):  # not empty yet: the next one removes it
                    folder.rmdir()


def _settings(bounds: Bounds, system: Path) -> Iterator[tuple[Path, dict[str, int]]]:
    """Yield each place where a group may be made, and what is written there."""
    processes = bounds.processes * _THREADS
    if (system / "cgroup.subtree_control").is_file():
        shared = (system / "cgroup.subtree_control").read_text().split()
        wanted = {"pids.max": processes, "memory.max": bounds.memory}
        values = {file: value for file, value in wanted.items() if file.split(".")[0] in shared}
        if values:
            yield system, values
        return
    if (system / "pids" / "cgroup.procs").is_file():
        yield system / "pids", {"pids.max": processes}
    if (system / "memory" / "cgroup.procs").is_file():
        yield system / "memory", {"memory.limit_in_bytes": bounds.memory}


def _tidy(parent: Path) -> None:
    """Remove groups of ours that nobody is in any more."""
    for folder in parent.glob(f"{_HEAD}*"):
        number = folder.name.removeprefix(_HEAD).partition("-")[0]
        if not Path("/proc", number).exists():
            with suppress(OSError):  # somebody is in it still
                folder.rmdir()
