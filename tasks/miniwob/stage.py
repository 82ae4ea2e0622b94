"""A browser on which episodes are played, one after another.

The pages are served from loopback, and no request goes anywhere else. A task area of 160x210 CSS
pixels is the whole window, so that a screenshot shows the task and nothing beside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from playwright.async_api import Route
from pydantic import BaseModel, ConfigDict

from handrail.actuators.browser import BrowserConfig
from handrail.actuators.browser_launch import Running, launch
from handrail.actuators.browser_loop import LoopThread
from handrail.tasks.browser_stage import STAGE_SECONDS, BrowserStage
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.catalogue import PACKAGE
from handrail.tasks.sites.files import files_served

WIDTH, HEIGHT = 160, 210
SCALE = 2.0
_OUTCOME = """seed => window.handrailSeed !== seed ? null :
  {done: WOB_DONE_GLOBAL, reward: WOB_RAW_REWARD_GLOBAL}"""


class Outcome(BaseModel):
    """What a page says of its episode: whether it has ended, and its reward (-1..1) if so."""

    model_config = ConfigDict(frozen=True)

    done: bool = False
    reward: float = 0.0


class Stage(BrowserStage):
    """One browser; ``begin`` opens a task, ``target`` lets a run work on it."""

    def __init__(self, thread: LoopThread, running: Running, root: str, scale: float) -> None:
        super().__init__(thread, running)
        self.scale = scale
        self._root, self._seed = root, 0

    def begin(self, task: str, seed: int) -> str:
        """Start an episode and return its instruction. Raises EpisodeLost."""
        self.playing, self._seed = f"{PACKAGE}/{task} seed {seed}", seed
        script = files("handrail.tasks.miniwob").joinpath("episode.js").read_text("utf-8")
        said = self.wait(self._begin(f"{self._root}/{PACKAGE}/{task}.html#{seed}", script))
        if not isinstance(said, str):
            raise EpisodeLost(f"{self.playing}: the page gave no instruction but {said!r:.80}")
        return said

    def outcome(self) -> Outcome:
        """Return how the episode stands; one whose page was left is not done.

        Raises EpisodeLost.
        """
        found = self.read(_OUTCOME, self._seed)
        return Outcome() if found is None else Outcome.model_validate(found)

    async def _begin(self, address: str, script: str) -> object:
        page = self._running.tabs.front
        await page.goto("about:blank")  # an address that differs in its hash alone loads nothing
        await page.goto(address, wait_until="load")
        await page.mouse.move(0, 0)
        return await page.evaluate(script, self._seed)


@contextmanager
def stage(html: Path, browser: Path | None, scale: float = SCALE) -> Iterator[Stage]:
    """Serve the pages, open a browser for them, and close both when the block ends.

    ``scale``: screenshot pixels for one CSS pixel. Raises EnvironmentMissing.
    """
    config = BrowserConfig(executable=browser, width=WIDTH, height=HEIGHT, scale=scale)
    with files_served(html) as root, LoopThread("handrail-stage") as thread:
        running = thread.call(launch(config), STAGE_SECONDS * 2)
        try:
            thread.call(_prepare(running, root), STAGE_SECONDS)
            yield Stage(thread, running, root, scale)
        finally:
            thread.call(running.close(), STAGE_SECONDS)


async def _prepare(running: Running, root: str) -> None:
    async def decide(route: Route) -> None:
        inside = route.request.url.startswith((f"{root}/", "data:"))
        await (route.continue_() if inside else route.abort())

    script = files("handrail.tasks.miniwob").joinpath("page.js").read_text("utf-8")
    await running.context.add_init_script(script)
    await running.context.route("**/*", decide)
