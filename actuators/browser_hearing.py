"""Wait for the browser, and decide meanwhile about what it would send."""

import queue
import time
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeVar

from handrail.actuators.browser_hold import Hold, Waiting
from handrail.actuators.browser_loop import LoopThread
from handrail.actuators.held import RequestWarden

T = TypeVar("T")


class Hearing:
    """Runs work on the browser's thread; a warden decides on the thread of the caller."""

    def __init__(self, thread: LoopThread, hold: Hold, warden: RequestWarden) -> None:
        self._thread, self._hold, self._warden = thread, hold, warden

    def call(self, work: Coroutine[object, object, T], timeout: float) -> T:
        """Return what the coroutine returns; what is decided meanwhile takes none of its time.

        Raises TimeoutError, and what the coroutine or the warden raises; then it is cancelled.
        """
        future = self._thread.begin(work)
        future.add_done_callback(lambda _: self._hold.waiting.put(None))
        try:
            self._attend(future, timeout)
            return future.result(0)
        except BaseException:
            future.cancel()
            raise

    def settle(self) -> None:
        """Decide about everything that waits now."""
        with suppress(queue.Empty):
            while True:
                self._decide(self._hold.waiting.get_nowait())

    def _attend(self, future: Future[T], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not future.done():
            try:
                waiting = self._hold.waiting.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty as error:
                raise TimeoutError from error
            began = time.monotonic()
            self._decide(waiting)
            deadline += time.monotonic() - began
        self.settle()

    def _decide(self, waiting: Waiting | None) -> None:
        if waiting is None:
            return  # a mark that some work has ended
        sent = False
        try:
            sent = self._warden.decide(waiting.request)
        finally:
            self._thread.soon(partial(waiting.give, sent))
