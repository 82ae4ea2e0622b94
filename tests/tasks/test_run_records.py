"""What a run writes down where texts, disks and passwords are difficult."""

import base64
import hashlib
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from handrail.actuators.actions import Action, Type, Wait
from handrail.actuators.base import Permit, PermitVerifier, Receipt
from handrail.actuators.errors import ActionInDoubt
from handrail.actuators.fake import FakeScreen, Field
from handrail.actuators.observation import Observation
from handrail.agent.budget import Budget
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.journal import verify_journal
from handrail.tasks.errors import RunFolderError, UsageError
from handrail.tasks.live import LiveView
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run
from handrail.tasks.run_model import ModelChoice
from tests.tasks.run_world import FILL, NAME, SUCCESS, FakeClock, World, record


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


class Losing(FakeScreen):
    def perform(self, action: Action, permit: Permit) -> Receipt:
        receipt = super().perform(action, permit)
        if isinstance(action, Type):
            raise ActionInDoubt("timed out")
        return receipt


@pytest.mark.parametrize(("screen", "times"), [(FakeScreen, 1), (Losing, 2)])
def test_a_typed_password_is_in_no_byte_of_the_folder(
    screen: type[FakeScreen], times: int, world: World, tmp_path: Path
) -> None:
    """Once typed; or in doubt and asked for again, which never comes to the gate."""
    field = Field("Password", NAME, secret=True)
    password = "Tr0ub4dor-and-3"

    def build(verifier: PermitVerifier) -> FakeScreen:
        return screen(verifier, [field])

    call = {"name": "computer_use", "arguments": {"action": "type", "text": password}}
    said = f"Action: type {password}\n<tool_call>{json.dumps(call)}</tool_call>"
    replies = [FILL[0], *[said] * times, SUCCESS]
    printed = StringIO()
    view = LiveView(Console(file=printed), "Sign in", Budget())
    crew = Crew(Puppet(replies), ScriptedApprover([True] * 9), view, clock=FakeClock())
    end = run(RunRequest("Sign in", FakeTarget(build), runs_folder=world.folder), crew)
    assert (end.result.kind, field.text) == ("success" if times == 1 else "failed", password)
    assert [row.outcome for row in record(end).steps[1:3]] == (
        ["done", "done"] if times == 1 else ["in_doubt", ""]
    )
    assert "[secret]" in printed.getvalue()
    assert password not in printed.getvalue()
    forms = [password.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    forms += [base64.b64encode(password.encode()), hashlib.sha256(password.encode()).digest()]
    forms += [hashlib.sha256(password.encode()).hexdigest().encode()]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 5
    for path in files:
        assert not [form for form in forms if form in path.read_bytes()], path.name
