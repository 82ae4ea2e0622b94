"""A browser on which episodes are played, one after another.

The pages are served from loopback, and no request goes anywhere else. A task area of 160x210 CSS
pixels is the whole window, so that a screenshot shows the task and nothing beside it.
"""

from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Route
from pydantic import BaseModel, ConfigDict

from handrail.actuators.base import PermitVerifier, SecretResolver
from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_launch import Running, launch
from handrail.actuators.browser_loop import LoopThread
from handrail.actuators.held import RequestWarden
from handrail.actuators.primitives import Guarded
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.catalogue import PACKAGE
from handrail.tasks.sites.files import files_served

WIDTH, HEIGHT = 160, 210
SCALE = 2.0
_SECONDS = 60.0
_OUTCOME = """seed => window.handrailSeed !== seed ? null :
  {done: WOB_DONE_GLOBAL, reward: WOB_RAW_REWARD_GLOBAL}"""

T = TypeVar("T")


class Outcome(BaseModel):
    """What a page says of its episode: whether it has ended, and its reward (-1..1) if so."""

    model_config = ConfigDict(frozen=True)

    done: bool = False
    reward: float = 0.0


class Stage:
    """One browser; ``begin`` opens a task, ``target`` lets a run work on it."""

    def __init__(self, thread: LoopThread, running: Running, root: str, scale: float) -> None:
        self.scale = scale
        self._thread, self._running, self._root = thread, running, root
        self._task, self._seed = "", 0

    def begin(self, task: str, seed: int) -> str:
        """Start an episode and return its instruction. Raises EpisodeLost."""
        self._task, self._seed = task, seed
        script = files("handrail.tasks.miniwob").joinpath("episode.js").read_text("utf-8")
        said = self._await(self._begin(f"{self._root}/{PACKAGE}/{task}.html#{seed}", script))
        if not isinstance(said, str):
            raise EpisodeLost(f"{task}: the page gave no instruction but {said!r:.80}")
        return said

    def outcome(self) -> Outcome:
        """Return how the episode stands; one whose page was left is not done.

        Raises EpisodeLost.
        """
        found = self.read(_OUTCOME, self._seed)
        return Outcome() if found is None else Outcome.model_validate(found)

    def read(self, script: str, argument: object = None) -> object:
        """Return what a script finds on the page. Raises EpisodeLost."""
        return self._await(self._running.tabs.front.evaluate(script, argument))

    def target(self) -> "StageTarget":
        """Return the place of a run: this browser as it stands."""
        return StageTarget(self, f"browser {PACKAGE}/{self._task} seed {self._seed}")

    def screen(self, verifier: PermitVerifier) -> Guarded:
        """Return the browser as a screen that takes this verifier's permits."""
        return Browser(self._thread, self._running, verifier)

    async def _begin(self, address: str, script: str) -> object:
        page = self._running.tabs.front
        await page.goto("about:blank")  # an address that differs in its hash alone loads nothing
        await page.goto(address, wait_until="load")
        await page.mouse.move(0, 0)
        return await page.evaluate(script, self._seed)

    def _await(self, work: Coroutine[object, object, T]) -> T:
        try:
            return self._thread.call(work, _SECONDS)
        except (PlaywrightError, TimeoutError) as error:
            raise EpisodeLost(
                f"{self._task}, seed {self._seed}: the page does not answer: {error}"
            ) from error


@dataclass(frozen=True)
class StageTarget:
    """The stage's browser as the place of one run; the run does not close it."""

    stage: Stage
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
        """Return the task and the seed."""
        return self.name


@contextmanager
def stage(html: Path, browser: Path | None, scale: float = SCALE) -> Iterator[Stage]:
    """Serve the pages, open a browser for them, and close both when the block ends.

    ``scale``: screenshot pixels for one CSS pixel. Raises EnvironmentMissing.
    """
    config = BrowserConfig(executable=browser, width=WIDTH, height=HEIGHT, scale=scale)
    with files_served(html) as root, LoopThread("handrail-stage") as thread:
        running = thread.call(launch(config), _SECONDS * 2)
        try:
            thread.call(_prepare(running, root), _SECONDS)
            yield Stage(thread, running, root, scale)
        finally:
            thread.call(running.close(), _SECONDS)


async def _prepare(running: Running, root: str) -> None:
    async def decide(route: Route) -> None:
        inside = route.request.url.startswith((f"{root}/", "data:"))
        await (route.continue_() if inside else route.abort())

    script = files("handrail.tasks.miniwob").joinpath("page.js").read_text("utf-8")
    await running.context.add_init_script(script)
    await running.context.route("**/*", decide)
