"""Connections that must say something: nobody keeps a place in the server by being slow.

Promises
- A connection that has not sent the whole head of a request within ``HEAD_SECONDS``, from its
  beginning or from the first byte after an answer, is closed.

Does not promise
- To end a request that is being answered, however long that takes.
- That somebody who connects again and again leaves places to others.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 5.0


class Connection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with a time limit for the head of a request."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on with a request; wait for the rest of its head where that is not whole."""
        super().data_received(data)
        if self._answering:
            self._stop_waiting()
        elif self._late is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    @property
    def _answering(self) -> bool:
        """Tell whether a request came whole and is not answered yet."""
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if not self._answering:
            self.transport.close()
