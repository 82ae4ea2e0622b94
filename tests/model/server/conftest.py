"""A server on a loopback port, and the official client."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import openai
import pytest
import uvicorn

from handrail.model.engine import Engine
from handrail.model.server.app import Server
from handrail.model.server.connections import Connection
from handrail.model.server.limits import Limits

TOKEN = "a-token-of-the-tests"
PIXELS, BODY = 1_000_000, 2_000_000


@dataclass(frozen=True)
class Running:
    """Where the server is, and the engine behind it."""

    url: str
    engine: Engine

    def client(self, token: str = TOKEN) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=token, max_retries=0, timeout=120)

    def http(self, token: str = TOKEN) -> httpx.Client:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)


@pytest.fixture(scope="session")
def running(checkpoint: Callable[[str], Path]) -> Iterator[Running]:
    engine = Engine.load(checkpoint("tied"), dtype="float32")
    limits = Limits(TOKEN, body=BODY, pixels=PIXELS, waiting=32)
    config = uvicorn.Config(
        Server(engine, "tiny", limits).app(),
        port=0,
        log_level="error",
        http=Connection,
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Running(f"http://127.0.0.1:{port}", engine)
    server.should_exit = True
    thread.join(30)
