"""One Chromium and one loopback site for all cases of a suite."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from playwright.async_api import Error as PlaywrightError

from handrail.actuators.actions import Action
from handrail.actuators.base import Actuator, Permit, Receipt
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_launch import Running
from handrail.actuators.browser_tabs import MOST_TABS, Tabs
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation
from handrail.actuators.reading import Reading
from handrail.sandbox.approval import Approver, DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy
from handrail.tasks.browser_setting import chosen_browser
from tests.actuators.browser.conftest import Stage
from tests.faults.stage import QuickDisk, no_stop

WIDTH, HEIGHT = 480, 320
_SECONDS = 60.0
_LEFT = "Execution context was destroyed"
Answer = tuple[int, str, str]
"""Status, body (HTML), and where to go instead (a path) where that is not empty."""


@dataclass
class Site:
    """Pages by their path, and what was posted; ``taking`` answers a posted form."""

    pages: dict[str, str] = field(default_factory=dict)
    posts: list[dict[str, str]] = field(default_factory=list)
    taking: Callable[[dict[str, str]], Answer] = lambda form: (200, "taken", "")
    root: str = ""


@dataclass
class _Kept:
    """The Chromium that all stages of a block share, each with a context of its own."""

    blocks: int = 0
    browser: Browser | None = None

    def opened(self) -> Browser:
        """Return the Chromium, begun by whoever needs it first."""
        if self.browser is None or not self.browser._running.alive:
            config = BrowserConfig(executable=chosen_browser(None, os.environ))
            self.browser = Browser.open(config, PermitOffice())
        return self.browser

    def close(self) -> None:
        """End the Chromium, once the last block has ended."""
        if not self.blocks and self.browser is not None:
            self.browser.close()
            self.browser = None


_KEPT = _Kept()


@contextmanager
def kept_browser() -> Iterator[None]:
    """Let every ``web()`` in the block share one Chromium: to start one takes a second or two."""
    _KEPT.blocks += 1
    try:
        yield
    finally:
        _KEPT.blocks -= 1
        _KEPT.close()


class Web(Stage):
    """The browser's stage, with a site of its own and a gate before it."""

    def __init__(self, site: Site, office: PermitOffice | None = None) -> None:
        kept = _KEPT.opened()
        running = kept._thread.call(_anew(kept._running), _SECONDS)
        self.office = PermitOffice() if office is None else office
        self.site = site.root
        self.browser = Browser(kept._thread, running, self.office)
        self.pages = site

    def close(self) -> None:
        """End the context with all its pages, but not the Chromium."""
        self.browser._thread.call(self.browser._running.context.close(), _SECONDS)

    def show(self, html: str, path: str = "/page") -> None:
        """Serve a page and open it."""
        self.pages.pages[path] = html
        # What the page before has begun, such as a form on its way, ends with that page.
        self.browser.goto("about:blank")
        self.browser.goto(f"{self.pages.root}{path}")

    def peek(self, code: str, argument: object = None) -> Any:
        """Return what a script says of the page in front; asked anew of a page that just came."""
        end = time.monotonic() + _SECONDS
        while True:
            try:
                return super().peek(code, argument)
            except PlaywrightError as error:
                if _LEFT not in str(error) or time.monotonic() > end:
                    raise

    def number(self, code: str) -> int:
        """Return a number that the page knows, in the tests' view of the world."""
        return int(self.peek(code))


class AroundWeb:
    """An actuator around a browser; suites override what they bend. See ``stage.Around``."""

    def __init__(self, inner: Actuator, blind: bool = False) -> None:
        self.inner = inner
        self.blind = blind
        self._first: Observation | None = None
        self._hits: dict[Point | None, Element | None] = {}

    def observe(self) -> Observation:
        """Look at the screen."""
        if self._first is None or not self.blind:
            self._first = self.inner.observe()
        return self._first

    def hit_test(self, point: Point) -> Element | None:
        """Ask the screen."""
        return self._known(point, self.inner.hit_test(point))

    def focused(self) -> Element | None:
        """Ask the screen."""
        return self._known(None, self.inner.focused())

    def _known(self, place: Point | None, found: Element | None) -> Element | None:
        return self._hits.setdefault(place, found) if self.blind else found

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Pass the action on."""
        return self.inner.perform(action, permit)

    def close(self) -> None:
        """Leave the screen open: it is everybody's."""


@dataclass
class WebDoor:
    """A gate in front of a browser's actuator."""

    path: Path
    web: Web
    policy: Policy
    actuator: Actuator
    approver: Approver = field(default_factory=DenyAll)

    def __post_init__(self) -> None:
        self.journal = Journal.create(self.path, "run", QuickDisk())
        office = self.web.office
        self.gate = Gate(self.actuator, office, self.policy, self.journal, self.approver, no_stop)

    def close(self) -> None:
        """Close the journal, and remove it: the next case writes its own."""
        self.journal.close()
        self.path.unlink()


async def _anew(running: Running) -> Running:
    """Return the same Chromium with a fresh context: no page, cookie or answer is left in it."""
    assert running.browser is not None
    context = await running.browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(30_000)
    tabs = Tabs(context, running.downloads, MOST_TABS)
    await tabs.start()
    return replace(running, context=context, tabs=tabs, blank_size=(WIDTH, HEIGHT))


@contextmanager
def web(office: PermitOffice | None = None) -> Iterator[Web]:
    """Open a page of a browser and a site, for all cases of a suite."""
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    site.root = f"http://127.0.0.1:{server.server_port}"
    try:
        with kept_browser():
            stage = Web(site, office)
            try:
                yield stage
            finally:
                stage.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = site.pages.get(self.path.partition("?")[0])
            self._answer((404, "not here", "") if page is None else (200, page, ""))

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
            site.posts.append(form)
            self._answer(site.taking(form))

        def _answer(self, answer: Answer) -> None:
            status, body, place = answer
            self.send_response(303 if place else status)
            data = body.encode()
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            if place:
                self.send_header("Location", place)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # the visitor has gone on
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal for the counts."""

    return Handler


class Readable(AroundWeb):
    """One that can be read as a whole, too."""

    def read(self) -> Reading:
        """Read the screen."""
        assert hasattr(self.inner, "read")
        reading: Reading = self.inner.read()
        return reading
