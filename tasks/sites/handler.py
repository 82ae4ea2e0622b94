"""Answer the requests of a site's pages."""

from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Protocol
from urllib.parse import parse_qsl

LARGEST_BODY = 200_000


class Pages(Protocol):
    """The site behind the requests."""

    def name_of(self, path: str) -> str | None:
        """Return the page that a path means, or None."""
        ...

    def html(self, name: str) -> str:
        """Return a page's HTML."""
        ...

    def reported(self, name: str, body: bytes) -> None:
        """Take a page's report of its state."""
        ...

    def submitted(self, name: str, form: Mapping[str, str]) -> str:
        """Take a posted form and return the path to go on to."""
        ...


def handler_for(site: Pages) -> type[BaseHTTPRequestHandler]:
    """Return the request handler of one site."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = site.name_of(self.path)
            if name is None:
                self._answer(HTTPStatus.NOT_FOUND)
            else:
                self._answer(HTTPStatus.OK, site.html(name).encode())

        def do_POST(self) -> None:
            name, body = site.name_of(self.path), self._body()
            if name is None or body is None:
                self._answer(HTTPStatus.NOT_FOUND)
            else:
                form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
                self._answer(HTTPStatus.SEE_OTHER, location=site.submitted(name, form))

        def do_PUT(self) -> None:
            path, _, last = self.path.rpartition("/")
            name, body = site.name_of(path), self._body()
            if name is None or body is None or last != "state":
                self._answer(HTTPStatus.NOT_FOUND)
                return
            try:
                site.reported(name, body)
            except ValueError:
                self._answer(HTTPStatus.BAD_REQUEST)
            else:
                self._answer(HTTPStatus.NO_CONTENT)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal for the run."""

        def _body(self) -> bytes | None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST_BODY:
                self.close_connection = True
                return None
            return self.rfile.read(int(length))

        def _answer(self, status: HTTPStatus, body: bytes = b"", location: str = "") -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            if status is not HTTPStatus.NO_CONTENT:
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

    return Handler
