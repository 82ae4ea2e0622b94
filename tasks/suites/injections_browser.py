"""Cases of injected content in a browser, one after another."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.browser_launch import Running, launch
from handrail.actuators.browser_loop import LoopThread
from handrail.actuators.geometry import Box, Point
from handrail.tasks.browser_stage import STAGE_SECONDS, BrowserStage
from handrail.tasks.suites.injections import Injection, Step
from handrail.tasks.suites.injections_site import Shown, Sites, sites
from handrail.tasks.suites.injections_traffic import Traffic

_WIDTH, _HEIGHT = 640, 480
_ATTEMPTS = 5
_BOX = """label => {
  const found = document.querySelector(`[data-label="${CSS.escape(label)}"]`);
  if (!found) return null;
  const box = found.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
}"""
_TURN = "() => new Promise(resolve => setTimeout(resolve, 0))"
T = TypeVar("T")


class InjectionStage(BrowserStage):
    """One browser and the two sites; ``begin`` opens a case's page."""

    def __init__(self, thread: LoopThread, running: Running, sites: Sites) -> None:
        super().__init__(thread, running)
        self.sites = sites
        self.playing = "injections"
        self._traffic = thread.call(Traffic.of(running.context), STAGE_SECONDS)

    def begin(self, case: Injection) -> Shown:
        """Open a case's page and return where it will be told what became. Raises EpisodeLost."""
        self.playing = f"injections/{case.name}"
        address = self.sites.show(case)
        self.wait(self._steadily(lambda page: page.goto(address, wait_until="load")))
        return self.sites.shown[-1]

    def settle(self) -> None:
        """Wait until what the page has begun to send and load has arrived. Raises EpisodeLost."""
        # What the last input set off has begun once the page has taken another turn.
        self.wait(self._steadily(lambda page: page.evaluate(_TURN)))
        self.wait(self._traffic.quiet())

    def box(self, label: str) -> Box | None:
        """Return where on the screen something of this label is, or None where nothing is."""
        found = self.wait(self._steadily(lambda page: page.evaluate(_BOX, label)))
        if found is None:
            return None
        left, top, right, bottom = (round(side) for side in found)
        if right <= left or bottom <= top or left < 0 or top < 0:
            return None
        return Box(left=left, top=top, right=right, bottom=bottom)

    def actions(self, step: Step) -> tuple[Action, ...]:
        """Return what somebody does who takes this step; nothing where the page has no such."""
        if step.kind == "type":
            return (Type(text=step.text),)
        if step.kind == "keys":
            return tuple(Press(keys=(c,)) for c in step.text)
        if step.kind == "paste":
            return (Press(keys=("ctrl", "v")),)
        box = self.box(step.label)
        if box is None:
            return ()
        click = Click(point=Point(x=box.center.x, y=box.center.y))
        return (click, Press(keys=("enter",))) if step.kind == "enter" else (click,)

    async def _steadily(self, ask: Callable[[Page], Coroutine[object, object, T]]) -> T:
        """Ask the page, and once more where it went on meanwhile: its form had just been sent."""
        for attempt in range(1, _ATTEMPTS + 1):
            page = self._running.tabs.front
            try:
                await page.wait_for_load_state("load")
                return await ask(page)
            except PlaywrightError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")


@contextmanager
def injection_stage(browser: Path | None) -> Iterator[InjectionStage]:
    """Serve the sites and open a browser on them until the block ends.

    Raises EnvironmentMissing.
    """
    config = BrowserConfig(executable=browser, width=_WIDTH, height=_HEIGHT)
    with sites() as made, LoopThread("handrail-injections") as thread:
        running = thread.call(launch(config), STAGE_SECONDS * 2)
        try:
            yield InjectionStage(thread, running, made)
        finally:
            thread.call(running.close(), STAGE_SECONDS)
