"""What the server lets through to its routes: known hosts, a token, bodies of bounded size.

Promises: nothing but /health is answered without the token; a page in a browser that was led to
the server under a foreign name is refused; a body is never held in memory beyond its limit.
"""

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from handrail.model.server.errors import BadRequest, ServerError, TooLarge, Unauthorized
from handrail.model.server.metrics import Metrics

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
OPEN_PATHS = ("/health",)
KNOWN_PATHS = ("/health", "/metrics", "/v1/models", "/v1/chat/completions")


@dataclass(frozen=True)
class Limits:
    """``token``: what clients must send; ``hosts``: names under which the server may be called.

    ``body``: bytes of a request; ``pixels``: of one picture; ``waiting``: requests in line;
    ``together``: how many are answered at once.
    """

    token: str
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")
    body: int = 32 * 2**20
    pixels: int = 64_000_000
    waiting: int = 64
    together: int = 8


class Guard:
    """Stands before the app: refuses, counts, and turns refusals into answers."""

    def __init__(self, app: App, limits: Limits, metrics: Metrics) -> None:
        self._app, self._limits, self._metrics = app, limits, metrics

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in KNOWN_PATHS else "other"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.requests.labels(path, str(message["status"])).inc()
            await send(message)

        try:
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
            self._check(path, headers)
            whole = await self._body(receive)
        except ServerError as error:
            await _refuse(error, counted)
            return
        await self._app(scope, _once(whole, receive), counted)

    def _check(self, path: str, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        if name.strip("[]").lower() not in self._limits.hosts:
            raise BadRequest(f"the server is not known as {host[:80]!r}: use its own address")
        if path not in OPEN_PATHS:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            wanted = self._limits.token.encode()
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), wanted):
                raise Unauthorized("the bearer token is absent or wrong")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._limits.body:
            raise TooLarge(f"the body may have at most {self._limits.body} bytes")

    async def _body(self, receive: Receive) -> bytes:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b""
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._limits.body:
                raise TooLarge(f"the body may have at most {self._limits.body} bytes")
            if not message.get("more_body", False):
                return b"".join(parts)


def _once(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the whole body first, then what the connection says."""
    waiting = [body]

    async def next_message() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return next_message


async def _refuse(error: ServerError, send: Send) -> None:
    body = json.dumps(error.body()).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if isinstance(error, Unauthorized):
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
