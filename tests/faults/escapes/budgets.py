"""Attempts to take more than there is to have: processes, memory, disk, time."""

import mmap
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from .attempts import Ground, attempt

_CHUNK = 1 << 20
BUDGET = "budget"
_LONGEST = 5.0
_MOST = 600
"""So many processes for so many seconds: whatever becomes of the defence, the machine must live."""


class _Counter:
    """Counts processes that are forked from each other."""

    def __init__(self) -> None:
        self.end = time.monotonic() + _LONGEST
        self.shared = mmap.mmap(-1, _MOST)

    def another(self) -> bool:
        """Fork, and tell whether this is the child; never comes back once there is an end."""
        if time.monotonic() > self.end:
            os._exit(0)
        taken = self.shared.find(b"\0")
        if taken < 0:
            time.sleep(0.01)
            return False
        self.shared[taken] = 1
        try:
            return os.fork() == 0
        except OSError:
            return False


@attempt(BUDGET, "forks")
def _forks(ground: Ground, name: str) -> None:
    counter = _Counter()
    while True:
        counter.another()


@attempt(BUDGET, "bomb")
def _bomb(ground: Ground, name: str) -> None:
    """Fork in sessions of their own, whose parents have gone."""
    counter = _Counter()
    while True:
        if counter.another():
            os.setsid()
            if os.fork():
                os._exit(0)


@attempt(BUDGET, "memory")
def _memory(ground: Ground, name: str) -> None:
    kept: list[bytes] = []
    while len(kept) < 400:
        kept.append(os.urandom(16) * (_CHUNK // 4))


@attempt(BUDGET, "memory-of-many")
def _many(ground: Ground, name: str) -> None:
    for _ in range(20):
        if os.fork() == 0:
            break
    with mmap.mmap(-1, 64 * _CHUNK, mmap.MAP_PRIVATE) as own:
        for start in range(0, len(own), 4_096):
            own[start] = 1
        time.sleep(60)


@attempt(BUDGET, "file")
def _file(ground: Ground, name: str) -> None:
    number = 0
    while number < 100:  # each until it may grow no more
        number += 1
        try:
            with Path(ground.home, f"large-{number}").open("wb", buffering=0) as file:
                for _ in range(200):
                    file.write(b"x" * _CHUNK)
        except OSError:
            continue


@attempt(BUDGET, "names")
def _names(ground: Ground, name: str) -> None:
    for number in range(20_000):
        Path(ground.home, f"small-{number}").touch()


@attempt(BUDGET, "time")
def _time(ground: Ground, name: str) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(60)


@attempt(BUDGET, "orphan")
def _orphan(ground: Ground, name: str) -> None:
    """Leave a process behind that outlives whoever started it."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    time.sleep(60)
