"""What a server writes to a pipe as soon as it is ready: the first line, awaited."""

import os
import select
import time
from collections.abc import Callable

from handrail.actuators.errors import EnvironmentMissing


def first_line(program: str, start: Callable[[int], None], seconds: float) -> str:
    """Start a program, which is given the pipe's writing end, and return the first line it writes.

    Raises EnvironmentMissing where it ends before that, or is not ready in ``seconds``.
    """
    reader, writer = os.pipe()
    try:
        start(writer)
        os.close(writer)
        writer = -1
        return _read(reader, program, seconds)
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)


def _read(reader: int, program: str, seconds: float) -> str:
    end = time.monotonic() + seconds
    said = b""
    while not said.endswith(b"\n"):
        ready, _, _ = select.select([reader], [], [], max(0.0, end - time.monotonic()))
        more = os.read(reader, 1024) if ready else b""
        if not more:
            why = "ended at once" if ready else f"was not ready in {seconds:g} s"
            raise EnvironmentMissing(f"{program} {why}: run it by hand to see what it says")
        said += more
    return said.decode().strip()
