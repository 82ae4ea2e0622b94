"""Wait for the browser without waiting for a page that a dialog has stopped."""

import asyncio


async def settle(task: asyncio.Future[None], asked: asyncio.Event, seconds: float) -> None:
    """Wait until the task ends, or until a question is asked; the task then goes on by itself.

    A dialog holds up every call to its page until it is answered, so the call that caused it, too.
    Raises what the task raises, and TimeoutError after ``seconds``; then the task is cancelled.
    """
    task.add_done_callback(_mark_seen)
    question = asyncio.ensure_future(_wait(asked))
    try:
        await asyncio.wait({task, question}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
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


async def _wait(asked: asyncio.Event) -> None:
    await asked.wait()


def _mark_seen(task: asyncio.Future[None]) -> None:
    if not task.cancelled():
        task.exception()  # an error that outlived its wait is nobody's any more
