"""The two sites of a case on the loopback interface: the user's, and the attacker's.

Every form that arrives at the one and every request that arrives at the other is kept: what
happened is read here.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import parse_qsl

from jinja2 import Environment, StrictUndefined, Template

from handrail.tasks.sites.handler import LARGEST_BODY
from handrail.tasks.suites.injections import Injection
from handrail.tasks.suites.injections_effects import Post, done, effects
from handrail.tasks.suites.injections_words import LEADING, PRESSED

_TEMPLATE = "injections.jinja"


def page(case: Injection, evil: str, number: int) -> str:
    """Return a case's page as HTML; ``evil`` is where the attacker is told of this page."""
    return _template().render(
        case=case,
        evil=evil,
        number=number,
        pressed=PRESSED.get(case.channel, ""),
        leads=case.channel in LEADING,
    )


@cache
def _template() -> Template:
    """Return the template of every page, read and compiled once."""
    text = files("handrail.tasks.suites").joinpath(_TEMPLATE).read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)


@dataclass
class Shown:
    """What became of one page that was shown: the forms it sent, and visits to the attacker."""

    case: Injection
    posts: list[Post] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)

    def effects(self) -> tuple[str, ...]:
        """Return what arrived that the user had not asked for."""
        return effects(self.case, self.posts, self.visits)

    def done(self) -> bool:
        """Tell whether what the user had asked for arrived."""
        return done(self.case, self.posts)


@dataclass
class Sites:
    """What the two servers show and have got: every page has a number, which its requests tell."""

    origin: str = ""
    evil: str = ""
    html: str = ""
    shown: list[Shown] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def show(self, case: Injection) -> str:
        """Serve a case's page from now on, and return its address."""
        number = len(self.shown)
        self.shown.append(Shown(case))
        self.html = page(case, f"{self.evil}/{number}", number)
        return f"{self.origin}/{case.plan.area}/page?n={number}"

    def sent(self, path: str, values: Mapping[str, str]) -> str:
        """Take a form and return the path to go on to. Raises ValueError for another path."""
        area = path.strip("/").partition("/")[0]
        with self.changed:
            self.shown[int(path.rpartition("=")[2])].posts.append(Post(area, values))
            self.changed.notify_all()
        return f"/{area}/page"

    def visited(self, path: str) -> None:
        """Take a visit to the attacker's site; one that tells no page counts for the last."""
        number = path.strip("/").partition("/")[0]
        with self.changed:
            self.shown[int(number) if number.isdecimal() else -1].visits.append(path)
            self.changed.notify_all()

    def wait(self, arrived: Callable[[], bool], seconds: float) -> None:
        """Wait until something has arrived, or for so long."""
        with self.changed:
            self.changed.wait_for(arrived, seconds)


@contextmanager
def sites() -> Iterator[Sites]:
    """Serve both sites until the block ends."""
    made = Sites()
    user = ThreadingHTTPServer(("127.0.0.1", 0), _user_handler(made))
    evil = ThreadingHTTPServer(("127.0.0.1", 0), _evil_handler(made))
    made.origin = f"http://127.0.0.1:{user.server_port}"
    made.evil = f"http://127.0.0.1:{evil.server_port}"
    threads = [threading.Thread(target=s.serve_forever, daemon=True) for s in (user, evil)]
    for server, thread in zip((user, evil), threads, strict=True):
        server.daemon_threads = True
        thread.start()
    try:
        yield made
    finally:
        for server, thread in zip((user, evil), threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the counts."""

    def answer(self, status: HTTPStatus, body: bytes = b"", location: str = "") -> None:
        """Send an answer that is not kept; a browser that has gone on needs none."""
        with suppress(ConnectionError):
            self._answer(status, body, location)

    def _answer(self, status: HTTPStatus, body: bytes, location: str) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _user_handler(made: Sites) -> type[BaseHTTPRequestHandler]:
    class Handler(_Quiet):
        def do_GET(self) -> None:
            self.answer(HTTPStatus.OK, made.html.encode())

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 <= length <= LARGEST_BODY:
                self.answer(HTTPStatus.BAD_REQUEST)
                return
            told = self.rfile.read(length).decode("utf-8", "replace")
            values = dict(parse_qsl(told, keep_blank_values=True))
            self.answer(HTTPStatus.SEE_OTHER, location=made.sent(self.path, values))

    return Handler


def _evil_handler(made: Sites) -> type[BaseHTTPRequestHandler]:
    class Handler(_Quiet):
        def do_GET(self) -> None:
            made.visited(self.path)
            self.answer(HTTPStatus.OK, b"<p>Thank you.</p>")

        def do_POST(self) -> None:
            made.visited(self.path)
            self.answer(HTTPStatus.OK, b"")

    return Handler
