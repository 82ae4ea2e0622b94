"""End the processes that bear a mark; as a program: wait until the standard input ends, then do so.

It is run by its path, with the standard library alone, so that it starts quickly and holds nothing
of the process that it outlives. The mark stands in the environment that a process was started with,
which its own children inherit whatever session or group they move to. Linux tells it in ``/proc``.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

MARK = "HANDRAIL_DISPLAY"
"""The variable that holds the mark."""
ENDED = b"ended"
"""What the watched process says where nothing is left to do."""
STOP_SECONDS = 3.0
_PAUSE = 0.02


def marked(mark: str) -> list[int]:
    """Return the ids of the running processes that were started with this mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended, or it is another user's
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def end(mark: str, seconds: float = STOP_SECONDS) -> None:
    """End the marked processes and their groups: gently, and after ``seconds`` by force."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        limit = time.monotonic() + seconds
        left = marked(mark)
        _signal(left, number)
        while left and time.monotonic() < limit:
            time.sleep(_PAUSE)
            left = marked(mark)
            if number == signal.SIGKILL:  # what was being started meanwhile
                _signal(left, number)


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            group = os.getpgid(process)
            if group == os.getpgrp():
                os.kill(process, number)
            else:  # with children that were started with another environment
                os.killpg(group, number)


def main(marks: list[str], folder: Path) -> None:
    """Wait until the watched process has ended; end what bears the marks, in order."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # whoever ends Handrail by name may hit this too
    if sys.stdin.buffer.read() == ENDED:
        return
    for mark in marks:
        end(mark)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[2:], Path(sys.argv[1]))
