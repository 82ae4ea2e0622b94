"""Undoing a run: what is put back, what refuses, and what is said of the rest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Move, Terminate, Wait
from handrail.actuators.fake import Button
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.errors import RestoreError
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.policy import profile
from handrail.sandbox.records import Intent, Kept, Record, Undone
from handrail.sandbox.rollback import Later, Rollback, UndoStep, cut_off
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.undoing import remaining, undo
from tests.sandbox.world_keeper import World, WorldKeeper

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]


@dataclass
class Run:
    """A run whose button writes to a world that is kept, and what undoes it."""

    door: "Door"
    world: World = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keeper = WorldKeeper(self.world)
        self.door.gate.keeping = self.keeping = Keeping([self.keeper])
        self.rollback = Rollback({"files": self.keeper})

    def write(self, **changes: str | None) -> None:
        """Let the button write these entries, and press it."""

        def pressed() -> None:
            for name, text in changes.items():
                self.world.pop(name, None)
                self.world.update({} if text is None else {name: text})

        self.door.screen.named(Button, "Count").on_press = pressed
        assert self.door.submit(Click(point=self.door.at("Count"))).kind == "done"

    def ended(self) -> None:
        """End the run."""
        self.keeping.ended(self.door.journal)

    def plan(self, after: int = -1, later: Later | None = None) -> tuple[UndoStep, ...]:
        """Plan to undo what the journal tells."""
        return self.rollback.plan(read_journal(self.door.path).entries, after, later)

    def undo(self, after: int = -1, later: Later | None = None) -> list[UndoStep]:
        """Undo, with the same journal open still."""
        plan = self.plan(after, later)
        return list(undo(self.rollback, plan, self.door.journal.append))

    @property
    def states(self) -> list[str]:
        """Return what became of each action."""
        return [state.state for state in self.door.states]


@pytest.fixture
def made(open_door: MakeDoor) -> Callable[..., Run]:
    return lambda **world: Run(
        open_door(policy=profile("ask"), approver=ScriptedApprover([True] * 40)), dict(world)
    )


MakeRun = Callable[..., Run]


def prospects(steps: "tuple[UndoStep, ...] | list[UndoStep]") -> list[str]:
    return [step.prospect for step in steps]


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


def test_a_run_is_undone_newest_first(made: MakeRun) -> None:
    run = made(a="1", b="1")
    run.write(a="2", c="1")
    run.write(a="3", b=None)
    run.door.submit(Click(point=run.door.at("Name")))
    run.ended()
    plan = run.plan()
    assert prospects(plan) == ["nothing changed", "put back", "put back"]
    assert [f"{d.change} {d.what}" for d in plan[1].differences] == ["changed a", "deleted b"]
    assert run.world == {"a": "3", "c": "1"}
    steps = run.undo()
    assert run.world == {"a": "1", "b": "1"}
    assert prospects(steps) == prospects(plan)
    assert remaining(run.rollback, steps) == ()
    # A button of a form is a commit: what it sent stays sent, and that is said.
    assert run.states == ["undo_failed", "undo_failed", "undone"]
    assert steps[1].left == ("what the form sent stays sent",)


def test_only_what_came_later_is_undone(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    run.write(a="2")
    run.ended()
    first = run.door.states[0].seq
    run.undo(after=first)
    assert run.world == {"a": "1"}
    assert prospects(run.undo()) == ["undone", "put back"]
    assert run.world == {}


def test_a_second_undo_touches_nothing(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    run.ended()
    run.undo()
    run.world["a"] = "mine"
    records, touched = len(run.door.records), run.keeper.touched
    assert prospects(run.undo()) == ["undone"]
    assert (len(run.door.records), run.keeper.touched) == (records, touched)
    assert run.world == {"a": "mine"}


def test_a_conflict_refuses_and_ends_the_undo(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    run.write(b="1", c="1")
    run.write(d="1")
    run.ended()
    run.world["c"] = "mine"
    plan = run.plan()
    assert prospects(plan) == ["put back", "conflict", "not reached"]
    assert plan[1].reason == "changed meanwhile: c"
    steps = run.undo()
    assert prospects(steps) == ["put back", "conflict"]
    assert run.world == {"a": "1", "b": "1", "c": "mine"}
    last = run.door.records[-1]
    assert isinstance(last, Undone)
    assert (last.outcome, last.settled) == ("undo_failed", False)


def test_after_a_conflict_is_gone_the_undo_goes_on(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    run.write(a="2", b="2")
    run.ended()
    run.world["b"] = "mine"
    run.undo()
    run.world["b"] = "2"
    run.undo()
    assert run.world == {}


def test_a_change_to_what_only_an_early_step_wrote_is_seen_in_the_plan(made: MakeRun) -> None:
    run = made()
    run.write(a="1", early="1")
    run.write(a="2")
    run.ended()
    run.world["early"] = "mine"
    assert prospects(run.plan()) == ["put back", "conflict"]
    run.undo()
    assert run.world == {"a": "1", "early": "mine"}


def test_a_change_between_plan_and_undo_is_a_conflict(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    run.ended()
    plan = run.plan()
    run.world["a"] = "mine"
    steps = list(undo(run.rollback, plan, run.door.journal.append))
    assert prospects(steps) == ["conflict"]
    assert run.world == {"a": "mine"}


def test_many_conflicts_are_counted(made: MakeRun) -> None:
    run = made()
    names = [f"f{number}" for number in range(8)]
    run.write(**dict.fromkeys(names, "1"))
    run.ended()
    run.world.update(dict.fromkeys(names, "mine"))
    assert run.plan()[0].reason == "changed meanwhile: f0, f1, f2, f3, f4 and 3 more"


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


def test_lost_points_end_the_undo(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    run.write(b="1")
    run.ended()
    intents = [r for r in run.door.records if isinstance(r, Intent)]
    run.keeper.forgotten.add(intents[1].before["files"])
    steps = run.plan()
    assert prospects(steps) == ["lost", "not reached"]
    assert steps[0].reason == "the restore point was removed"
    assert prospects(run.undo()) == ["lost"]
    assert run.world == {"a": "1", "b": "1"}


def test_nothing_kept_of_an_irreversible_action_is_said(made: MakeRun) -> None:
    run = made()
    run.door.submit(Click(point=run.door.at("Send")))
    run.ended()
    (step,) = run.undo()
    assert step.prospect == "cannot be undone"
    assert step.left == ("what the form sent stays sent",)
    assert run.states == ["undo_failed"]
    assert prospects(run.undo()) == ["undone"]


def test_remedies_are_told(made: MakeRun) -> None:
    run = made()
    run.door.submit(Click(point=run.door.at("Send")))
    run.ended()
    run.rollback = Rollback({"files": run.keeper}, remedies=lambda intent: ["cancel it by hand"])
    assert run.plan()[0].left == ("what the form sent stays sent", "cancel it by hand")


def test_a_run_that_was_cut_off_needs_somebody_who_looked(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    entries = read_journal(run.door.path).entries
    assert cut_off(entries)
    (step,) = run.plan(later=Later({"files": run.keeper.keep()}))
    assert step.prospect == "conflict"
    assert "cut off" in step.reason
    assert [d.what for d in step.differences] == ["a"]
    (step,) = run.undo(later=Later({"files": run.keeper.keep()}, trusted=True))
    assert step.prospect == "put back"
    assert run.world == {}


def test_a_run_that_was_cut_off_without_a_change_needs_nobody(made: MakeRun) -> None:
    run = made()
    run.door.submit(Click(point=run.door.at("Name")))
    assert prospects(run.plan(later=Later({"files": run.keeper.keep()}))) == ["nothing changed"]
    assert prospects(run.plan()) == ["nothing changed"]


def test_a_doubt_is_undone_to_its_point(made: MakeRun) -> None:
    run = made(a="1")

    def broke() -> None:
        run.world["a"] = "2"
        raise RuntimeError("bug")

    run.door.screen.named(Button, "Count").on_press = broke
    with pytest.raises(RuntimeError):
        run.door.submit(Click(point=run.door.at("Count")))
    run.ended()
    assert run.states == ["in_doubt"]
    assert prospects(run.undo()) == ["put back"]
    assert run.world == {"a": "1"}


def test_what_did_not_happen_is_no_step(made: MakeRun) -> None:
    run = made()
    run.door.screen.named(Button, "Count").enabled = False
    assert run.door.submit(Click(point=run.door.at("Count"))).kind != "done"
    run.ended()
    assert run.plan() == ()


def test_a_broken_journal_takes_no_points(made: MakeRun, tmp_path: Path) -> None:
    run = made()
    run.write(a="1")
    run.door.journal._broken = "broken"
    run.ended()
    assert not any(isinstance(r, Kept) for r in run.door.records)


def test_an_undo_is_written_step_by_step(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    run.write(a="2")
    run.ended()
    told: list[tuple[World, Record]] = []
    steps = undo(run.rollback, run.plan(), lambda record: told.append((dict(run.world), record)))
    assert prospects(list(steps)) == ["put back", "put back"]
    assert [world for world, _ in told] == [{"a": "1"}, {}]
    assert [r.intent for _, r in told if isinstance(r, Undone)] == [
        state.seq for state in reversed(run.door.states)
    ]
    assert isinstance(run.door.journal, Journal)


def test_what_still_differs_is_told(made: MakeRun) -> None:
    run = made()
    run.write(a="1")
    run.ended()
    steps = run.undo()
    run.world["b"] = "mine"
    assert [f"{d.change} {d.what}" for d in remaining(run.rollback, steps)] == ["created b"]
