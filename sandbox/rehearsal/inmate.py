"""The program in a copy, with all that it started: watched over, and ended as one.

Promises
- When it is ended, nothing is left that it started, in whatever session or group: the kernel ends
  a process namespace with its first process.

Does not promise
- To be gentle: what passes a bound is not asked first.
"""

import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from handrail.sandbox.rehearsal.bounds import Bounds, Warden


class Inmate:
    """A program that bubblewrap shut in: ``process`` is bubblewrap's outer one.

    ``told`` is called after it was ended for a bound that it passed. It is watched from now on.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        bounds: Bounds,
        written: Iterable[Path],
        told: Callable[[], None],
    ) -> None:
        self.process = process
        self._told = told
        self._known = 0
        self._warden = Warden(bounds, lambda: self.first, written, self._passed)
        self._warden.start()

    @property
    def ended(self) -> str:
        """Return which bound it passed and was ended for, empty where none."""
        return self._warden.reason

    def end(self) -> None:
        """End all of it at once."""
        if self.process.poll() is None:  # until it was waited for, its number is nobody else's
            self.process.kill()

    def close(self) -> None:
        """End it, and watch no longer; safe to call twice."""
        self._warden.close()
        self.end()
        self.process.wait()

    def _passed(self) -> None:
        self.end()
        self._told()

    @property
    def first(self) -> int:
        """Return the first process of its namespace, 0 where there is none."""
        if not _is_first(self._known):
            self._known = 0
            with suppress(psutil.Error):
                # Before bubblewrap begins, its children are those that make the mounts.
                children = [child.pid for child in psutil.Process(self.process.pid).children()]
                self._known = next(filter(_is_first, children), 0)
        return self._known


def _is_first(number: int) -> bool:
    """Tell whether a process is the first of a namespace below our own."""
    with suppress(OSError):
        for line in Path("/proc", str(number), "status").read_text().splitlines():
            name, *numbers = line.split()
            if name == "NSpid:":
                return len(numbers) > 1 and numbers[-1] == "1"
    return False
