"""One thread that owns the engine: requests wait in a line, and one is answered at a time."""

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from handrail.model.engine import Engine
from handrail.model.errors import ModelError
from handrail.model.generation import Finish, Reply, Token
from handrail.model.server.errors import Busy

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Started:
    """The prompt was read."""

    prompt_tokens: int


@dataclass(frozen=True)
class Ended:
    """The reply is over; ``rest`` is the text of an end that is no whole character."""

    finish: Finish
    rest: str


Event = Started | Token | Ended | ModelError


@dataclass(frozen=True)
class Job:
    """One request: how to begin its reply, and where its events go."""

    begin: Callable[[Engine], Reply]
    loop: asyncio.AbstractEventLoop
    events: "asyncio.Queue[Event]" = field(default_factory=asyncio.Queue)
    cancel: threading.Event = field(default_factory=threading.Event)

    def tell(self, event: Event) -> None:
        """Hand an event to the request's own loop."""
        try:
            self.loop.call_soon_threadsafe(self.events.put_nowait, event)
        except RuntimeError:
            self.cancel.set()  # the loop is gone, and nobody listens any more


class Worker:
    """Answers jobs in their order; at most ``waiting`` may stand in line."""

    def __init__(self, engine: Engine, waiting: int) -> None:
        self._engine = engine
        self._line: queue.Queue[Job | None] = queue.Queue(waiting)
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()

    @property
    def engine(self) -> Engine:
        """Return the engine; only its settings may be read from other threads."""
        return self._engine

    @property
    def length(self) -> int:
        """Return how many jobs wait."""
        return self._line.qsize()

    def submit(self, begin: Callable[[Engine], Reply]) -> Job:
        """Put a request into the line. Raises Busy where the line is full."""
        job = Job(begin, asyncio.get_running_loop())
        try:
            self._line.put_nowait(job)
        except queue.Full as error:
            raise Busy(
                f"{self._line.maxsize} requests are waiting already: try again later"
            ) from error
        return job

    def close(self) -> None:
        """End the thread after the job it is at."""
        self._line.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._line.get()) is not None:
            if job.cancel.is_set():
                continue
            try:
                with self._engine.cancelled_by(job.cancel):
                    ended = self._answer(job)
                # told when the engine is free: who reads it cancels what is over by then
                job.tell(ended)
            except ModelError as error:
                job.tell(error)
            except Exception:
                # One broken request must not end the server; why is not a stranger's business.
                _LOG.exception("a request failed")
                job.tell(ModelError("the reply failed: the server's log says why"))

    def _answer(self, job: Job) -> Ended:
        reply = job.begin(self._engine)
        job.tell(Started(len(reply.decode.prompt_ids)))
        for token in reply:
            job.tell(token)
        assert reply.finish is not None
        return Ended(reply.finish, reply.rest())


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
