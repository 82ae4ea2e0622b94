"""A run from request to folder, on the fake screen: what is left behind, however it ended."""

import json
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Terminate, Wait
from handrail.actuators.base import PermitVerifier
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.fake import FakeScreen
from handrail.agent.budget import Budget
from handrail.agent.proposer import Puppet
from handrail.agent.stop import StopSwitch
from handrail.sandbox.journal import verify_journal
from handrail.tasks.errors import ExitCode
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run
from handrail.tasks.run_file import read_run_file
from handrail.tasks.run_model import ModelChoice
from tests.tasks.run_world import FILL, SUCCESS, World, record


def test_a_run_works_the_screen_and_leaves_a_private_folder(world: World) -> None:
    end = world.run(*FILL, SUCCESS)
    assert world.screens[0].submitted == [{"Name": "Ada"}]
    assert end.exit_code == ExitCode.SUCCESS
    assert end.folder.path.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in end.folder.path.iterdir()} == {
        "journal.jsonl", "frames", "run.json", "report.html",
    }  # fmt: skip


def test_the_record_tells_machines_what_was_done(world: World) -> None:
    end = world.run("no call here", *FILL, SUCCESS)
    told = json.loads(end.folder.record.read_text())
    assert (told["outcome"], told["exit_code"]) == ("success", 0)
    assert told["asked"]["goal"] == "Save the name Ada"
    assert told["used"]["steps"] == 4
    assert told["used"]["calls"] == 5
    assert [row["number"] for row in told["steps"]] == [1, 1, 2, 3, 4]
    assert told["steps"][0]["problem"].startswith("the reply holds no tool call")
    assert told["steps"][2]["action"] == {"kind": "type", "text": "Ada"}
    assert told["steps"][2]["outcome"] == "done"
    assert told["coordinates"] == "relative 0..1000"
    assert told["versions"]["handrail"]


def test_the_journals_head_is_kept_outside_the_journal(world: World) -> None:
    end = world.run(*FILL, SUCCESS)
    reading = verify_journal(end.folder.journal, record(end).journal_head)
    assert [state.state for state in reading.actions] == ["done"] * 4


def test_a_screen_that_comes_back_is_kept_once(world: World) -> None:
    end = world.run(Wait(seconds=1), Wait(seconds=2), *FILL, SUCCESS)
    rows = record(end).steps
    assert len({row.frame for row in rows[:3]}) == 1
    kept = {path.name for path in end.folder.frames.iterdir()}
    assert kept == {row.frame for row in rows}
    assert len(kept) < len(rows)


@pytest.mark.parametrize(
    ("replies", "profile", "budget", "code"),
    [
        ([Terminate(status="failure")], None, Budget(), ExitCode.FAILED),
        (["?", "?", "?", "?"], None, Budget(), ExitCode.FAILED),
        (FILL, "observe", Budget(), ExitCode.DENIED),
        (FILL, None, Budget(steps=2), ExitCode.BUDGET),
    ],
)
def test_every_end_has_its_exit_code_and_its_report(
    world: World, replies: list[Action | str], profile: str | None, budget: Budget, code: ExitCode
) -> None:
    policy = PolicyChoice(profile="observe" if profile == "observe" else None)
    end = world.run(*replies, policy=policy, budget=budget)
    assert end.exit_code == code
    assert record(end).exit_code == code
    assert "Save the name Ada" in end.folder.report.read_text()


def test_a_stopped_run_says_so(world: World, tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    end = world.run(*FILL, stop=StopSwitch(tmp_path / "stop"))
    assert end.exit_code == ExitCode.STOPPED
    assert world.screens[0].performed == []
    assert verify_journal(end.folder.journal).intact


def test_a_surface_that_cannot_be_opened_is_a_result_with_a_report(world: World) -> None:
    def build(verifier: PermitVerifier) -> FakeScreen:
        raise EnvironmentMissing("there is no screen")

    request = RunRequest("x", FakeTarget(build), runs_folder=world.folder)
    end = run(request, Crew(Puppet([])))
    assert end.exit_code == ExitCode.ENVIRONMENT
    assert "there is no screen" in end.folder.report.read_text()


def test_a_checkpoint_that_is_not_there_is_told_before_anything_is_opened(world: World) -> None:
    target = FakeTarget(world.build)
    model = ModelChoice(str(world.folder / "nowhere"))
    end = run(RunRequest("x", target, model, runs_folder=world.folder))
    assert end.exit_code == ExitCode.ENVIRONMENT
    assert "no checkpoint folder" in end.result.reason
    assert world.screens == []


def test_a_damaged_checkpoint_is_a_result_that_names_the_file(world: World, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen3_vl"')
    request = RunRequest(
        "x", FakeTarget(world.build), ModelChoice(str(tmp_path)), runs_folder=world.folder
    )
    end = run(request)
    assert end.exit_code == ExitCode.ENVIRONMENT
    assert str(tmp_path / "config.json") in end.result.reason


def test_a_bug_leaves_a_record_and_a_report_and_is_not_hidden(world: World) -> None:
    def build(verifier: PermitVerifier) -> FakeScreen:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(RunRequest("x", FakeTarget(build), runs_folder=world.folder), Crew(Puppet([])))
    folder = next(world.folder.iterdir())
    assert read_run_file(folder / "run.json").outcome == "environment"
    assert (folder / "report.html").is_file()
