"""Crowds, and clients that leave, do not hurt the server."""

import asyncio
import gc
import os
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.model.server.conftest import TOKEN, Running
from tests.model.server.test_chat import HELLO, greedy

SHORT: dict[str, Any] = {"model": "tiny", "messages": HELLO, "max_tokens": 4}
# a reply that cannot end early
ARRAY = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9},
         "minItems": 1200, "maxItems": 1200}  # fmt: skip
FORMAT = {"type": "json_schema", "json_schema": {"name": "long", "schema": ARRAY}}
ENDLESS: dict[str, Any] = {"response_format": FORMAT, "max_tokens": 3900}
HEADERS = {"authorization": f"Bearer {TOKEN}"}
PATH = "/v1/chat/completions"


def client(running: Running) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=300)
    return httpx.AsyncClient(base_url=running.url, headers=HEADERS, timeout=300, limits=limits)


def test_of_200_at_once_each_is_answered_or_told_to_wait(running: Running) -> None:
    async def all_at_once() -> list[httpx.Response]:
        async with client(running) as http:
            return await asyncio.gather(*(http.post(PATH, json=SHORT) for _ in range(200)))

    answers = asyncio.run(all_at_once())
    busy = [a for a in answers if a.status_code == 429]
    assert len(busy) + sum(a.status_code == 200 for a in answers) == 200
    assert len(busy) < 200
    assert all(a.headers["retry-after"] for a in busy)
    assert all("32 requests are waiting" in a.json()["error"]["message"] for a in busy)
    texts = {a.json()["choices"][0]["message"]["content"] for a in answers if a not in busy}
    assert len(texts) == 1


async def _hang_up(running: Running, after: int) -> int:
    """Leave in the middle of a stream; return how many lines were read."""
    asked = {**SHORT, **ENDLESS, "stream": True}
    async with client(running) as http, http.stream("POST", PATH, json=asked) as answer:
        assert answer.status_code == 200
        lines = 0
        async for line in answer.aiter_lines():
            assert "[DONE]" not in line
            lines += 1
            if lines > after:
                break
        return lines


def test_who_hangs_up_is_not_served_on(running: Running) -> None:
    """Fifty replies of thousands of tokens take long: they end where their clients left."""

    async def crowd() -> list[int]:
        # the server lets 32 wait: fifty come in two crowds
        first, second = range(25), range(25, 50)
        read = await asyncio.gather(*(_hang_up(running, after) for after in first))
        return read + await asyncio.gather(*(_hang_up(running, after) for after in second))

    began = time.monotonic()
    assert asyncio.run(crowd()) == [after + 1 for after in range(50)]
    made = greedy(running, max_tokens=2)
    alone = time.monotonic()
    assert greedy(running, **ENDLESS).usage.completion_tokens > 2000
    whole = time.monotonic() - alone
    assert made.usage.completion_tokens == 2
    assert alone - began < 10 * whole


def test_a_second_round_needs_no_more_memory(running: Running) -> None:
    if not Path("/proc/self/statm").exists():
        pytest.skip("reads /proc")

    async def round_of() -> None:
        async with client(running) as http:
            for _ in range(6):
                await asyncio.gather(*(http.post(PATH, json=SHORT) for _ in range(30)))

    sizes = []
    for _ in range(3):
        asyncio.run(round_of())
        gc.collect()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        sizes.append(resident)
    assert sizes[2] <= 1.05 * sizes[1]


def test_the_counts_are_told(running: Running) -> None:
    greedy(running)
    with running.http() as http:
        text = http.get("/metrics").text
    assert 'handrail_requests_total{path="/v1/chat/completions",status="200"}' in text
    for name in ("prompt_tokens_total", "reply_tokens_total", "reply_seconds_count"):
        line = next(n for n in text.splitlines() if n.startswith(f"handrail_{name} "))
        assert float(line.split()[1]) > 0
