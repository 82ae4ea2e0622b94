"""The programs' end of the line to whoever tells them what to show."""

import json
import os
import socket
import sys
import traceback
from typing import Any

Told = dict[str, Any]


class Client:
    """Lines of JSON through a socket; an exception that nobody catches is the last answer."""

    def __init__(self, path: str) -> None:
        self._link = socket.socket(socket.AF_UNIX)
        self._link.connect(path)
        self._lines = self._link.makefile("rw")
        sys.excepthook = self._fail

    def fileno(self) -> int:
        """Return the socket's number, to be watched."""
        return self._link.fileno()

    def read(self) -> Told | None:
        """Return what is asked, None where nobody asks any more."""
        line = self._lines.readline()
        return json.loads(line) if line else None

    def answer(self, told: Told) -> None:
        """Send an answer."""
        self._lines.write(json.dumps(told) + "\n")
        self._lines.flush()

    def _fail(self, *error: Any) -> None:
        self.answer({"error": "".join(traceback.format_exception(*error))})
        os._exit(1)
