"""Run a step's commands, with progress on the terminal and everything else in a log."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from .errors import StepFailed

_BEAT = 15.0


class Console:
    """Says what is being done; keeps the commands' own words in a log file."""

    def __init__(self, log: Path, out: TextIO) -> None:
        self._log = log
        self._out = out
        log.parent.mkdir(parents=True, exist_ok=True)

    def say(self, text: str) -> None:
        """Print one line of progress."""
        print(f"setup: {text}", file=self._out, flush=True)

    def run(self, title: str, command: Sequence[str], advice: str, limit: float = 3600.0) -> None:
        """Run a command to its end. Raises StepFailed with its last lines and the advice."""
        self.say(f"{title} ...")
        started = time.monotonic()
        code = self._wait(command, started, limit)
        if code != 0:
            ending = f"ran longer than {limit:.0f} s" if code is None else f"ended with {code}"
            raise StepFailed(
                f"{title}: {' '.join(command)}\n{ending}; its last lines, of {self._log}:\n\n"
                f"{self._tail(12)}\n\n{advice}"
            )
        self.say(f"{title}: done in {time.monotonic() - started:.0f} s")

    def attempt(self, title: str, command: Sequence[str], limit: float = 3600.0) -> bool:
        """Run a command that may fail; tell whether it succeeded."""
        try:
            self.run(title, command, "", limit)
        except StepFailed:
            self.say(f"{title}: not possible here ({self._tail(1).strip()[:120]})")
            return False
        return True

    def _wait(self, command: Sequence[str], started: float, limit: float) -> int | None:
        with self._log.open("ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            try:
                process = subprocess.Popen(
                    command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
                )
            except OSError as error:
                log.write(f"{error}\n".encode())
                return 127
            try:
                return self._beat(process, started, limit)
            except BaseException:
                process.kill()
                process.wait()
                raise

    def _beat(self, process: subprocess.Popen[bytes], started: float, limit: float) -> int | None:
        while True:
            try:
                return process.wait(timeout=_BEAT)
            except subprocess.TimeoutExpired:
                passed = time.monotonic() - started
                if passed > limit:
                    process.kill()
                    process.wait()
                    return None
                self.say(f"  {passed:.0f} s: {self._tail(1).strip()[:100]}")

    def _tail(self, count: int) -> str:
        """Return the log's last lines without anything that could steer a terminal."""
        with self._log.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - 8192))
            lines = log.read().decode(errors="replace").replace("\r", "\n").splitlines()
        kept = [line for line in lines if line.strip()][-count:]
        return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in kept)
