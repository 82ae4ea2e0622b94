"""The eyes of a browser actuator: pictures of the tab in front, and what to tell beside them."""

import asyncio
import io
import time

from PIL import Image
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from handrail.actuators.browser_hit import device_scale
from handrail.actuators.browser_launch import Running
from handrail.actuators.browser_veil import PageVeil, scaled
from handrail.actuators.browser_waiting import settle
from handrail.actuators.browser_words import why, without_user
from handrail.actuators.censor import Censor
from handrail.actuators.errors import EnvironmentMissing, ObservationFailed
from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.masking import masked
from handrail.actuators.observation import Observation, ScreenText, Surface
from handrail.actuators.secret import clean_surface

CRASHED = "the page in front has crashed: start the run again"
LOOK_SECONDS = 15.0
_FIRST_LOOK_SECONDS = 1.5
_PAUSE = 0.05


class Eyes:
    """Look at the tab in front. ``geometry`` and ``seen`` are of the last look that succeeded."""

    def __init__(self, running: Running, veil: PageVeil, censor: Censor) -> None:
        self.geometry: ScreenGeometry | None = None
        self.seen: Page | None = None
        self._running, self._tabs = running, running.tabs
        self._veil, self._censor = veil, censor
        self._frame: tuple[Page, Image.Image, float] | None = None
        self._told: list[str] = []
        self._repeat: list[str] = []

    def repeat(self) -> None:
        """Tell once more what only the gate's own look just before an action has shown."""
        self._repeat, self._told = [*self._repeat, *self._told], []

    def front(self) -> Page:
        """Return the tab in front. Raises EnvironmentMissing."""
        self.check_alive()
        return self._tabs.front

    def check_alive(self) -> None:
        """Insist that the browser still runs. Raises EnvironmentMissing."""
        if not self._running.alive:
            raise EnvironmentMissing("the browser has closed: start the run again")

    async def observe(self) -> Observation:
        """Look at the tab in front, with a pending dialog drawn on it; tried until it succeeds.

        Raises ObservationFailed where no look of some LOOK_SECONDS does.
        """
        end, seconds = time.monotonic() + LOOK_SECONDS, _FIRST_LOOK_SECONDS
        while True:
            try:
                return await self._look(self.front(), seconds)
            except (PlaywrightError, TimeoutError) as error:
                # of a page that leaves meanwhile no picture ever comes, and between two pages the
                # browser says at once that it can take none: look at what is there then
                if time.monotonic() > end:
                    self.check_alive()
                    raise ObservationFailed(f"the page could not be seen: {why(error)}") from error
            await asyncio.sleep(_PAUSE)
            seconds = max(_FIRST_LOOK_SECONDS, end - time.monotonic())

    async def _look(self, page: Page, seconds: float) -> Observation:
        if self._tabs.has_crashed(page):
            raise ObservationFailed(CRASHED)
        if self._tabs.question is None:
            shot = asyncio.ensure_future(self._shoot(page, seconds))
            await settle(shot, self._tabs.asked, LOOK_SECONDS + 5)
        image, geometry = self._last_frame(page)
        question = self._tabs.question
        if question is not None:
            image = question.box.cleaned(self._censor).draw(image, geometry)
            question.box.shown = True
        title = await asyncio.wait_for(self._tabs.title(page), LOOK_SECONDS)
        notices = self._notices(page, title)
        self.seen, self.geometry = page, geometry
        surface = Surface(
            kind="browser",
            name=self._running.name,
            owned=self._running.owned,
            # A dialog is the window in front, and may be another tab's: that is what is answered.
            window=ScreenText(title if question is None else question.box.title),
            url=without_user(page.url if question is None else question.page.url),
            window_kind="" if question is None else question.box.window_kind,
        )
        told = clean_surface(surface, self._censor)
        return Observation(image, geometry, time.time(), told, notices)

    async def _shoot(self, page: Page, seconds: float) -> None:
        scale, session = self._running.scale, await self._tabs.session(page)
        if scale is None:
            scale = await device_scale(session)
        # Before and after: a page may move a text while its picture is taken.
        places = await self._veil.places(page, session)
        data = await page.screenshot(caret="initial", timeout=seconds * 1000)
        places += await self._veil.places(page, session)
        image = Image.open(io.BytesIO(data)).convert("RGB")
        self._frame = page, masked(image, [scaled(place, scale) for place in places]), scale

    def _last_frame(self, page: Page) -> tuple[Image.Image, ScreenGeometry]:
        if self._frame is not None and self._frame[0] is page:
            _, image, scale = self._frame
        else:
            # The page asked before it was ever seen: there is nothing to show behind the box.
            image = Image.new("RGB", self._running.blank_size, "#f1f3f4")
            scale = self._running.scale or 1.0
        return image, ScreenGeometry(width=image.width, height=image.height, scale=scale)

    def _notices(self, page: Page, title: str) -> tuple[ScreenText, ...]:
        told, self._running.downloads.notices = self._running.downloads.notices, []
        if self.seen is not None and self.seen is not page:
            closed = "The tab closed; now" if self.seen.is_closed() else "Now"
            tabs = f"{self._tabs.count} tab{'s' if self._tabs.count > 1 else ''}"
            told.append(f"{closed} in front of {tabs}: {title!r} at {without_user(page.url)}")
        repeated, self._repeat, self._told = self._repeat, [], told
        return tuple(ScreenText(self._censor.clean(notice)) for notice in [*repeated, *told])
