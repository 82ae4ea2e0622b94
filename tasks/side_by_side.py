"""Do several things at once, and have what comes of them in their order."""

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Place = TypeVar("Place")
Made = TypeVar("Made")


def _nothing() -> None:
    """Leave jobs that were begun to their own end."""


def side_by_side(
    places: Sequence[Place],
    jobs: Sequence[Job],
    work: Callable[[Place, Job], Made],
    stop: Callable[[], None] = _nothing,
) -> Iterator[Made]:
    """Yield what comes of each job, in their order; as many are worked on as there are places.

    A place is one job's alone while it is worked on. What a job raises is raised in its turn; then,
    as where nobody wants the rest, no other is begun and ``stop`` asks those that were to end.
    """
    if len(places) == 1:
        yield from (work(places[0], job) for job in jobs)
        return
    free: queue.SimpleQueue[Place] = queue.SimpleQueue()
    for place in places:
        free.put(place)

    def placed(job: Job) -> Made:
        place = free.get()
        try:
            return work(place, job)
        finally:
            free.put(place)

    pool = ThreadPoolExecutor(len(places), "side-by-side")
    try:
        yield from pool.map(placed, jobs)
    except BaseException:
        stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
