"""The asynchronous inside of a browser actuator; everything here runs on its loop thread."""

import asyncio
from collections.abc import Awaitable

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from handrail.actuators.actionability import aimed, place
from handrail.actuators.actions import Action, Type, Wait
from handrail.actuators.base import SecretResolver
from handrail.actuators.browser_hints import page_hints
from handrail.actuators.browser_hit import ROLES, Hit, focus, focused_node, hit
from handrail.actuators.browser_input import Hands
from handrail.actuators.browser_launch import Running
from handrail.actuators.browser_look import CRASHED, LOOK_SECONDS, Eyes
from handrail.actuators.browser_question import Question
from handrail.actuators.browser_reading import read_page
from handrail.actuators.browser_target import looked, looks_at
from handrail.actuators.browser_veil import PageVeil
from handrail.actuators.browser_waiting import pause, settle
from handrail.actuators.browser_words import why, without_user
from handrail.actuators.errors import (
    ActionInDoubt,
    ActionRefused,
    ObservationFailed,
    Unreachable,
)
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import (
    Element,
    Hint,
    Observation,
    ScreenText,
    Surface,
)
from handrail.actuators.primitives import Safeguards
from handrail.actuators.reading import Reading
from handrail.actuators.secret import clean_hints, clean_reading, filled, secret_names

_INPUT_SECONDS = 30.0
_NAVIGATION_SECONDS = 30.0
_HIT_SECONDS = 5.0
_NOWHERE = Point(x=0, y=0)


class Session:
    """One browser being looked at and acted on."""

    def __init__(self, running: Running, secrets: SecretResolver) -> None:
        self._running = running
        self._secrets, self._censor = secrets, secrets.censor
        self._veil = PageVeil(secrets.censor)
        self._eyes = Eyes(running, self._veil, secrets.censor)
        self._tabs = running.tabs
        self._hands = Hands(running.tabs)
        self._hits: dict[Point, int] = {}  # nodes that hit tests told of since the last look
        self._unfinished: asyncio.Future[None] | None = None

    async def goto(self, url: str) -> None:
        """Open the start address in the tab in front. Raises Unreachable, EnvironmentMissing."""
        page = self._eyes.front()
        # A page may stand still for as long as a person thinks about what it sends.
        limit = _NAVIGATION_SECONDS if self._running.hold is None else 0.0
        opening = asyncio.ensure_future(_open(page, url, limit))
        try:
            await settle(opening, self._tabs.asked, _NAVIGATION_SECONDS + 5, self._patience)
        except (PlaywrightError, TimeoutError) as error:
            self._eyes.check_alive()
            raise Unreachable(f"{without_user(url)} cannot be opened: {why(error)}") from error

    async def observe(self) -> Observation:
        """Look at the tab in front, with a pending dialog drawn on it."""
        self._hits.clear()
        return await self._eyes.observe()

    async def hit_test(self, point: Point) -> Element | None:
        """Return what a click on the pixel would act on, or None where it cannot be told."""
        page, geometry, question = self._eyes.front(), self._eyes.geometry, self._tabs.question
        if geometry is None or not geometry.contains(point):
            return None
        if question is not None:
            return question.box.element(point, geometry)
        try:
            async with asyncio.timeout(_HIT_SECONDS):
                session = await self._tabs.session(page)
                found = await hit(session, *geometry.to_input(point))
        except (TimeoutError, PlaywrightError):
            return None  # a page that does not answer cannot tell
        if found is not None:
            self._hits[point] = int(found.state.handle or 0)
        return self._described(found, geometry)

    async def focused(self) -> Element | None:
        """Return what has the keyboard, or None where that cannot be told."""
        page, geometry, question = self._eyes.front(), self._eyes.geometry, self._tabs.question
        if geometry is None:
            return None
        if question is not None:
            return question.box.focused(geometry)
        try:
            async with asyncio.timeout(_HIT_SECONDS):
                found = await focus(await self._tabs.session(page))
        except (TimeoutError, PlaywrightError):
            return None
        return self._described(found, geometry)

    def _described(self, found: Hit | None, geometry: ScreenGeometry) -> Element | None:
        return None if found is None else self._veil.told(found, geometry.scale)

    async def read(self) -> Reading:
        """Read the page in front as a whole. Raises ObservationFailed."""
        page = self._eyes.front()
        if self._tabs.question is not None:
            raise ObservationFailed("a dialog is open: the page behind it cannot be read")
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                reading = await read_page(await self._tabs.session(page), ROLES)
        except (TimeoutError, PlaywrightError) as error:
            self._eyes.check_alive()
            raise ObservationFailed(f"the page could not be read: {why(error)}") from error
        return clean_reading(reading, self._censor)

    async def hints(self) -> tuple[Hint, ...]:
        """Return the named controls that show; none of a page that does not answer, or asks."""
        page, geometry = self._eyes.front(), self._eyes.geometry
        if geometry is None or self._tabs.question is not None:
            return ()
        try:
            async with asyncio.timeout(_HIT_SECONDS):
                found = await page_hints(await self._tabs.session(page), geometry)
        except (TimeoutError, PlaywrightError):
            return ()
        return clean_hints(found, self._censor)

    async def act(self, action: Action, safeguards: Safeguards) -> str:
        """Do a permitted action; return a word on it where there is one to say."""
        page, question = self._eyes.front(), self._tabs.question
        self._eyes.repeat()
        if isinstance(action, Wait):
            await pause(action.seconds, safeguards.stopped)
            return ""
        if question is not None:
            if isinstance(action, Type) and secret_names(action.text):
                raise ActionRefused("a secret is not typed into a dialog of the browser")
            return await self._answer(question, action, await self._seen_geometry())
        if self._eyes.seen is not None and self._eyes.seen is not page:
            raise ActionRefused("another tab came to the front since the last look: look again")
        if self._unfinished is not None and not self._unfinished.done():
            raise ActionRefused("the page is still busy with the input before: wait")
        if self._tabs.has_crashed(page):
            raise ActionRefused(CRASHED)
        geometry, session = await self._seen_geometry(), await self._tabs.session(page)
        gesture = self._hands.prepare(action, geometry, safeguards.stopped)
        if aimed(action):
            spot = None if isinstance(action, Type) else self._hands.spot(action, geometry)
            meant = self._hits.get(place(action) or _NOWHERE, 0)
            looking = asyncio.ensure_future(looks_at(session, spot, meant))
            safeguards.check(action, await looked(looking, self._tabs.asked, _HIT_SECONDS))
        if isinstance(action, Type) and secret_names(action.text):
            action = await self._filled(page, action)
            gesture = self._hands.prepare(action, geometry, safeguards.stopped)
        await self._veil.follow(session, action)
        await self._deliver(asyncio.ensure_future(_run(gesture(page))), page, _limit(action))
        if self._running.hold is not None:
            await self._running.hold.quiet()
        return "a dialog opened" if self._hands.interrupted else ""

    async def _filled(self, page: Page, action: Type) -> Type:
        """Return the text with its secrets, and mask what has the keyboard from now on."""
        session = await self._tabs.session(page)
        title = ScreenText(await self._tabs.title(page))
        url = without_user(page.url)
        surface = Surface("browser", self._running.name, self._running.owned, title, url)
        text = filled(action.text, await self.focused(), surface, self._secrets)
        try:
            await self._veil.remember(session, await focused_node(session))
        except PlaywrightError as error:
            raise ActionRefused("what has the keyboard has gone: look again") from error
        return Type(text=text.get_secret_value())

    async def _seen_geometry(self) -> ScreenGeometry:
        if self._eyes.geometry is None:
            self._eyes.geometry = (await self.observe()).geometry
        return self._eyes.geometry

    async def _deliver(self, task: asyncio.Future[None], page: Page, seconds: float) -> None:
        """Wait for input to arrive; from here on a failure leaves doubt."""
        self._unfinished = task
        try:
            await settle(task, self._tabs.asked, seconds, self._patience)
        except TimeoutError as error:
            message = f"the page took no input for {seconds:.0f} s; some of it may have arrived"
            raise ActionInDoubt(message) from error
        except PlaywrightError as error:
            if page.is_closed() and self._running.alive and self._tabs.count:
                return  # the input closed its own tab: that is its effect, not a failure
            message = f"the browser failed during the input, which may have arrived: {why(error)}"
            raise ActionInDoubt(message) from error
        finally:
            if task.done():
                self._unfinished = None

    def _patience(self) -> bool:
        return self._running.hold is not None and self._running.hold.patience()

    async def _answer(self, question: Question, action: Action, geometry: ScreenGeometry) -> str:
        """Let the open dialog take the action, and give its answer to the browser if it is one."""
        reply = question.box.take(action, geometry)
        if reply is None:
            return ""
        try:
            async with asyncio.timeout(_INPUT_SECONDS):
                if not await question.answer(reply):
                    return "the dialog did not take it"
        except (PlaywrightError, TimeoutError) as error:
            self._tabs.settled(question)
            message = f"the {question.box.kind} dialog may not have been answered: {why(error)}"
            raise ActionInDoubt(message) from error
        self._tabs.settled(question)
        if self._unfinished is not None:
            await self._deliver(self._unfinished, question.page, _INPUT_SECONDS)
        return f"the {question.box.kind} dialog was {reply}ed"


async def _open(page: Page, url: str, seconds: float, last: bool = False) -> None:
    try:
        await page.goto(url, wait_until="domcontentloaded", timeout=seconds * 1000)
    except PlaywrightError as error:
        if "interrupted by another navigation" not in str(error):
            raise
        # A page that sends its visitor on has answered; the error page of an address that was
        # tried before only comes late.
        if "chrome-error://" in str(error) and not last:
            await _open(page, url, seconds, last=True)


async def _run(gesture: Awaitable[None]) -> None:
    await gesture


def _limit(action: Action) -> float:
    return _INPUT_SECONDS + (0.05 * len(action.text) if isinstance(action, Type) else 0.0)
