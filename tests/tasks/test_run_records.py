"""What a run writes down where texts, disks and passwords are difficult."""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from handrail.actuators.actions import Wait
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import FakeScreen, Field
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.journal import verify_journal
from handrail.tasks.errors import RunFolderError, UsageError
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
