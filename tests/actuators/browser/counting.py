"""Two loopback origins that count all that reaches them, and tell it by a case's own token."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

_ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Arrival(NamedTuple):
    """A request that reached a server. ``WS`` is the method of a WebSocket's handshake."""

    method: str
    path: str
    body: bytes = b""


@dataclass
class Counting:
    """Pages by their path, for both origins, and everything that arrived but for pages."""

    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    arrived: list[Arrival] = field(default_factory=list)
    home: str = ""
    other: str = ""

    def show(self, path: str, text: str, kind: str = "text/html") -> str:
        """Serve a text, and return its address at the first origin."""
        self.pages[path] = (text, f"{kind}; charset=utf-8")
        return self.home + path

    def count(self, method: str, path: str) -> int:
        """Return how often this reached a server, whatever its query."""
        return sum((a.method, a.path.partition("?")[0]) == (method, path) for a in self.arrived)

    def of(self, token: str) -> list[tuple[str, str]]:
        """Return method and path, without the query, of what carries a token."""
        return [(a.method, a.path.partition("?")[0]) for a in self.arrived if token in a.path]


def _handler(site: Counting) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            if path in site.pages and self.command == "GET":
                text, kind = site.pages[path]
                self._answer(200, text.encode(), kind)
                return
            socket = self.headers.get("Upgrade", "").lower() == "websocket"
            method = "WS" if socket else self.command
            if method != "OPTIONS" and path != "/favicon.ico":
                site.arrived.append(Arrival(method, self.path, body))
            if socket:
                self._upgrade()
            elif path.startswith("/hop/"):  # /hop/STATUS/WHERE/PATH
                _, _, status, where, rest = path.split("/", 4)
                place = site.other if where == "other" else site.home
                self._answer(int(status), b"", more={"Location": f"{place}/{rest}"})
            elif path.startswith("/file/"):
                more = {"Content-Disposition": 'attachment; filename="a.bin"'}
                self._answer(200, b"twelve bytes", "application/octet-stream", more)
            else:
                self._answer(200, b"<title>taken</title>taken", "text/html")

        def _answer(
            self, status: int, data: bytes, kind: str = "", more: dict[str, str] | None = None
        ) -> None:
            self.send_response(status)
            allowed = {
                "Access-Control-Allow-Origin": self.headers.get("Origin", "*"),
                "Access-Control-Allow-Methods": "*, PUT, DELETE, PATCH",
                "Access-Control-Allow-Headers": "content-type",
                "Access-Control-Allow-Credentials": "true",
                "Service-Worker-Allowed": "/",
            }
            for name, value in {**allowed, "Content-Type": kind, **(more or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _upgrade(self) -> None:
            key = self.headers["Sec-WebSocket-Key"] + _ACCEPT
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
            self.send_header("Sec-WebSocket-Accept", accept)
            self.end_headers()
            self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _any

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection early is no news."""


@contextmanager
def counting() -> Iterator[Counting]:
    """Serve both origins; they are of two sites, so that frames have processes of their own."""
    site = Counting()
    servers = [_Server(("127.0.0.1", 0), _handler(site)) for _ in range(2)]
    threads = [
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True) for one in servers
    ]
    for thread in threads:
        thread.start()
    site.home = f"http://127.0.0.1:{servers[0].server_port}"
    site.other = f"http://localhost:{servers[1].server_port}"
    try:
        yield site
    finally:
        for one, thread in zip(servers, threads, strict=True):
            one.shutdown()
            one.server_close()
            thread.join(10)
