"""Connections that say nothing, or too slowly, are closed; whoever speaks is answered."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from handrail.model.server import connections
from handrail.model.server.connections import Connection
from handrail.model.server.limits import Message, Receive, Send

HEAD = b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
SECONDS = 0.3


async def _app(_scope: Message, _receive: Receive, send: Send) -> None:
    """Answer, later than a head may take."""
    await asyncio.sleep(2 * SECONDS)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(connections, "HEAD_SECONDS", SECONDS)
    config = uvicorn.Config(
        _app, port=0, log_level="error", http=Connection, ws="none", lifespan="off"
    )
    config.timeout_keep_alive = 60
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[:2]
    server.should_exit = True
    thread.join(30)


@pytest.mark.parametrize("said", [b"", HEAD[:-1]], ids=["nothing", "not all of it"])
def test_who_does_not_ask_is_closed(address: tuple[str, int], said: bytes) -> None:
    with socket.create_connection(address, timeout=30) as caller:
        caller.sendall(said)
        assert caller.recv(1) == b""


def test_a_slow_answer_is_waited_for_and_the_next_head_has_its_own_time(
    address: tuple[str, int],
) -> None:
    with socket.create_connection(address, timeout=30) as caller:
        for _ in range(2):
            caller.sendall(HEAD)
            assert caller.recv(1000).startswith(b"HTTP/1.1 204")
        caller.sendall(HEAD[:9])
        assert caller.recv(1) == b""
