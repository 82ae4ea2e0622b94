"""What a browser still has under way: when a page is left, nothing that it sends may be lost."""

import asyncio
import time
from typing import Self

from playwright.async_api import BrowserContext, Request

from handrail.tasks.errors import EpisodeLost

_QUIET, _LONGEST, _SLICE = 0.15, 20.0, 0.02


class Traffic:
    """Counts the requests of a browser that have begun and not ended."""

    def __init__(self) -> None:
        self._open: set[Request] = set()
        self._changed = time.monotonic()

    @classmethod
    async def of(cls, context: BrowserContext) -> Self:
        """Return what counts a browser's requests from now on; to be called on its own loop."""
        traffic = cls()
        context.on("request", traffic._began)
        context.on("requestfinished", traffic._ended)
        context.on("requestfailed", traffic._ended)
        return traffic

    async def quiet(self) -> None:
        """Wait until nothing has been under way for a while. Raises EpisodeLost."""
        began = self._changed = time.monotonic()
        while self._open or time.monotonic() - self._changed < _QUIET:
            if time.monotonic() - began > _LONGEST:
                raise EpisodeLost(f"after {_LONGEST:g} s the page still loads: {len(self._open)}")
            await asyncio.sleep(_SLICE)

    def _began(self, request: Request) -> None:
        self._open.add(request)
        self._changed = time.monotonic()

    def _ended(self, request: Request) -> None:
        self._open.discard(request)
        self._changed = time.monotonic()
