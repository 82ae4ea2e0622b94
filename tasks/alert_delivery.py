"""Tell somebody of an alert: start the user's command, call their webhook, never wait for either.

Each table of a policy that names somebody has a thread of its own and a short queue: a slow one
delays no other, and no run. What could not be told is a warning, which names neither the command's
arguments nor the webhook's path, for these may hold secrets.
"""

import json
import logging
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from handrail.actuators.xvfb import without_own
from handrail.sandbox.alerts import Telling

_LOG = logging.getLogger("handrail.alerts")
_WAITING = 32
Message = dict[str, str | int]


class Messenger:
    """Tells one command and one webhook, in the order of the alerts."""

    def __init__(self, telling: Telling, environ: Mapping[str, str]) -> None:
        self._telling = telling
        self._environ = without_own(environ)
        self._queue: queue.Queue[Message | None] = queue.Queue(_WAITING)
        self._program: subprocess.Popen[bytes] | None = None
        self._given_up = False
        self._thread = threading.Thread(target=self._work, name="alerts", daemon=True)
        self._thread.start()

    def tell(self, message: Message) -> None:
        """Take a message in, at once; one too many is dropped, and that is told."""
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            _LOG.warning("an alert is told to nobody: %d are waiting already", _WAITING)

    def close(self) -> None:
        """Wait for what is under way, no longer than one alert may take."""
        limit = self._telling.seconds * len(self._ways)
        with suppress(queue.Full):
            self._queue.put_nowait(None)
        self._thread.join(limit)
        if self._thread.is_alive():
            self._given_up = True
            if (program := self._program) is not None:
                _end(program)
            _LOG.warning("alerts were still being told after %d seconds: given up", limit)

    @property
    def _ways(self) -> list[str]:
        return [name for name in ("command", "webhook") if getattr(self._telling, name)]

    def _work(self) -> None:
        while not self._given_up and (message := self._queue.get()) is not None:
            if self._telling.command is not None:
                self._start(self._telling.command, message)
            if self._telling.webhook is not None:
                self._call(self._telling.webhook, message)

    def _start(self, command: tuple[str, ...], message: Message) -> None:
        """Run the command; it begins in no folder of anybody's and inherits no setting of ours."""
        try:
            self._program = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=Path(os.sep),
                env=self._environ,
                start_new_session=True,
            )
        except OSError as error:
            _LOG.warning("the alert's command cannot be started: %s", error.strerror)
            return
        program = self._program
        try:
            program.communicate(json.dumps(message).encode() + b"\n", self._telling.seconds)
        except subprocess.TimeoutExpired:
            _end(program)
            _LOG.warning("the alert's command took over %d seconds", self._telling.seconds)
        self._program = None
        if program.returncode > 0:
            _LOG.warning("the alert's command ended with %d", program.returncode)

    def _call(self, webhook: str, message: Message) -> None:
        import httpx  # here: most runs call nobody

        host = urlsplit(webhook).hostname
        try:
            with httpx.stream("POST", webhook, json=message, timeout=self._telling.seconds) as got:
                status = got.status_code
        except httpx.HTTPError as error:
            _LOG.warning("the webhook on %s cannot be told: %s", host, type(error).__name__)
            return
        if not 200 <= status < 300:
            _LOG.warning("the webhook on %s answered with %d", host, status)


def _end(program: subprocess.Popen[bytes]) -> None:
    """End a program that still runs, and what it started."""
    if program.poll() is not None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(program.pid, signal.SIGKILL)
        else:
            program.kill()
    program.wait()
