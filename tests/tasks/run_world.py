"""A form on the fake screen, and runs on it."""

from collections.abc import Sequence
from pathlib import Path

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import Button, FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.agent.budget import Budget
from handrail.agent.listener import Listener, Listeners
from handrail.agent.proposer import Puppet
from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import Approver, ScriptedApprover
from handrail.tasks.check_grammar import read_check
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunEnd, RunRequest, run
from handrail.tasks.run_file import RunFile, read_run_file

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
        expect: Sequence[str] = (),
        listener: Listener | None = None,
    ) -> RunEnd:
        request = RunRequest(
            "Save the name Ada",
            FakeTarget(self.build),
            policy=policy or PolicyChoice(),
            budget=budget or Budget(),
            runs_folder=self.folder,
            expect=tuple(map(read_check, expect)),
        )
        people = approver or ScriptedApprover([True] * 9)
        follows = listener or Listeners()
        crew = Crew(Puppet(replies), people, follows, stop=stop, clock=FakeClock())
        return run(request, crew)


def record(end: RunEnd) -> RunFile:
    return read_run_file(end.folder.record)
