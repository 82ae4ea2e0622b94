"""A run from request to folder, on the fake screen: what is left behind, however it ended."""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Terminate, Type, Wait
from handrail.actuators.base import PermitVerifier
from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.fake import Button, FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Observation
from handrail.agent.budget import Budget
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Puppet
from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import Approver, DenyAll, ScriptedApprover
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.journal import read_journal, verify_journal
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Note
from handrail.tasks.errors import ExitCode, RunFolderError, UsageError
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunEnd, RunRequest, run
from handrail.tasks.run_file import RunFile, read_run_file
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.run_policy import user_policy

NAME = Box(left=20, top=20, right=220, bottom=50)
SAVE = Box(left=20, top=70, right=120, bottom=100)
FILL: list[Action] = [Click(point=NAME.center), Type(text="Ada"), Click(point=SAVE.center)]
ALLOW = '[[rule]]\ndecision = "allow"\neffects = ["{}"]\n'
SUCCESS = Terminate(status="success")


class FakeClock:
    """Time that passes only when it is slept."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class World:
    """Builds the form, and keeps hold of it to look at afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screens: list[FakeScreen] = []

    def build(self, verifier: PermitVerifier) -> FakeScreen:
        widgets = [Field("Name", NAME), Button("Save", SAVE, submits=True)]
        self.screens.append(FakeScreen(verifier, widgets))
        return self.screens[-1]

    def run(
        self,
        *replies: Action | str,
        policy: PolicyChoice | None = None,
        budget: Budget | None = None,
        stop: StopSwitch | None = None,
        approver: Approver | None = None,
    ) -> RunEnd:
        request = RunRequest(
            "Save the name Ada",
            FakeTarget(self.build),
            policy=policy or PolicyChoice(),
            budget=budget or Budget(),
            runs_folder=self.folder,
        )
        people = approver or ScriptedApprover([True] * 9)
        crew = Crew(Puppet(replies), people, stop=stop, clock=FakeClock())
        return run(request, crew)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


def record(end: RunEnd) -> RunFile:
    return read_run_file(end.folder.record)


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


def test_a_policy_that_cannot_be_read_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(PolicyError):
        world.run(SUCCESS, policy=PolicyChoice((world.folder / "no.toml",)))
    assert not world.folder.exists()


def test_a_file_that_restricts_grants_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('profile = "unattended"\n' + ALLOW.format("commit"))
    end = world.run(*FILL, policy=PolicyChoice((file,), "observe"))
    assert end.exit_code == ExitCode.DENIED
    assert "profile observe: deny edit" in end.result.reason
    assert record(end).asked.policy == f"profile observe, restricted by {file}"


def test_a_file_of_the_users_grants_and_is_written_down(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('profile = "unattended"\n' + ALLOW.format("commit"))
    file.chmod(0o600)
    end = world.run(*FILL, SUCCESS, policy=PolicyChoice(user=file), approver=DenyAll())
    assert end.exit_code == ExitCode.SUCCESS
    assert world.screens[0].submitted == [{"Name": "Ada"}]
    assert record(end).asked.policy == f"granted by {file}"
    (note,) = [
        entry.record
        for entry in read_journal(end.folder.journal).entries
        if isinstance(entry.record, Note) and entry.record.topic == "policy"
    ]
    assert note.data["user rule 1"] == '{"decision":"allow","effects":["commit"]}'


def test_a_file_that_others_can_write_grants_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(ALLOW.format("commit"))
    file.chmod(0o666)
    for choice in (PolicyChoice(grants=file), PolicyChoice(user=file)):
        with pytest.raises(PolicyError, match="can be written by others"):
            world.run(SUCCESS, policy=choice)
    assert not world.folder.exists()


def test_a_files_profile_is_taken_where_none_is_chosen(tmp_path: Path) -> None:
    user, grants = tmp_path / "user.toml", tmp_path / "grants.toml"
    user.write_text('profile = "observe"\n')
    grants.write_text('profile = "unattended"\n')
    user.chmod(0o600)
    grants.chmod(0o600)
    chosen = [
        PolicyChoice(),
        PolicyChoice(user=tmp_path / "absent.toml"),
        PolicyChoice(user=user),
        PolicyChoice(user=user, grants=grants),
        PolicyChoice(user=user, grants=grants, profile="ask"),
        PolicyChoice(user=user, grants=Policy(profile="rehearse")),
        PolicyChoice((grants,)),
    ]
    found = [choice.load().profile for choice in chosen]
    assert found == ["ask", "ask", "observe", "unattended", "ask", "rehearse", "ask"]


def test_the_users_file_lies_in_their_configuration_folder(tmp_path: Path) -> None:
    home = Path("/home/ada")
    assert user_policy({}, home) == home / ".config/handrail/policy.toml"
    assert user_policy({"XDG_CONFIG_HOME": "not/absolute"}, home) == user_policy({}, home)
    found = user_policy({"XDG_CONFIG_HOME": str(tmp_path)}, home)
    assert found == tmp_path / "handrail/policy.toml"


def test_limits_of_the_policy_end_the_run(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    for text, why in (
        ("steps = 2", "2 steps are used"),
        ("calls = 1", "1 model calls are used"),
        ("commits = 0", "0 commits a run are used up"),
        ("actions_per_minute = 2", "2 actions a minute are used up"),
    ):
        file.write_text(f"[limits]\n{text}\n")
        end = world.run(*FILL, SUCCESS, policy=PolicyChoice((file,)))
        assert (end.exit_code, end.result.kind) == (ExitCode.BUDGET, "budget"), text
        assert why in end.result.reason
        assert world.screens[-1].submitted == []


class Mumbler:
    """Says what no UTF-8 can hold, as a proposer of somebody else's might."""

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        if not history:
            return Proposal(Wait(seconds=0.01), "wait \ud83d", "\udcff")
        return ParseError("no \ud800", "\udfff")


class Odd(FakeTarget):
    def described(self) -> str:
        return "fake \udcff"


def test_halves_of_characters_end_no_run_and_stand_in_the_record_as_escapes(
    tmp_path: Path,
) -> None:
    request = RunRequest(
        "x",
        Odd(FakeScreen),
        ModelChoice("\udc80"),
        PolicyChoice(profile="unattended"),
        runs_folder=tmp_path,
    )
    end = run(request, Crew(Mumbler(), clock=FakeClock()))
    assert end.result.kind == "failed"
    written = record(end)
    assert (written.asked.target, written.asked.model) == ("fake \\udcff", "\\udc80")
    assert (written.steps[0].line, written.steps[0].reply) == ("wait \\ud83d", "\\udcff")
    assert written.steps[1].problem == "no \\ud800"
    assert "wait" in end.folder.report.read_text("utf-8")


@pytest.mark.parametrize(("goal", "says"), [("a\ud800", "not valid text"), (" \n\t", "is empty")])
def test_a_goal_that_says_nothing_is_refused_before_anything_is_made(
    tmp_path: Path, goal: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        run(RunRequest(goal, FakeTarget(FakeScreen), runs_folder=tmp_path), Crew(Puppet([])))
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_cannot_be_written_ends_the_run_and_the_journal_says_why(
    tmp_path: Path,
) -> None:
    class Filler(Puppet):
        def propose(
            self, goal: str, history: Sequence[Step], observation: Observation
        ) -> Proposal | ParseError:
            (folder,) = tmp_path.iterdir()
            (folder / "run.json.new").mkdir(exist_ok=True)  # nothing can be written there now
            return super().propose(goal, history, observation)

    request = RunRequest(
        "x", FakeTarget(FakeScreen), policy=PolicyChoice(profile="unattended"), runs_folder=tmp_path
    )
    with pytest.raises(RunFolderError, match="cannot write"):
        run(request, Crew(Filler([Wait(seconds=0.01)] * 3), clock=FakeClock()))
    (folder,) = tmp_path.iterdir()
    reading = verify_journal(folder / "journal.jsonl")
    assert [state.state for state in reading.actions] == ["done"]
    assert "cannot write" in (folder / "journal.jsonl").read_text()
    assert "error inside Handrail" not in (folder / "journal.jsonl").read_text()


def test_a_typed_password_is_in_no_byte_of_the_folder(world: World, tmp_path: Path) -> None:
    field = Field("Password", NAME, secret=True)
    password = "Tr0ub4dor-and-3"

    def build(verifier: PermitVerifier) -> FakeScreen:
        return FakeScreen(verifier, [field])

    call = {"name": "computer_use", "arguments": {"action": "type", "text": password}}
    said = f"Action: type {password}\n<tool_call>{json.dumps(call)}</tool_call>"
    crew = Crew(Puppet([FILL[0], said, SUCCESS]), ScriptedApprover([True] * 9), clock=FakeClock())
    end = run(RunRequest("Sign in", FakeTarget(build), runs_folder=world.folder), crew)
    assert (end.result.kind, field.text) == ("success", password)
    assert record(end).steps[1].outcome == "done"
    forms = [password.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    forms += [base64.b64encode(password.encode()), hashlib.sha256(password.encode()).digest()]
    forms += [hashlib.sha256(password.encode()).hexdigest().encode()]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 5
    for path in files:
        assert not [form for form in forms if form in path.read_bytes()], path.name
