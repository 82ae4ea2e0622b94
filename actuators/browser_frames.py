"""Every document of a tab, each with a world of its own where a page's script redefined nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_objects import GROUP, world

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Document:
    """One document that a tab shows: the page itself first, then its frames in order."""

    session: CDPSession
    world: int
    url: str

    @property
    def origin(self) -> str:
        """Return ``scheme://host:port`` as browsers write it, empty where it has none."""
        return origin_of(self.url)

    async def call(self, code: str, *arguments: object) -> Any:
        """Call a function of the script there and return its JSON value, once a promise is kept.

        Raises playwright's Error with the script's own words.
        """
        answer = await self.session.send(
            "Runtime.callFunctionOn",
            {
                "executionContextId": self.world,
                "functionDeclaration": code,
                "arguments": [{"value": one} for one in arguments],
                "awaitPromise": True,
                "returnByValue": True,
                "objectGroup": GROUP,
            },
        )
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"].get("exception", {})
            words = str(thrown.get("description") or thrown.get("value") or "no reason")
            raise PlaywrightError(words.splitlines()[0])
        return answer["result"].get("value")


@asynccontextmanager
async def documents(page: Page) -> AsyncIterator[list[Document]]:
    """Lend every document of a tab, frames of other sites included. Raises playwright's Error."""
    async with AsyncExitStack() as opened:
        found = await _of(await _session(page, page, opened))
        for frame in page.frames[1:]:
            try:
                session = await _session(page, frame, opened)
            except PlaywrightError:
                continue  # it shares a process with the page that holds it, and was found there
            found += await _of(session)
        yield found


async def _session(page: Page, of: Any, opened: AsyncExitStack) -> CDPSession:
    session = await page.context.new_cdp_session(of)
    opened.push_async_callback(_detach, session)
    return session


async def _detach(session: CDPSession) -> None:
    try:
        await session.detach()
    except PlaywrightError:
        return  # the page or the frame has gone, and the session with it


async def _of(session: CDPSession) -> list[Document]:
    tree = (await session.send("Page.getFrameTree"))["frameTree"]
    return [
        Document(session, await world(session, str(frame["id"])), str(frame["url"]))
        for frame in _frames(tree)
    ]


def _frames(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree["frame"]
    for child in tree.get("childFrames", []):
        yield from _frames(child)


def origin_of(url: str) -> str:
    """Return an address's origin as browsers write it, or an empty text where it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    known = port is None or port == _PORTS[parts.scheme]
    return f"{parts.scheme}://{shown}" + ("" if known else f":{port}")
