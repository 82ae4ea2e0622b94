"""Bounds of a rehearsal: time, memory, processes and disk, and whoever watches over them.

Promises
- What passes a bound is ended as a whole, within two seconds, and why is kept.
- The copy is ended as well where the machine itself runs out of memory or of disk, whoever uses it.

Does not promise
- That a bound is never passed for the moment between two looks.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PAUSE = 0.1


@dataclass(frozen=True)
class Bounds:
    """What a copy may use: seconds, bytes of memory, processes, bytes that are written.

    ``reserve``: bytes of memory and of disk that must stay free on the machine.
    """

    seconds: float = 3_600.0
    memory: int = 4 << 30
    processes: int = 400
    disk: int = 2 << 30
    reserve: int = 256 << 20

    def __post_init__(self) -> None:
        for name in ("seconds", "memory", "processes", "disk"):
            if getattr(self, name) <= 0:
                raise ValueError(f"a copy with no {name} can do nothing: give it more than 0")


class Warden:
    """Looks at a copy again and again, and ends it where it passes a bound.

    ``init`` returns the first process of the copy's own process namespace, 0 where there is none;
    ``end`` ends the copy. ``reason`` says which bound was passed, empty where none was.
    """

    def __init__(
        self,
        bounds: Bounds,
        init: Callable[[], int],
        written: Iterable[Path],
        end: Callable[[], None],
    ) -> None:
        self.reason = ""
        self._bounds = bounds
        self._init = init
        self._written = tuple(written)
        self._before = disk_used(self._written)
        self._end = end
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="rehearsal", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more; safe to call twice, and before it began."""
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        began = time.monotonic()
        pause = _PAUSE
        while not self._done.wait(pause):
            looked = time.monotonic()
            self.reason = self._passed(looked - began)
            if self.reason:
                self._end()
                return
            # A large folder takes long to look through: no more than a third of the time.
            pause = max(_PAUSE, 2 * (time.monotonic() - looked))

    def _passed(self, seconds: float) -> str:
        bounds = self._bounds
        if seconds > bounds.seconds:
            return f"it took longer than {bounds.seconds:g} s"
        running = processes_of(self._init())
        if len(running) > bounds.processes:
            return f"it had more than {bounds.processes} processes"
        if memory_of(running) > bounds.memory:
            return f"it used more than {_shown(bounds.memory)} of memory"
        if disk_used(self._written, self._before + bounds.disk) > self._before + bounds.disk:
            return f"it wrote more than {_shown(bounds.disk)}"
        if memory_free() < bounds.reserve:
            return f"the machine had less than {_shown(bounds.reserve)} of memory left"
        if any(disk_free(folder) < bounds.reserve for folder in self._written):
            return f"the disk had less than {_shown(bounds.reserve)} left"
        return ""


def processes_of(init: int) -> list[Path]:
    """Return where each process in the namespace of this first process is told of.

    None as long as it has no ``/proc`` of its own: the machine's tells of everybody.
    """
    with suppress(OSError):  # it has ended, or not yet begun
        proc = Path("/proc", str(init), "root", "proc")
        if proc.stat().st_dev == Path("/proc").stat().st_dev:
            return []
        return [path for path in proc.iterdir() if path.name.isdigit()]
    return []


def memory_of(processes: Iterable[Path]) -> int:
    """Return the bytes that these processes have each for themselves."""
    pages = 0
    for process in processes:
        with suppress(OSError):  # this one has ended
            resident, shared = (process / "statm").read_text().split()[1:3]
            pages += int(resident) - int(shared)
    return pages * os.sysconf("SC_PAGE_SIZE")


def disk_used(folders: Iterable[Path], enough: float = math.inf) -> int:
    """Return the bytes that folders take on their disk, with a block for every name.

    Where it is more than ``enough``, no more is counted.
    """
    total, left = 0, list(map(str, folders))
    while left and total <= enough:
        with suppress(OSError), os.scandir(left.pop()) as entries:  # removed meanwhile
            for entry in entries:
                total += _taken(entry)
                if total > enough:
                    break
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
    return total


def _taken(entry: "os.DirEntry[str]") -> int:
    with suppress(FileNotFoundError):
        return 4_096 + 512 * entry.stat(follow_symlinks=False).st_blocks
    return 0


def disk_free(folder: Path) -> int:
    """Return the bytes that this user may still write on the folder's disk."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def memory_free(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Return the bytes of memory that the machine has to give."""
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    raise RuntimeError(f"{meminfo} does not say what is available")


def _shown(count: int) -> str:
    return f"{count / (1 << 30):.3g} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"
