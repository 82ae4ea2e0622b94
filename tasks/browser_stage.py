"""A browser that stays open from run to run, and whose page can be asked how things stand."""

from collections.abc import Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from playwright.async_api import Error as PlaywrightError

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.browser import Browser
from handrail.actuators.browser_launch import Running
from handrail.actuators.browser_loop import LoopThread
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.tasks.errors import EpisodeLost

STAGE_SECONDS = 60.0

T = TypeVar("T")


class BrowserStage:
    """One browser, on which one thing after another is played; ``playing`` names it in errors."""

    def __init__(self, thread: LoopThread, running: Running) -> None:
        self.playing = ""
        self._thread, self._running = thread, running

    def read(self, script: str, argument: object = None) -> object:
        """Return what a script finds on the page in front. Raises EpisodeLost."""
        return self.wait(self._running.tabs.front.evaluate(script, argument))

    def screen(self, verifier: PermitVerifier) -> Guarded:
        """Return the browser as a screen that takes this verifier's permits."""
        return Browser(self._thread, self._running, verifier)

    def target(self) -> "StageTarget":
        """Return the place of a run: this browser as it stands."""
        return StageTarget(self, f"browser {self.playing}")

    def wait(self, work: Coroutine[object, object, T]) -> T:
        """Return what playwright's work comes to. Raises EpisodeLost."""
        try:
            return self._thread.call(work, STAGE_SECONDS)
        except (PlaywrightError, TimeoutError) as error:
            raise EpisodeLost(f"{self.playing}: the page does not answer: {error}") from error


@dataclass(frozen=True)
class StageTarget:
    """The stage's browser as the place of one run; the run does not close it."""

    stage: BrowserStage
    name: str

    def opened(
        self,
        verifier: PermitVerifier,
        downloads: Path,
        secrets: SecretResolver,
        warden: RequestWarden | None = None,
    ) -> AbstractContextManager[Guarded]:
        """Return the screen, which stays open; its tasks know no secrets, its requests are free."""
        return nullcontext(self.stage.screen(verifier))

    def described(self) -> str:
        """Return what is played."""
        return self.name
