"""Serve the approval API on this machine, beside a run, to whoever can read its token's file."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from handrail.model.server.connections import Connection
from handrail.model.server.limits import Guard, Limits
from handrail.model.server.metrics import Metrics
from handrail.tasks.approval_board import Board
from handrail.tasks.errors import RunFolderError, UsageError

if TYPE_CHECKING:
    from handrail.model.server.limits import App

_HOST = "127.0.0.1"
_BODY = 64 * 1024
_WAIT_SECONDS = 10.0


@contextmanager
def served_board(port: int, folder: Path) -> Iterator[tuple[Board, str, Path]]:
    """Serve a board while the block runs; give it with its address and its token's file.

    ``port`` 0 takes any. Raises UsageError where the port is taken, RunFolderError where the token
    cannot be written down.
    """
    board, token = Board(), secrets.token_urlsafe(32)
    listening = _bound(port)
    with listening, _kept(token, folder) as path:
        server = uvicorn.Server(_config(Guard(board.app(), Limits(token, body=_BODY), Metrics())))
        thread = threading.Thread(
            target=server.run, args=([listening],), name="approval", daemon=True
        )
        thread.start()
        try:
            _await_start(server, thread)
            yield board, f"http://{_HOST}:{listening.getsockname()[1]}", path
        finally:
            server.should_exit = True
            thread.join(_WAIT_SECONDS)


def _config(app: "App") -> uvicorn.Config:
    return uvicorn.Config(
        app, log_level="error", access_log=False, http=Connection, ws="none", lifespan="off",
        server_header=False, limit_concurrency=256, timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
    )  # fmt: skip


def _bound(port: int) -> socket.socket:
    """Return a socket on this machine alone. Raises UsageError."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.bind((_HOST, port))
    except OSError as error:
        made.close()
        raise UsageError(f"--approve-at {port}: {error.strerror}") from error
    return made


@contextmanager
def _kept(token: str, folder: Path) -> Iterator[Path]:
    """Keep the token in a new file that its owner alone can read, while the block runs."""
    path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.token"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token + "\n")
    except OSError as error:
        raise RunFolderError(f"{path}: the token cannot be written: {error.strerror}") from error
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RunFolderError("the approval API did not start: leave --approve-at out")
        time.sleep(0.01)
