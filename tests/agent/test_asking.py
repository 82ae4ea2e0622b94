"""What a person answers in the middle of a run: edit, take over, stop."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handrail.actuators.actions import Answer, Click, Type
from handrail.actuators.observation import Observation
from handrail.agent.agent import Agent, Habits
from handrail.agent.budget import Budget
from handrail.agent.prompt import action_lines
from handrail.agent.proposer import Puppet
from handrail.agent.result import Result
from handrail.agent.stability import Watch
from handrail.sandbox.approval import ONCE, STOP, ApprovalAnswer, ScriptedApprover
from handrail.sandbox.gate import Gate
from handrail.sandbox.policy import Policy, Rule
from tests.agent.stage import SUCCESS, Heard, Stage

ASKING = Policy(profile="ask")
ASKED_ANSWERS = Policy(
    rules=(
        Rule(decision="ask", effects=("observe",), kinds=("answer",)),
        Rule(decision="allow", effects=("observe",), kinds=("terminate",)),
    )
)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.journal.close()


def run(
    stage: Stage,
    approver: ScriptedApprover,
    puppet: Puppet,
    habits: Habits | None = None,
    observe: Callable[[], Observation] | None = None,
    policy: Policy = ASKING,
) -> Result:
    gate = Gate(stage.screen, stage.office, policy, stage.journal, approver, stage.stop)
    watch = Watch(observe or stage.screen.observe, stage.clock)
    return Agent(watch, puppet, gate, stage.stop, habits, stage.heard).run("Save the name Ada")


def test_what_a_person_edited_is_done_and_told(stage: Stage) -> None:
    edited = ApprovalAnswer("edit", Type(text="Ada"))
    approver = ScriptedApprover([ONCE, edited, ONCE, ONCE])
    result = run(stage, approver, Puppet([*stage.fill("Eve"), SUCCESS]))
    assert result.kind == "success"
    assert stage.screen.submitted == [{"Name": "Ada"}]
    typed = stage.heard.steps[1]
    assert typed.outcome is not None
    assert typed.outcome.edited == Type(text="Ada")
    [line] = [line for line in action_lines(stage.heard.steps) if "Eve" in line]
    assert 'a person changed this to: Type "Ada"' in line


def test_stop_ends_the_run(stage: Stage) -> None:
    result = run(stage, ScriptedApprover([STOP]), Puppet([*stage.fill("Ada"), SUCCESS]))
    assert (result.kind, result.reason) == ("stopped", "stopped by the person who was asked")
    assert stage.screen.performed == []


def test_after_a_takeover_the_run_looks_anew_and_goes_on(stage: Stage) -> None:
    looks: list[str] = []

    def observe() -> Observation:
        looks.append(stage.field.text)
        return stage.screen.observe()

    def handed_back() -> bool:
        before, heard = len(looks), len(stage.heard.looks)
        stage.field.text = "by hand"
        stage.clock.sleep(10_000)
        assert (len(looks), len(stage.heard.looks)) == (before, heard)
        return True

    lent = ApprovalAnswer("take_over", handed_back=handed_back)
    puppet = Puppet([Click(point=stage.button.box.center)] * 2 + [SUCCESS])
    habits = Habits(Budget(seconds=900))
    result = run(stage, ScriptedApprover([lent, ONCE]), puppet, habits, observe)
    assert result.kind == "success", result.reason
    assert stage.screen.submitted == [{"Name": "by hand"}]
    assert result.spent.seconds < 100, "what the person did takes none of the run's time"
    assert looks[-1] == "by hand"
    outcomes = [step.outcome.kind for step in stage.heard.steps if step.outcome is not None]
    assert outcomes == ["handed_back", "done", "done"]


def test_a_takeover_may_end_the_run(stage: Stage) -> None:
    lent = ApprovalAnswer("take_over", handed_back=lambda: False)
    result = run(stage, ScriptedApprover([lent]), Puppet(stage.fill("Ada")))
    assert result.kind == "stopped"


@pytest.mark.parametrize(
    ("answers", "kind", "said"),
    [
        ([ONCE], "success", "42"),
        ([ApprovalAnswer("edit", Answer(text="43")), ONCE], "success", "43"),
        ([False], "denied", None),
        ([STOP], "stopped", None),
    ],
)
def test_an_ending_that_is_asked_about_ends_as_it_is_answered(
    stage: Stage, answers: list[bool | ApprovalAnswer], kind: str, said: str | None
) -> None:
    puppet = Puppet([Answer(text="42")])
    result = run(stage, ScriptedApprover(answers), puppet, policy=ASKED_ANSWERS)
    assert (result.kind, result.answer) == (kind, said)


def test_an_edit_of_a_secret_is_not_told(stage: Stage) -> None:
    stage.field.secret = True
    edited = ApprovalAnswer("edit", Type(text="hunter2"))
    approver = ScriptedApprover([ONCE, edited, ONCE])
    run(stage, approver, Puppet([*stage.fill("secret")[:2], SUCCESS]))
    assert stage.field.text == "hunter2"
    heard: Heard = stage.heard
    assert all("hunter2" not in repr(step.told()) for step in heard.steps)
