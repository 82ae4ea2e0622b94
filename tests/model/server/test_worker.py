"""The engine's thread stops for the job it is at, and for no other's sake."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.model.batch_run import Asked, Ended, Event
from handrail.model.engine import Engine
from handrail.model.messages import Message, TextPart
from handrail.model.sampling import GenerateOptions
from handrail.model.server.worker import Job, Worker, events_of

HELLO = [Message("user", [TextPart("hello")])]


def _ask(engine: Engine) -> Asked:
    return engine.ask(HELLO, (), GenerateOptions(max_new_tokens=2))


def test_who_has_the_end_of_a_reply_may_use_the_engine(
    checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is held where it has just told the end, and the reader has left the events."""
    engine, go_on, tell = Engine.load(checkpoint("tied")), threading.Event(), Job.tell

    def tell_and_wait(job: Job, event: Event) -> None:
        tell(job, event)
        if isinstance(event, Ended):
            assert go_on.wait(60)

    monkeypatch.setattr(Job, "tell", tell_and_wait)

    async def answered(worker: Worker) -> Job:
        job = worker.submit(_ask)
        assert isinstance([event async for event in events_of(job)][-1], Ended)
        return job

    worker = Worker(engine, waiting=1, most=4)
    try:
        job = asyncio.run(answered(worker))
        assert job.cancel.is_set()
        assert engine.begin(HELLO).prompt_ids
    finally:
        go_on.set()
        worker.close()
