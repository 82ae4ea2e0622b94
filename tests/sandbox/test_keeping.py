"""What is kept before an action and at a run's end, by one keeper and by several."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Move, Terminate, Wait
from handrail.actuators.fake import Button
from handrail.sandbox.errors import RestoreError
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.records import Intent, Kept
from handrail.sandbox.rollback import Rollback
from handrail.sandbox.snapshot.keeper import Difference
from tests.sandbox.kept_run import MakeRun, Run, prospects
from tests.sandbox.world_keeper import World, WorldKeeper

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]


def test_before_is_kept_and_named_by_the_intent(made: MakeRun) -> None:
    run = made(a="1")
    run.write(a="2")
    run.ended()
    intent, _, kept = run.door.records
    assert isinstance(intent, Intent)
    assert isinstance(kept, Kept)
    assert intent.before == {"files": '{"a": "1"}'}
    assert kept.points == {"files": '{"a": "2"}'}


def test_what_changes_nothing_is_not_kept(made: MakeRun) -> None:
    run = made()
    for action in (Move(point=run.door.at("Name")), Wait(seconds=0), Terminate(status="success")):
        run.door.submit(action)
    run.ended()
    assert not any(isinstance(r, Kept) for r in run.door.records)
    assert all(r.before == {} for r in run.door.records if isinstance(r, Intent))


def test_without_keepers_nothing_is_kept(open_door: MakeDoor) -> None:
    door = open_door()
    door.submit(Click(point=door.at("Name")))
    door.gate.keeping.ended(door.journal)
    assert [r.kind for r in door.records] == ["intent", "result"]


def test_what_cannot_be_kept_is_not_done(made: MakeRun) -> None:
    run = made(a="1")
    run.keeper.full = True
    with pytest.raises(RestoreError, match="the disk is full"):
        run.write(a="2")
    assert run.world == {"a": "1"}
    assert run.door.records == []


def two(run: Run) -> tuple[World, WorldKeeper]:
    """Let the run have a second keeper, of another world that every press writes to."""
    other: World = {}
    second = WorldKeeper(other, "storage")
    run.door.gate.keeping = run.keeping = Keeping([run.keeper, second])
    run.rollback = Rollback({"files": run.keeper, "storage": second})
    return other, second


def pressed_both(run: Run, other: World) -> None:
    def press() -> None:
        run.world["a"] = other["text"] = "1"

    run.door.screen.named(Button, "Count").on_press = press
    run.door.submit(Click(point=run.door.at("Count")))
    run.ended()


def test_a_step_is_put_back_by_all_keepers_or_by_none(made: MakeRun) -> None:
    run = made()
    other, second = two(run)
    pressed_both(run, other)
    second.refusing = "no display"
    assert prospects(run.undo()) == ["conflict"]
    assert (run.world, other) == ({"a": "1"}, {"text": "1"})
    second.refusing = ""
    assert prospects(run.undo()) == ["put back"]
    assert (run.world, other) == ({}, {})


def test_what_cannot_even_be_taken_back_is_said(made: MakeRun) -> None:
    run = made()
    other, second = two(run)
    pressed_both(run, other)

    class Worn(WorldKeeper):
        def put_back(self, older: str, newer: str) -> tuple[Difference, ...]:
            done = super().put_back(older, newer)
            self.refusing = "worn out"
            return done

    second.refusing = "no display"
    run.rollback = Rollback({"files": Worn(run.world), "storage": second})
    (step,) = run.undo()
    assert step.reason == "no display; and files stays put back, for: worn out"


def test_a_keeper_that_cannot_be_had_is_named(made: MakeRun) -> None:
    run = made()
    other, _ = two(run)
    pressed_both(run, other)
    run.rollback = Rollback({"files": run.keeper}, absent={"storage": "its browser is gone"})
    (step,) = run.undo()
    assert step.left == ("what the form sent stays sent", "storage: its browser is gone")
    assert (run.world, other) == ({}, {"text": "1"})
    run.rollback = Rollback({"files": run.keeper})
