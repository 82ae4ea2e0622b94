"""Things that are done at once come in their order, and one that fails stops the rest."""

import threading

import pytest

from handrail.tasks.side_by_side import side_by_side


@pytest.mark.parametrize("places", [1, 3])
def test_what_comes_is_in_order_and_a_place_is_one_jobs_alone(places: int) -> None:
    busy = [threading.Lock() for _ in range(places)]

    def work(place: threading.Lock, job: int) -> int:
        assert place.acquire(blocking=False)
        place.release()
        return job * job

    assert list(side_by_side(busy, range(40), work)) == [job * job for job in range(40)]


def test_as_many_are_under_way_as_there_are_places() -> None:
    meeting = threading.Barrier(3, timeout=60)

    def work(place: int, job: int) -> int:
        meeting.wait()  # goes on only where three are here at once
        return job

    assert list(side_by_side(range(3), range(6), work)) == [*range(6)]


def test_one_that_fails_asks_the_others_to_end_and_begins_no_more() -> None:
    stopped, begun = threading.Event(), []

    def work(place: int, job: int) -> int:
        begun.append(job)
        if job == 0:
            raise ValueError("broken")
        assert stopped.wait(60)
        return job

    with pytest.raises(ValueError, match="broken"):
        list(side_by_side(range(2), range(50), work, stopped.set))
    assert len(begun) < 5
