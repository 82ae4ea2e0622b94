"""What the Fetch domain does not show, held where it leaves a browser: two SOCKS proxies.

A browser that is started with ``relay_flags`` sends every WebSocket through the first, whichever
tab, frame or worker opens it; that one asks. What is said to come from the encrypted web goes
through the second, which lets HTTP over TLS pass, and nothing else: WebRTC over TCP ends here, and
WebTransport does not begin where there is a proxy.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial

from handrail.actuators.held import HeldRequest
from handrail.actuators.tls_hello import RECORD_HEAD, record_size, speaks_web

_HANDSHAKE_SECONDS = 10.0
_CONNECT_SECONDS = 60.0
_GRANTED, _REFUSED = 0, 5
_HEAD = 16 * 1024
_PIECE = 64 * 1024
_TLS = b"\x16"
_LOOPBACK = ("127.0.0.1", "localhost", "*.localhost", "[::1]")

Ask = Callable[[HeldRequest], Awaitable[bool]]
Carry = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def relay_flags(sockets: int, secure: int, proxies: Mapping[str, str]) -> tuple[str, ...]:
    """Return the flags of a browser that uses the relay's two ports.

    ``proxies`` are the system's own, as ``urllib.request.getproxies`` tells them: pages still go
    through these. Where one of these is for https, it takes the place of the second port.
    """
    web = proxies.get("http") or "direct://"
    encrypted = proxies.get("https") or f"socks5://127.0.0.1:{secure}"
    around = [*_LOOPBACK, *proxies.get("no", "").split(",")]
    hosts = [host.strip() for host in around if host.strip()]
    # Written with a scheme, what is not proxied is no WebSocket; the first part undoes the
    # browser's own rule that nothing of this machine is.
    schemes = ("http", "https") if proxies.get("https") else ("http",)
    past = [f"{scheme}://{host}" for host in hosts for scheme in schemes]
    return (
        f"--proxy-server=http={web};https={encrypted};socks=socks5://127.0.0.1:{sockets}",
        f"--proxy-bypass-list={';'.join(['<-loopback>', *past])}",
    )


class Relay:
    """Takes a browser's connections; those of WebSockets go on where ``ask`` says so."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> tuple[int, int]:
        """Listen on this machine alone; return the port for WebSockets, and that for all TLS."""
        return await self._listen(self._socket), await self._listen(self._secure)

    def close(self) -> None:
        """Take no more connections, and end those that there are."""
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()

    async def _listen(self, carry: Carry) -> int:
        server = await asyncio.start_server(partial(self._taken, carry), "127.0.0.1", 0)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _taken(
        self, carry: Carry, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, EOFError, TimeoutError, ValueError):
                await carry(reader, writer)
        except asyncio.CancelledError:
            pass  # by close(); asyncio's server would print it
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _socket(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry a WebSocket, where it may be: what it is is known once the browser speaks."""
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            host, port = await _wanted(reader, writer)
            await _reply(writer, _GRANTED)
            first = await _first_words(reader)
        if not await self._ask(_request(host, port, first)):
            return
        async with asyncio.timeout(_CONNECT_SECONDS):
            there, back = await asyncio.open_connection(host, port)
        await _joined(reader, writer, there, back, first)

    async def _secure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry HTTP over TLS, whose requests were held before they came here."""
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            host, port = await _wanted(reader, writer)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                there, back = await asyncio.open_connection(host, port)
        except (OSError, UnicodeError):
            await _reply(writer, _REFUSED)
            return
        try:
            await _reply(writer, _GRANTED)
            head = await reader.readexactly(RECORD_HEAD)
            hello = await reader.readexactly(record_size(head))
        except BaseException:
            back.close()
            raise
        if speaks_web(hello):
            await _joined(reader, writer, there, back, head + hello)
        back.close()


async def _joined(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    there: asyncio.StreamReader,
    back: asyncio.StreamWriter,
    first: bytes,
) -> None:
    """Pass on what both sides say, beginning with what was said already, until one has gone."""
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
    return host.strip("[]"), port


async def _reply(writer: asyncio.StreamWriter, code: int) -> None:
    """Answer what is wanted."""
    writer.write(bytes([5, code, 0, 1]) + bytes(6))
    await writer.drain()


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
