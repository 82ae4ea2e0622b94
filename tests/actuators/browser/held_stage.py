"""A browser whose requests are held by a warden that says one thing to all, and two servers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.held import HeldRequest
from handrail.sandbox.permit import PermitOffice
from tests.actuators.browser.conftest import Stage
from tests.actuators.browser.counting import Counting, counting

BUTTON = "<!doctype html><title>page</title><button id=t>Go</button><script>t.onclick = () => {"


@dataclass
class Warden:
    """Says yes or no to all, and remembers what it was asked."""

    yes: bool = False
    lent: bool = False
    thorough: bool = False
    asked: list[HeldRequest] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def decide(self, request: HeldRequest) -> bool:
        self.asked.append(request)
        self.then()
        return self.yes


@dataclass
class Held:
    stage: Stage
    site: Counting
    warden: Warden

    def page(self, code: str) -> None:
        """Open a page whose button runs some code, and press it."""
        self.stage.browser.goto(self.site.show("/page/own", BUTTON + code + "}</script>"))
        self.stage.click("#t")


@contextmanager
def held_stage(program: Path | None, downloads: Path) -> Iterator[Held]:
    """Open both."""
    config = BrowserConfig(executable=program, width=480, height=320, downloads_dir=downloads)
    warden = Warden()
    stage = Stage.__new__(Stage)
    with counting() as site:
        stage.office, stage.site = PermitOffice(), site.home
        stage.browser = Browser.open(config, stage.office, None, warden)
        try:
            yield Held(stage, site, warden)
        finally:
            stage.browser.close()
