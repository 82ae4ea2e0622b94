"""One thread that owns an engine and writes several replies at once for whoever asks."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from handrail.model.batch import MOST, Batch
from handrail.model.batch_run import Asked, Ended, Event, Started
from handrail.model.engine import Engine
from handrail.model.errors import ModelError
from handrail.model.generation import Generation, Token
from handrail.model.grammar import Dialect, Schema, ToolGrammar
from handrail.model.messages import Message, ToolSchema
from handrail.model.sampling import GenerateOptions

_LOG = logging.getLogger(__name__)


class Job(Protocol):
    """One reply that is wanted; all but ``cancel``, which any thread may set, is the engine's."""

    @property
    def cancel(self) -> threading.Event:
        """Return what ends the reply once it is set."""
        ...

    def begin(self, engine: Engine) -> Asked:
        """Make the reply ready to be begun. Raises ModelError."""
        ...

    def tell(self, event: Event) -> None:
        """Hear of it: Started, tokens, and at last Ended or an error."""
        ...


@dataclass(frozen=True)
class _Waited:
    """A job whose caller waits for the whole reply."""

    begun: Callable[[Engine], Asked]
    events: "queue.SimpleQueue[Event | Asked]" = field(default_factory=queue.SimpleQueue)
    cancel: threading.Event = field(default_factory=threading.Event)

    def begin(self, engine: Engine) -> Asked:
        asked = self.begun(engine)
        self.events.put(asked)
        return asked

    def tell(self, event: Event) -> None:
        self.events.put(event)


class Together:
    """Writes up to ``most`` replies at once; at most ``waiting`` others stand in line.

    Any thread may ask. The engine is this one's alone until it is closed.
    """

    def __init__(self, engine: Engine, most: int = MOST, waiting: int = 0) -> None:
        self.engine = engine
        self.dialect: Dialect = engine.dialect
        self._most = most
        self._line: queue.Queue[Job | None] = queue.Queue(waiting)
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    @property
    def length(self) -> int:
        """Return how many jobs stand in line."""
        return self._line.qsize()

    def submit(self, job: Job) -> None:
        """Put a job into the line. Raises queue.Full where that is as long as it may be."""
        self._line.put_nowait(job)

    def generate(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        options: GenerateOptions | None = None,
        follow: ToolGrammar | Schema | None = None,
    ) -> Generation:
        """Write a whole reply beside those of others; as ``Engine.generate``."""
        job = _Waited(lambda engine: engine.ask(messages, tools, options, follow))
        self._line.put(job)
        try:
            return _whole(job)
        finally:
            job.cancel.set()  # whoever waited may have been interrupted

    def close(self) -> None:
        """End the thread after the jobs that are in line."""
        self._line.put(None)
        self._thread.join()

    def _work(self) -> None:
        batch, open_ = Batch(self.engine, self._most), True
        while open_ or batch.size:
            while open_ and batch.seats:
                try:
                    job = self._line.get(block=batch.size == 0)
                except queue.Empty:
                    break
                open_ = job is not None
                if job is not None and not job.cancel.is_set():
                    _begin(batch, job, self.engine)
            batch.step()


def _begin(batch: Batch, job: Job, engine: Engine) -> None:
    """Begin a job; what is wrong with it is told to it alone."""
    try:
        batch.add(job.begin(engine), job.tell, job.cancel)
    except ModelError as error:
        job.tell(error)
    except Exception:  # a bug of ours ends this reply, and not the thread of all others
        _LOG.exception("a reply could not be begun")
        job.tell(ModelError("the reply failed: the log says why"))


def _whole(job: _Waited) -> Generation:
    """Return a reply once it is over. Raises its ModelError."""
    asked, tokens, began = job.events.get(), list[Token](), time.perf_counter()
    if isinstance(asked, ModelError):
        raise asked
    assert isinstance(asked, Asked)
    while not isinstance(event := job.events.get(), Ended):
        if isinstance(event, ModelError):
            raise event
        if isinstance(event, Started):
            began = time.perf_counter()
        elif isinstance(event, Token):
            tokens.append(event)
    return Generation(
        text="".join(token.text for token in tokens) + event.rest,
        token_ids=tuple(token.id for token in tokens),
        finish=event.finish,
        prompt_tokens=len(asked.prompt.token_ids),
        image_tokens=asked.prompt.image_tokens,
        seconds=time.perf_counter() - began,
        tokens=tuple(tokens),
    )
