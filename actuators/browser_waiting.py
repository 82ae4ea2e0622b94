"""Wait for the browser without waiting for a page that a dialog has stopped."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from handrail.actuators.errors import ActionStopped
from handrail.actuators.primitives import Stopped

T = TypeVar("T")


def _hurried() -> bool:
    return False


async def settle(
    task: asyncio.Future[T],
    asked: asyncio.Event,
    seconds: float,
    patience: Callable[[], bool] = _hurried,
) -> None:
    """Wait until the task ends, or until a question is asked; the task then goes on by itself.

    A dialog holds up every call to its page until it is answered, so the call that caused it, too.
    Raises what the task raises, and TimeoutError after ``seconds`` in which there was no cause for
    ``patience``; then the task is cancelled.
    """
    task.add_done_callback(_mark_seen)
    question = asyncio.ensure_future(_wait(asked))
    try:
        either: set[asyncio.Future[Any]] = {task, question}
        while not (await _first(either, seconds) or not patience()):
            pass
    except asyncio.CancelledError:
        task.cancel()
        raise
    finally:
        question.cancel()
    if task.done():
        task.result()
    elif not asked.is_set():
        task.cancel()
        raise TimeoutError


async def _first(either: set[asyncio.Future[Any]], seconds: float) -> bool:
    """Tell whether one of them has ended in time."""
    done, _ = await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    return bool(done)


async def pause(seconds: float, stopped: Stopped) -> None:
    """Wait, and no longer than a tenth of a second after a stop. Raises ActionStopped."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if stopped():
            raise ActionStopped("stopped while waiting")
        await asyncio.sleep(min(left, 0.1))


async def _wait(asked: asyncio.Event) -> None:
    await asked.wait()


def _mark_seen(task: asyncio.Future[T]) -> None:
    if not task.cancelled():
        task.exception()  # an error that outlived its wait is nobody's any more
