"""WebSockets of a browser, held where they leave it: a SOCKS proxy (RFC 1928) that asks first.

The Fetch domain does not show them. A browser that is started with ``socket_flags`` sends no other
request this way, and every WebSocket, whichever tab, frame or worker opens it.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from handrail.actuators.held import HeldRequest

_HANDSHAKE_SECONDS = 10.0
_HEAD = 16 * 1024
_PIECE = 64 * 1024
_TLS = b"\x16"
_LOOPBACK = ("127.0.0.1", "localhost", "*.localhost", "[::1]")

Ask = Callable[[HeldRequest], Awaitable[bool]]


def socket_flags(port: int, proxies: Mapping[str, str]) -> tuple[str, ...]:
    """Return the flags of a browser whose WebSockets go through the port, and nothing else.

    ``proxies`` are the system's own, as ``urllib.request.getproxies`` tells them: pages still go
    through these.
    """
    web = ";".join(f"{name}={proxies.get(name) or 'direct://'}" for name in ("http", "https"))
    around = [*_LOOPBACK, *proxies.get("no", "").split(",")]
    hosts = [host.strip() for host in around if host.strip()]
    # Written with a scheme, what is not proxied is no WebSocket; the first part undoes the
    # browser's own rule that nothing of this machine is.
    past = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    return (
        f"--proxy-server={web};socks=socks5://127.0.0.1:{port}",
        f"--proxy-bypass-list={';'.join(['<-loopback>', *past])}",
    )


class SocketRelay:
    """Takes the connections of a browser's WebSockets; each goes on where ``ask`` says so."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen on this machine alone, and return the port."""
        self._server = await asyncio.start_server(self._taken, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        """Take no more connections, and end those that there are."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, EOFError, TimeoutError, ValueError):
                await self._carry(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            host, port = await _wanted(reader, writer)
            first = await _first_words(reader)
        if not await self._ask(_request(host, port, first)):
            return
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            there, back = await asyncio.open_connection(host, port)
        try:
            back.write(first)
            await back.drain()
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, back))
                both.create_task(_pass_on(there, writer))
        except* OSError:
            pass  # one of the two has gone
        finally:
            back.close()


async def _wanted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """Take the proxy's handshake, and return the host and the port that are wanted."""
    _version, count = await reader.readexactly(2)
    await reader.readexactly(count)
    writer.write(b"\x05\x00")
    await writer.drain()
    _version, command, _, kind = await reader.readexactly(4)
    if command != 1:
        raise ValueError("only connections are carried")
    if kind == 3:
        size = (await reader.readexactly(1))[0]
        host = (await reader.readexactly(size)).decode("ascii")
    elif kind == 1:
        host = ".".join(map(str, await reader.readexactly(4)))
    else:
        groups = struct.unpack("!8H", await reader.readexactly(16))
        host = ":".join(f"{group:x}" for group in groups)
    port = int.from_bytes(await reader.readexactly(2), "big")
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    await writer.drain()
    return host.strip("[]"), port


async def _first_words(reader: asyncio.StreamReader) -> bytes:
    """Return what the browser says first: the head of a handshake in clear, or the start of TLS."""
    data = await reader.read(_PIECE)
    while data[:1] != _TLS and b"\r\n\r\n" not in data and 0 < len(data) < _HEAD:
        more = await reader.read(_PIECE)
        if not more:
            break
        data += more
    return data


def _request(host: str, port: int, first: bytes) -> HeldRequest:
    """Return what a warden is asked; behind TLS, no more than host and port is known."""
    place = f"[{host}]" if ":" in host else host
    if first[:1] == _TLS:
        return HeldRequest("GET", f"wss://{place}:{port}/", "websocket")
    head = first.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    target = [*head[0].split(" "), "", ""][1]
    pairs = (line.partition(":") for line in head[1:])
    told = {name.strip().lower(): value.strip() for name, _, value in pairs}
    origin = told.get("origin", "")
    path = target if target.startswith("/") else "/"
    return HeldRequest("GET", f"ws://{place}:{port}{path}", "websocket", page=origin)


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(_PIECE):
        sink.write(data)
        await sink.drain()
    sink.close()
