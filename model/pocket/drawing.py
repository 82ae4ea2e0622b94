"""Draw the batches of a training ahead, in processes of their own, each step by its own seed."""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty, Full

from handrail.model.pocket import lessons
from handrail.model.pocket.errors import DrawingEnded
from handrail.model.pocket.lessons import Batch, Lesson

_LOOK_SECONDS = 2.0
_NEVER = 2**40
"""More steps than are ever taken."""


def drawn(lesson: Lesson, seed: str, step: int) -> Batch:
    """Make a step's batch: it follows from the seed and the step's number alone."""
    return lessons.batch(lesson, random.Random(f"{seed} {step}"))


def _fill(lesson: Lesson, seed: str, steps: Iterable[int], out: "Queue[Batch]") -> None:
    """Draw steps' batches as long as the training lives; it may be killed without a word."""
    trainer = parent_process()
    out.cancel_join_thread()  # else it would wait for ever for a dead trainer to read what is left
    for step in steps:
        if trainer is None or not trainer.is_alive():
            return
        made = drawn(lesson, seed, step)
        while trainer.is_alive():
            try:
                out.put(made, timeout=5)
                break
            except Full:
                continue


def stream(lesson: Lesson, seed: str, workers: int = 1, first: int = 0) -> Iterator[Batch]:
    """Yield the batches of the steps from ``first`` on, without end; processes draw them ahead.

    They take turns, so that the order hangs neither on their number nor on who is quicker.
    Raises DrawingEnded where one of them has ended.
    """
    context = get_context("spawn")
    queues: list[Queue[Batch]] = [context.Queue(4) for _ in range(workers)]
    drawing = [
        context.Process(
            target=_fill, args=(lesson, seed, range(first + i, _NEVER, workers), queue), daemon=True
        )
        for i, queue in enumerate(queues)
    ]
    for worker in drawing:
        worker.start()
    try:
        for queue in cycle(queues):
            while (made := _next(queue)) is None:
                _check(drawing)
            yield made
    finally:
        for worker in drawing:
            worker.terminate()
            worker.join()


def _next(queue: "Queue[Batch]") -> Batch | None:
    """Return what comes next; None where nothing comes for a while."""
    try:
        return queue.get(timeout=_LOOK_SECONDS)
    except Empty:
        return None


def _check(drawing: Sequence[BaseProcess]) -> None:
    for worker in drawing:
        if worker.exitcode is not None:
            raise DrawingEnded(
                f"a process that draws screens ended with exit code {worker.exitcode}: "
                "what it said stands above"
            )
