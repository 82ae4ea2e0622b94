"""An event loop in a thread of its own, driven from ordinary blocking code.

Playwright's blocking interface belongs to one thread, cannot be opened twice there, cannot run
beside an event loop, and a click that opens a dialog never returns from it. Its asynchronous one,
on a thread of its own, has none of these limits.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class LoopThread:
    """Run coroutines for blocking callers, who may call from any thread, one at a time."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def call(self, work: Coroutine[object, object, T], timeout: float) -> T:
        """Return what the coroutine returns, or raise what it raises.

        Raises TimeoutError after ``timeout`` seconds; then, and when the caller is interrupted, the
        coroutine is cancelled.
        """
        future = self.begin(work)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def begin(self, work: Coroutine[object, object, T]) -> Future[T]:
        """Run the coroutine, and return what stands for its end."""
        if self._loop.is_closed():
            work.close()
            raise RuntimeError("this event loop has been closed")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def soon(self, do: Callable[[], None]) -> None:
        """Have something done on the loop's thread; where it has been closed, nothing is."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(do)

    def close(self) -> None:
        """Cancel what still runs, end the thread, and free the loop; safe to call twice."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


async def _cancel_all() -> None:
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
