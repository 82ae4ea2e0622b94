"""The loop on a fake screen with a real gate and journal: what was done, and how it ended."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from handrail.actuators.actions import Answer, Move, Terminate, Wait
from handrail.agent.agent import Habits
from handrail.agent.budget import Budget
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError
from handrail.sandbox.journal import read_journal
from handrail.sandbox.policy import profile
from tests.agent.stage import BAD, SUCCESS, Spy, Stage


def test_a_run_fills_the_form_and_ends_with_success(stage: Stage) -> None:
    result = stage.run(*stage.fill("Ada <é中>"), SUCCESS)
    assert result.kind == "success"
    assert stage.screen.submitted == [{"Name": "Ada <é中>"}]
    assert (result.spent.steps, result.spent.calls) == (4, 4)
    assert stage.heard.result == result
    assert [step.number for step in stage.heard.steps] == [1, 2, 3, 4]


def test_every_step_starts_from_the_screen_that_the_last_one_left(stage: Stage) -> None:
    stage.run(*stage.fill("Ada"), SUCCESS)
    assert len({look.fingerprint for look in stage.heard.looks}) >= 3
    assert stage.heard.looks[-1].fingerprint == stage.screen.observe().fingerprint


def test_the_end_stands_in_the_journal(stage: Stage, tmp_path: Path) -> None:
    stage.run(SUCCESS)
    stage.journal.close()
    kinds = [entry.record.kind for entry in read_journal(tmp_path / "journal.jsonl").entries]
    assert kinds == ["begin", "intent", "result"]


def test_an_answer_ends_the_run_with_success(stage: Stage) -> None:
    result = stage.run(Answer(text="42"))
    assert (result.kind, result.answer) == ("success", "42")


def test_the_models_own_failure_is_a_failed_task(stage: Stage) -> None:
    assert stage.run(Terminate(status="failure")).kind == "failed"


def test_a_bad_reply_goes_back_once_and_the_second_is_taken(stage: Stage) -> None:
    result = stage.run(BAD, *stage.fill("Ada"), SUCCESS)
    assert result.kind == "success"
    assert (result.spent.steps, result.spent.calls) == (4, 5)
    assert [(step.number, step.attempt) for step in stage.heard.steps[:2]] == [(1, 1), (1, 2)]
    assert isinstance(stage.heard.steps[0].reply, ParseError)


def test_the_proposer_sees_its_bad_reply_before_it_answers_again(stage: Stage) -> None:
    seen: list[Step] = []
    stage.agent(Spy([BAD, SUCCESS], seen.extend)).run("goal")
    assert [step.reply.reply for step in seen] == [BAD]


def test_two_bad_steps_in_a_row_end_the_run(stage: Stage) -> None:
    result = stage.run(BAD, BAD, BAD, BAD, SUCCESS)
    assert result.kind == "failed"
    assert "no action" in result.reason
    assert (result.spent.steps, result.spent.calls) == (2, 4)


def test_a_bad_step_between_good_ones_is_forgiven(stage: Stage) -> None:
    first, second, third = stage.fill("Ada")
    result = stage.run(BAD, BAD, first, BAD, BAD, second, third, SUCCESS)
    assert result.kind == "success"


def test_a_denied_action_ends_the_run_and_does_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path, profile("observe"))
    result = stage.run(*stage.fill("Ada"), SUCCESS)
    assert result.kind == "denied"
    assert stage.screen.performed == []


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        (Budget(steps=2), "2 steps"),
        (Budget(calls=2), "2 model calls"),
        (Budget(seconds=25), "25 seconds"),
    ],
)
def test_a_budget_ends_the_run(stage: Stage, budget: Budget, says: str) -> None:
    waits = [Wait(seconds=seconds) for seconds in (1, 2, 3, 4, 5)]
    slow = Spy(waits, lambda _: stage.clock.sleep(10))
    result = stage.agent(slow, Habits(budget)).run("goal")
    assert result.kind == "budget"
    assert says in result.reason
    assert len(stage.screen.performed) <= 3


def test_the_same_action_on_the_same_screen_is_no_progress(stage: Stage) -> None:
    nowhere = stage.screen.geometry.point(0.9, 0.9)
    result = stage.run(*[Move(point=nowhere)] * 9, habits=Habits(repeats=3))
    assert result.kind == "failed"
    assert "no progress" in result.reason
    assert len(stage.screen.performed) == 2


def test_a_stop_before_an_effect_prevents_it(stage: Stage) -> None:
    def stop(history: Sequence[Step]) -> None:
        if len(history) == 1:
            (stage.journal.path.parent / "stop").touch()

    assert stage.agent(Spy(stage.fill("Ada"), stop)).run("goal").kind == "stopped"
    assert len(stage.screen.performed) == 1


def test_a_signal_while_the_model_thinks_ends_the_run_at_once(stage: Stage) -> None:
    result = stage.agent(Spy(stage.fill("Ada"), lambda _: stage.stop.trip())).run("goal")
    assert (result.kind, result.spent.calls) == ("stopped", 0)


def test_a_screen_that_goes_away_is_a_result_not_an_exception(stage: Stage) -> None:
    stage.screen.close()
    result = stage.run(SUCCESS)
    assert result.kind == "environment"
    assert stage.heard.result == result


def test_a_journal_that_breaks_ends_the_run_before_the_effect(stage: Stage) -> None:
    stage.journal.close()
    result = stage.run(*stage.fill("Ada"))
    assert result.kind == "environment"
    assert stage.screen.performed == []


def test_what_is_in_doubt_is_looked_at_and_not_repeated(stage: Stage) -> None:
    save = stage.fill("Ada")[-1]
    stage.screen.lost = save
    result = stage.run(*stage.fill("Ada"), save, SUCCESS)
    assert result.kind == "failed"
    assert "already have had its effect" in result.reason
    assert len(stage.screen.submitted) == 1


def test_a_person_at_the_mouse_is_given_way(stage: Stage) -> None:
    stage.screen.busy = 2
    first, second, third = stage.fill("Ada")
    result = stage.run(first, first, first, second, third, SUCCESS)
    assert result.kind == "success"
    assert stage.screen.submitted == [{"Name": "Ada"}]
    assert stage.clock.time >= 101.5


def test_old_pictures_are_let_go(stage: Stage) -> None:
    held: list[int] = []

    def count(history: Sequence[Step]) -> None:
        held.append(sum(step.observation is not None for step in history))

    actions = [*stage.fill("Ada"), *stage.fill("Eve"), SUCCESS]
    stage.agent(Spy(actions, count), Habits(screenshots=3)).run("goal")
    assert max(held) == 2
