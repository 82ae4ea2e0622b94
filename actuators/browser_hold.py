"""Hold what a browser is about to send, at its own Fetch domain, until a warden has decided.

One session of the whole browser pauses the requests of every tab, frame and worker, each hop of a
redirect anew, from a new tab's first. What is safe goes on at once; a service worker, which would
send in the name of pages that are long gone, is never installed; all else waits.
"""

import asyncio
import queue
from collections import OrderedDict
from contextlib import suppress
from typing import Any

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_paused import Paused, Sender
from handrail.actuators.held import SAFE_METHODS, HeldRequest, RequestWarden

# All there is but for a page's scripts, styles, pictures, fonts and sound, which a browser itself
# only ever fetches: hundreds of them may not wait for one another. A service worker's is "Other".
_TYPES = ("Document", "XHR", "Fetch", "Ping", "CSPViolationReport", "Other")
_HELD = [
    *({"urlPattern": "*", "resourceType": kind} for kind in _TYPES),
    # Only the answer tells that a document would be saved as a file.
    {"urlPattern": "*", "resourceType": "Document", "requestStage": "Response"},
]
_KEPT = 2_000
_ON_ITS_WAY_SECONDS = 0.05  # from the input's acknowledgement to the pause of what it sends


class Waiting:
    """A request that waits for its answer."""

    def __init__(self, request: HeldRequest, answer: "asyncio.Future[bool]") -> None:
        self.request = request
        self._answer = answer

    def give(self, sent: bool) -> None:
        """Let it go on, or stop it; the first answer counts. Called on the browser's thread."""
        if not self._answer.done():
            self._answer.set_result(sent)


class Hold:
    """Holds one browser's requests; all but ``waiting`` belongs to the browser's thread.

    ``waiting`` hands over to the thread of whoever calls the browser.
    """

    def __init__(self, warden: RequestWarden, refuses_workers: bool = True) -> None:
        self.waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._open = 0
        self._answered = 0
        self._noticed = 0
        self._warden = warden
        self._refuses_workers = refuses_workers
        self._cdp: CDPSession | None = None
        self._last: OrderedDict[str, str] = OrderedDict()  # the last address of each request
        self._unanswered: set[asyncio.Future[bool]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self, browser: PlaywrightBrowser) -> None:
        """Hold from now on. Raises playwright's Error."""
        self._cdp = await browser.new_browser_cdp_session()
        self._cdp.on("Fetch.requestPaused", self._paused)
        await self._cdp.send("Fetch.enable", {"patterns": _HELD})

    async def cover(self, page: Page) -> None:
        """Hold what a page sends that was there before the hold was."""
        session = await page.context.new_cdp_session(page)
        # What pauses requests is put in their way when their way is made, as it is made anew here.
        await session.send("Fetch.enable", {"patterns": [{"urlPattern": "handrail:none"}]})
        await session.send("Fetch.disable")
        await session.detach()

    async def ask(self, request: HeldRequest) -> bool:
        """Have a request decided on the caller's thread; False where the browser closes first."""
        if self._closed:
            return False
        if self._warden.lent:
            return True
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._unanswered.add(answer)
        self._open += 1
        try:
            self.waiting.put(Waiting(request, answer))
            return await answer
        finally:
            self._unanswered.discard(answer)
            self._open -= 1
            self._answered += 1

    def patience(self) -> bool:
        """Tell whether a page may stand still because a request waits, or waited until now."""
        answered, self._noticed = self._answered > self._noticed, self._answered
        return answered or self._open > 0

    async def quiet(self) -> None:
        """Wait for what input has just set off, and until all of that is decided."""
        await asyncio.sleep(_ON_ITS_WAY_SECONDS)
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """Stop everything that still waits, and whatever comes after it."""
        self._closed = True
        for answer in list(self._unanswered):
            if not answer.done():
                answer.set_result(False)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _paused(self, event: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._settle(Paused(event)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, paused: Paused) -> None:
        with suppress(PlaywrightError):  # whoever sent it has gone, and the request with it
            if paused.answered:
                sent = not paused.saves or await self.ask(paused.told(await self._sender(paused)))
            else:
                sent = await self._may_go(paused)
            await (self._let_go(paused) if sent else self._stop(paused))

    async def _may_go(self, paused: Paused) -> bool:
        paused.hop_of = self._hop(paused)
        if paused.installs and self._refuses_workers:
            return False
        if paused.method in SAFE_METHODS and not paused.saves:
            looked_at = paused.document and "?" in paused.url and not paused.hop_of
            if self._warden.thorough:
                return await self.ask(paused.told(await self._sender(paused)))
            if not looked_at:
                return True
            sender = await self._sender(paused)
            return not paused.hands_over(sender) or await self.ask(paused.told(sender))
        return await self.ask(paused.told(await self._sender(paused)))

    def _hop(self, paused: Paused) -> str:
        """Return the address that this request was redirected from, and keep its own in mind."""
        if not paused.network:
            return ""
        before = self._last.pop(paused.network, "")
        self._last[paused.network] = paused.url
        if len(self._last) > _KEPT:
            self._last.popitem(last=False)
        return before

    async def _sender(self, paused: Paused) -> Sender:
        """Find out whose frame sends it, by what the browser itself says of its targets."""
        assert self._cdp is not None
        told = (await self._cdp.send("Target.getTargets"))["targetInfos"]
        targets = {str(info["targetId"]): info for info in told}
        own = targets.get(paused.frame)
        said = paused.headers.get("referer") or paused.headers.get("origin", "")
        if own is None:  # a frame in its page's own process, which no target stands for
            return Sender(said)
        top = own["type"] == "page"
        blank = not str(own["url"]).startswith(("http", "file"))
        opener = targets.get(str(own.get("openerId", "")))
        if top and blank:
            return Sender(said if opener is None else str(opener["url"]), top)
        return Sender(str(own["url"]), top)

    async def _let_go(self, paused: Paused) -> None:
        assert self._cdp is not None
        call = "Fetch.continueResponse" if paused.answered else "Fetch.continueRequest"
        await self._cdp.send(call, {"requestId": paused.id})

    async def _stop(self, paused: Paused) -> None:
        assert self._cdp is not None
        if paused.document and not paused.answered:
            # "No content" keeps the page where it is; a failure would put an error in its place.
            await self._cdp.send(
                "Fetch.fulfillRequest", {"requestId": paused.id, "responseCode": 204}
            )
            return
        reason = "Aborted" if paused.answered else "BlockedByClient"
        await self._cdp.send("Fetch.failRequest", {"requestId": paused.id, "errorReason": reason})
