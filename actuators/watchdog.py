"""A small process that ends what a display started when this process dies, however it dies.

It waits for the end of a pipe that only this process holds: the kernel closes it on SIGKILL too. A
signal on the parent's death would not do: the kernel sends it when the thread that forked ends. A
child that is just being started holds the pipe until it runs, with its mark: none is overlooked.
"""

import contextlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

from handrail.actuators import watchdog_child
from handrail.actuators.errors import EnvironmentMissing

_SECONDS = 10.0


class Watchdog:
    """Watches over this process; what bears ``programs`` or ``server`` ends with it.

    ``folder`` is removed then. Raises EnvironmentMissing where it does not start.
    """

    def __init__(self, folder: Path) -> None:
        token = secrets.token_hex(16)
        self.programs, self.server = f"{token}-program", f"{token}-server"
        around = {k: v for k, v in os.environ.items() if k != watchdog_child.MARK}
        program = [sys.executable, "-I", "-S", watchdog_child.__file__, str(folder)]
        try:
            self._process = subprocess.Popen(
                [*program, self.programs, self.server],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=around,
                start_new_session=True,
            )
        except OSError as problem:
            raise EnvironmentMissing(
                f"the watchdog of a display does not start: {problem.strerror}"
            ) from problem

    def end(self) -> None:
        """End everything now, the programs before the server; safe to call twice."""
        watchdog_child.end(self.programs)
        watchdog_child.end(self.server)
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):  # it was killed, or released before
            self._process.stdin.write(watchdog_child.ENDED)
            self._process.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
