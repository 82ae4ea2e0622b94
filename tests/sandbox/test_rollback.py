"""Undoing a run: what is put back, what refuses, and what is said of the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click
from handrail.actuators.fake import Button
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.records import Intent, Kept, Record, Sent, Undone
from handrail.sandbox.rollback import Later, Rollback, cut_off
from handrail.sandbox.undoing import remaining, undo
from tests.sandbox.kept_run import MakeRun, prospects
from tests.sandbox.world_keeper import World

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]


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


def test_what_a_browser_sent_is_named_and_stays(made: MakeRun) -> None:
    run = made(a="1")
    run.write(a="2")
    (state,) = run.door.states
    sent = Sent(
        method="POST",
        url="https://shop.test/orders",
        purpose="navigation",
        page="https://shop.test/",
        effect="commit",
        decision="sent",
        reason="allowed",
        intent=state.seq,
    )
    for record in (
        sent,
        sent,
        sent.model_copy(update={"effect": "navigate", "method": "GET"}),
        sent.model_copy(update={"decision": "stopped", "url": "https://evil.test/"}),
        sent.model_copy(update={"intent": None, "url": "https://late.test/"}),
    ):
        run.door.journal.append(record)
    run.ended()
    (step,) = run.plan()
    assert step.left == ("what was sent: POST https://shop.test/orders",)
    assert (step.prospect, step.reversal) == ("put back", "irreversible")
    run.undo()
    assert run.world == {"a": "1"}
    assert run.states == ["undo_failed"]


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
