"""Runs with secrets: what they type, what they leave behind, and what is refused at once."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Answer, Click, Type
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import Button, FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.listener import Listeners
from handrail.agent.prompt import messages
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Puppet
from handrail.model.messages import TextPart
from handrail.sandbox.approval import ApprovalAnswer, ScriptedApprover
from handrail.sandbox.errors import SecretsError
from handrail.sandbox.journal import read_journal
from handrail.sandbox.records import Intent, Refusal
from handrail.sandbox.secret_sources import EnvironmentSecrets, SecretSource
from handrail.tasks.checks import FileCheck
from handrail.tasks.cli import main
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunEnd, RunRequest, run
from handrail.tasks.run_file import RunFile, read_run_file
from tests.tasks.run_world import SUCCESS, FakeClock

VALUE = "Tr0ub4dor&3"
USER = Box(left=20, top=20, right=220, bottom=50)
PASSWORD = Box(left=20, top=70, right=220, bottom=100)
SEND = Box(left=20, top=120, right=120, bottom=150)
NAMED = Type(text="{{secret:site}}")
ENVIRON = {"HANDRAIL_SECRET_SITE": VALUE, "HANDRAIL_SECRET_SPARE": "never-needed"}
SAY = 'Action: {}\n<tool_call>{{"name": "computer_use", "arguments": {}}}</tool_call>'


class Runs:
    """Runs on a form with a password field; ``screens`` keeps it to look at afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screens: list[FakeScreen] = []
        self.approver = ScriptedApprover([True] * 9)

    def build(self, verifier: PermitVerifier) -> FakeScreen:
        widgets = [Field("User", USER), Field("Password", PASSWORD, secret=True)]
        self.screens.append(FakeScreen(verifier, [*widgets, Button("Send", SEND, submits=True)]))
        return self.screens[-1]

    def run(
        self, *replies: Action | str, goal: str = "sign in with {{secret:site}}",
        source: SecretSource | None = None,
    ) -> RunEnd:  # fmt: skip
        request = RunRequest(
            goal,
            FakeTarget(self.build),
            policy=PolicyChoice(profile="ask"),
            runs_folder=self.folder,
            secrets=source,
        )
        return run(request, Crew(Puppet(replies), self.approver, Listeners(), clock=FakeClock()))


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def record(end: RunEnd) -> RunFile:
    return read_run_file(end.folder.record)


def left_behind(end: RunEnd) -> bytes:
    return b"".join(p.read_bytes() for p in end.folder.path.rglob("*") if p.is_file())


def test_a_secret_is_typed_and_only_its_name_is_left_behind(runs: Runs) -> None:
    quoting = SAY.format(f"I typed {VALUE}", '{"action": "wait", "time": 1}')
    end = runs.run(
        Click(point=PASSWORD.center), NAMED, quoting, f"no call: {VALUE}", quoting,
        Click(point=SEND.center), Answer(text=f"signed in with {VALUE}"),
        source=EnvironmentSecrets(ENVIRON),
    )  # fmt: skip
    assert runs.screens[0].submitted == [{"User": "", "Password": VALUE}]
    assert (end.result.kind, end.result.answer) == ("success", "signed in with [secret]")
    told = record(end)
    assert told.steps[1].action == NAMED
    assert told.steps[1].line == 'Type "{{secret:site}}"'
    assert told.steps[2].line == "I typed [secret]"
    assert "[secret]" in told.steps[3].reply
    assert told.answer == "signed in with [secret]"
    asked = next(request for request in runs.approver.requests if request.action.kind == "type")
    assert asked.action == NAMED
    left = left_behind(end)
    assert VALUE.encode() not in left
    assert b"never-needed" not in left
    assert b"{{secret:site}}" in left
    assert read_journal(end.folder.journal).intact


def test_a_password_of_the_goal_that_is_quoted_later_is_not_written_down(runs: Runs) -> None:
    quoting = SAY.format("I typed hunter2-x", '{"action": "wait", "time": 1}')
    end = runs.run(
        Click(point=PASSWORD.center), Type(text="hunter2-x"), quoting, "hunter2-x is no call",
        quoting, Click(point=USER.center), Type(text="me hunter2-x"), SUCCESS,
        goal="sign in",
    )  # fmt: skip
    assert (end.result.kind, runs.screens[0].named(Field, "User").text) == (
        "success",
        "me hunter2-x",
    )
    assert b"hunter2-x" not in left_behind(end)
    typed = [
        entry.record
        for entry in read_journal(end.folder.journal).entries
        if isinstance(entry.record, Intent) and isinstance(entry.record.action, Type)
    ]
    assert [(r.action, r.redacted) for r in typed] == [
        (Type(text="[secret]"), True), (Type(text="me [secret]"), True),
    ]  # fmt: skip


def test_a_value_in_clear_and_a_wrong_place_are_denied_and_written_without_it(runs: Runs) -> None:
    source = EnvironmentSecrets(ENVIRON)
    end = runs.run(
        Click(point=PASSWORD.center), NAMED, Click(point=USER.center), Type(text=f"<{VALUE}>"),
        source=source,
    )  # fmt: skip
    assert (end.result.kind, end.exit_code) == ("denied", 3)
    assert "write it as {{secret:NAME}}" in end.result.reason
    refusals = [
        entry.record
        for entry in read_journal(end.folder.journal).entries
        if isinstance(entry.record, Refusal)
    ]
    assert [(r.action, r.redacted) for r in refusals] == [(Type(text="<[secret]>"), True)]
    assert VALUE.encode() not in left_behind(end)
    for text in ("{{secret:spare}}", "{{secret:site}}"):
        wrong = runs.run(Click(point=USER.center), Type(text=text), source=source)
        assert wrong.result.kind == "denied"
        assert runs.screens[-1].named(Field, "User").text == ""


class Reader(Puppet):
    """Keeps the texts that a model would be shown."""

    texts = ""

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        parts = [part for one in messages(goal, history, observation) for part in one.content]
        self.texts += "".join(part.text for part in parts if isinstance(part, TextPart))
        return super().propose(goal, history, observation)


def test_what_a_person_makes_of_a_password_is_told_to_nobody(runs: Runs) -> None:
    mine = ApprovalAnswer("edit", action=Type(text="their own pass"))
    runs.approver = ScriptedApprover([True, mine, True, True])
    reader = Reader([Click(point=PASSWORD.center), Type(text="guess"), SUCCESS])
    request = RunRequest(
        "sign in with guess",
        FakeTarget(runs.build),
        policy=PolicyChoice(profile="ask"),
        runs_folder=runs.folder,
    )
    end = run(request, Crew(reader, runs.approver, clock=FakeClock()))
    assert runs.screens[0].named(Field, "Password").text == "their own pass"
    assert "a person changed this to" in reader.texts
    assert "their own" not in reader.texts
    assert b"their own" not in left_behind(end)


def test_a_file_that_a_check_looks_at_is_quoted_without_secrets(runs: Runs, tmp_path: Path) -> None:
    file = tmp_path / "kept.txt"
    file.write_text(f"pass={VALUE}", encoding="utf-8")
    request = RunRequest(
        "sign in with {{secret:site}}",
        FakeTarget(runs.build),
        policy=PolicyChoice(profile="ask"),
        runs_folder=runs.folder / "runs",
        secrets=EnvironmentSecrets(ENVIRON),
        expect=(FileCheck(file, "contains", "done"),),
    )
    puppet = Puppet([Click(point=PASSWORD.center), NAMED, SUCCESS])
    end = run(request, Crew(puppet, runs.approver, clock=FakeClock()))
    assert end.result.kind == "failed"
    assert "[secret]" in end.result.checks[0].problem
    assert VALUE.encode() not in left_behind(end)


def test_a_goal_with_a_secret_that_there_is_not_makes_no_run(runs: Runs) -> None:
    with pytest.raises(SecretsError, match="choose where secrets come from"):
        runs.run(SUCCESS)
    with pytest.raises(SecretsError, match="no secret other in the environment"):
        runs.run(SUCCESS, goal="{{secret:other}}", source=EnvironmentSecrets(ENVIRON))
    assert list(runs.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ([], "this run has no secret site: choose where secrets come from"),
        (["--secrets", "env"], "there is no secret site in the environment"),
        (["--secrets", "no/such/file.toml"], "no/such/file.toml: cannot be read"),
        (["--secrets", " "], "--secrets is empty"),
    ],
)
def test_the_command_says_what_is_wrong_before_anything_is_opened(
    choice: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("HANDRAIL_SECRET_SITE", raising=False)
    goal = ["run", "use {{secret:site}}", "--on", "browser", "--url", "http://127.0.0.1:1/"]
    assert main([*goal, *choice]) == 2
    assert says in capsys.readouterr().err
    assert not list(tmp_path.rglob("journal.jsonl"))
