"""A real Chromium, a loopback server of tiny pages, and a stage that puts them together."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

import pytest

from handrail.actuators.actions import Action, Click
from handrail.actuators.base import Receipt, SecretResolver
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Observation
from handrail.sandbox.permit import PermitOffice

if TYPE_CHECKING:
    from tests.actuators.browser.held_stage import Held

T = TypeVar("T")
PAGES = Path(__file__).parent / "pages"


class Server(BaseHTTPRequestHandler):
    """Serves ``pages/``, and ``/download/NAME`` as an attachment of that name."""

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0])
        if path.startswith("/download/"):
            name = self.path.partition("/download/")[2]
            disposition = f"attachment; filename*=UTF-8''{name}"
            self._send(200, b"twelve bytes", "application/octet-stream", disposition)
            return
        file = PAGES / path.lstrip("/")
        if file.is_file():
            self._send(200, file.read_bytes(), "text/html; charset=utf-8")
        else:
            self._send(404, b"<title>not here</title>", "text/html; charset=utf-8")

    def _send(self, status: int, body: bytes, kind: str, disposition: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if disposition:
            self.send_header("Content-Disposition", disposition)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


class Stage:
    """A browser, its permit office, and a way to look at the page's own state."""

    def __init__(
        self,
        config: BrowserConfig,
        site: str,
        program: Path | None,
        secrets: SecretResolver | None = None,
    ) -> None:
        if config.attach is None:
            config = replace(config, executable=program)
        self.office = PermitOffice()
        self.site = site
        self.browser = Browser.open(config, self.office, secrets)

    def load(self, page: str) -> Observation:
        """Open one of the pages and look at it."""
        self.browser.goto(f"{self.site}/{page}")
        return self.browser.observe()

    def do(self, *actions: Action) -> Receipt:
        """Perform actions with fresh permits, looking before each, as a run does."""
        receipt = Receipt(0.0)
        for action in actions:
            self.browser.observe()
            receipt = self.browser.perform(action, self.office.issue(action))
        return receipt

    def click(self, selector: str) -> Receipt:
        """Click the middle of an element of the page."""
        return self.do(Click(point=self.at(selector)))

    def answer(self, part: str) -> Receipt:
        """Click a part (ok, cancel or field) of the dialog that is drawn."""
        return self.do(Click(point=self.part(part)))

    def part(self, part: str) -> Point:
        """Return the pixel in the middle of a part of the dialog that is drawn."""
        name = {"cancel": ["Cancel"], "field": ["Answer", "File name"]}.get(
            part, ["OK", "Leave", "Open"]
        )
        geometry = self.browser.observe().geometry
        for y in range(0, geometry.height, 14):
            for x in range(0, geometry.width, 40):
                found = self.question_at(Point(x=x, y=y), geometry)
                if found in name:
                    element = self.browser.hit_test(Point(x=x, y=y))
                    assert element is not None
                    return element.box.center
        raise AssertionError(f"no {part} is drawn")

    def question_at(self, point: Point, geometry: ScreenGeometry) -> str:
        question = self.browser._running.tabs.question
        assert question is not None, "no dialog is open"
        element = question.box.element(point, geometry)
        return element.name.raw if element is not None else ""

    def at(self, selector: str) -> Point:
        """Return the pixel in the middle of an element of the page."""
        code = "s => { const b = document.querySelector(s).getBoundingClientRect();"
        x, y = self.peek(code + "return [b.x + b.width / 2, b.y + b.height / 2] }", selector)
        scale = self.browser._running.scale or 1.0
        return Point(x=int(x * scale), y=int(y * scale))

    def peek(self, code: str, argument: object = None) -> Any:
        """Return what a script says of the page in front: the tests' view of the world."""
        front = self.browser._running.tabs.front
        return self.browser._thread.call(_evaluate(front, code, argument), 30)

    def until(self, look: Callable[[], T], good: Callable[[T], bool]) -> T:
        """Look until it is good; return what was seen, and fail after a while."""
        deadline = time.monotonic() + 20
        while True:
            seen = look()
            if good(seen):
                return seen
            assert time.monotonic() < deadline, f"still {seen!r}"
            time.sleep(0.03)

    def title(self) -> str:
        """Return the title as an observation tells it."""
        return self.browser.observe().surface.window.raw

    def asked(self) -> str:
        """Wait for a question of the browser; return its kind."""
        tabs = self.browser._running.tabs
        self.until(lambda: tabs.question, lambda question: question is not None)
        assert tabs.question is not None
        return tabs.question.box.kind

    def tidy(self) -> None:
        """Leave one blank tab for the next test."""
        self.browser._thread.call(_tidy(self.browser), 30)
        self.browser.goto("about:blank")
        self.browser.observe()


async def _evaluate(page: Any, code: str, argument: object) -> Any:
    return await page.evaluate(code, argument)


async def _tidy(browser: Browser) -> None:
    tabs = browser._running.tabs
    while tabs.question is not None:
        question = tabs.question
        await question.answer("accept" if question.box.kind == "beforeunload" else "dismiss")
        tabs.settled(question)
    for page in browser._running.context.pages[1:]:
        await page.close()
    browser._session._eyes.seen = None


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="package")
def shared(site: str, downloads: Path, browser_program: Path | None) -> Iterator[Stage]:
    config = BrowserConfig(width=1000, height=700, downloads_dir=downloads)
    stage = Stage(config, site, browser_program)
    yield stage
    stage.browser.close()


@pytest.fixture
def stage(shared: Stage) -> Iterator[Stage]:
    yield shared
    shared.tidy()


@pytest.fixture
def opened(site: str, browser_program: Path | None) -> Iterator[Callable[[BrowserConfig], Stage]]:
    """Open further browsers that are closed when the test ends."""
    stages: list[Stage] = []

    def open_one(config: BrowserConfig) -> Stage:
        stages.append(Stage(config, site, browser_program))
        return stages[-1]

    yield open_one
    for one in stages:
        one.browser.close()


@pytest.fixture(scope="module")
def open_held(
    browser_program: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Held"]:
    from tests.actuators.browser.held_stage import held_stage  # which builds on this file

    with held_stage(browser_program, tmp_path_factory.mktemp("held")) as opened:
        yield opened


@pytest.fixture
def held(open_held: "Held") -> Iterator["Held"]:
    warden = open_held.warden
    warden.yes, warden.lent, warden.then = False, False, lambda: None
    warden.asked.clear()
    open_held.site.arrived.clear()
    yield open_held
    warden.then = lambda: None
    open_held.stage.tidy()
