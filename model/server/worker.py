"""The engine's thread as a server sees it: jobs wait in a line, several are answered at once."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from handrail.model.batch_run import Asked, Ended, Event
from handrail.model.engine import Engine
from handrail.model.errors import ModelError
from handrail.model.server.errors import Busy
from handrail.model.together import Together


@dataclass(frozen=True)
class Job:
    """One request: how to begin its reply, and where its events go."""

    ask: Callable[[Engine], Asked]
    loop: asyncio.AbstractEventLoop
    events: "asyncio.Queue[Event]" = field(default_factory=asyncio.Queue)
    cancel: threading.Event = field(default_factory=threading.Event)

    def begin(self, engine: Engine) -> Asked:
        """Make the reply ready to be begun. Raises ModelError."""
        return self.ask(engine)

    def tell(self, event: Event) -> None:
        """Hand an event to the request's own loop."""
        try:
            self.loop.call_soon_threadsafe(self.events.put_nowait, event)
        except RuntimeError:
            self.cancel.set()  # the loop is gone, and nobody listens any more


class Worker:
    """Answers up to ``most`` jobs at once; at most ``waiting`` others may stand in line."""

    def __init__(self, engine: Engine, waiting: int, most: int) -> None:
        self._waiting = waiting
        self._together = Together(engine, most, waiting)

    @property
    def engine(self) -> Engine:
        """Return the engine; only its settings may be read from other threads."""
        return self._together.engine

    @property
    def length(self) -> int:
        """Return how many jobs wait."""
        return self._together.length

    def submit(self, ask: Callable[[Engine], Asked]) -> Job:
        """Put a request into the line. Raises Busy where the line is full."""
        job = Job(ask, asyncio.get_running_loop())
        try:
            self._together.submit(job)
        except queue.Full as error:
            raise Busy(f"{self._waiting} requests are waiting already: try again later") from error
        return job

    def close(self) -> None:
        """End the thread after the jobs it is at."""
        self._together.close()


async def events_of(job: Job) -> AsyncIterator[Event]:
    """Yield a job's events up to its end. Raises its ModelError. Leaving early cancels it."""
    try:
        while True:
            event = await job.events.get()
            if isinstance(event, ModelError):
                raise event
            yield event
            if isinstance(event, Ended):
                return
    finally:
        job.cancel.set()
