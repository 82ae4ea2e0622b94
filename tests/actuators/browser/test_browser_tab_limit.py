"""A page that opens tabs without end gets no more than some."""

import asyncio
from typing import Any, cast

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_files import Downloads
from handrail.actuators.browser_tabs import Tabs


class FakePage:
    """A tab that can be closed; ``broken`` where the browser says that it cannot."""

    def __init__(self, broken: bool = False) -> None:
        self.closed = False
        self.broken = broken

    def on(self, event: str, handler: object) -> None:
        """Hear of events: there are none."""

    async def close(self) -> None:
        self.closed = True
        if self.broken:
            raise PlaywrightError("Target closed")


class FakeContext:
    """A browser context whose pages the test opens."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.handlers: dict[str, Any] = {}

    def on(self, event: str, handler: object) -> None:
        self.handlers[event] = handler


def test_tabs_past_the_limit_are_closed_and_told_once() -> None:
    async def flood() -> tuple[list[FakePage], Tabs, list[str]]:
        context, downloads = FakeContext(), Downloads(None)
        tabs = Tabs(cast(BrowserContext, context), downloads, 3)
        pages = [FakePage(broken=n == 5) for n in range(100)]
        for page in pages:
            context.handlers["page"](page)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return pages, tabs, downloads.notices

    pages, tabs, notices = asyncio.run(flood())
    assert [page.closed for page in pages] == [False] * 3 + [True] * 97
    assert tabs.count == 3
    assert cast(object, tabs.front) is pages[2]
    assert notices == ["New tabs were closed at once: 3 are open already"]
