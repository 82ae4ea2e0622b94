"""One run, from a request to a folder that tells what happened.

from handrail.tasks.run import BrowserTarget, RunRequest, run

end = run(RunRequest("Sign in as mara", BrowserTarget("http://127.0.0.1:8000/")))
print(end.result.kind, end.folder.report)
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from handrail.actuators.base import sanitise
from handrail.actuators.errors import ActuatorError
from handrail.actuators.reading import Hinting
from handrail.agent.agent import Agent, Habits
from handrail.agent.budget import Budget
from handrail.agent.errors import Stopped
from handrail.agent.listener import Listener, Listeners
from handrail.agent.proposer import Proposer
from handrail.agent.result import Result
from handrail.agent.stability import Clock, SystemClock, Watch
from handrail.agent.stop import StopSwitch
from handrail.model.errors import ModelError
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.sandbox.anchor import anchor_of, keep_anchor
from handrail.sandbox.approval import Approver, DenyAll
from handrail.sandbox.errors import SandboxError
from handrail.sandbox.explanation import POLICY_TOPIC
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.records import Note
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.vault import Vault
from handrail.sandbox.warden import Warden
from handrail.tasks.checking import Checks
from handrail.tasks.errors import EXIT_CODES, ExitCode, RunFolderError, TaskError
from handrail.tasks.otlp import sending
from handrail.tasks.report.page import write_report
from handrail.tasks.run_alerts import alarmed, telling
from handrail.tasks.run_file import Asked
from handrail.tasks.run_keepers import kept_during
from handrail.tasks.run_model import ModelChoice, config_hash, load_proposer, model_folder
from handrail.tasks.run_policy import PolicyChoice
from handrail.tasks.run_record import RunRecord
from handrail.tasks.run_request import RunRequest
from handrail.tasks.run_secrets import DiscreetListener, DiscreetProposer, Discretion
from handrail.tasks.run_target import BrowserTarget, DesktopTarget, FakeTarget
from handrail.tasks.run_trials import trials_on
from handrail.tasks.run_versions import versions
from handrail.tasks.runs import RunFolder, anchor_path, create_run, runs_root

__all__ = [
    "BrowserTarget",
    "Budget",
    "Crew",
    "DesktopTarget",
    "FakeTarget",
    "ModelChoice",
    "PolicyChoice",
    "RunEnd",
    "RunRequest",
    "run",
]


def _itself(proposer: Proposer) -> Proposer:
    return proposer


_CRASHED = Result("environment", "the run was ended by an error inside Handrail: please report it")


@dataclass(frozen=True)
class Crew:
    """Who takes part: without a proposer the request's model, without an approver nobody.

    ``around`` may put another proposer around whichever it is.
    """

    proposer: Proposer | None = None
    approver: Approver = field(default_factory=DenyAll)
    listener: Listener = field(default_factory=Listeners)
    stop: StopSwitch | None = None
    clock: Clock = field(default_factory=SystemClock)
    around: Callable[[Proposer], Proposer] = _itself


@dataclass(frozen=True)
class RunEnd:
    """How a run ended, and the folder that tells of it."""

    result: Result
    folder: RunFolder
    journal_head: str

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code that a command ends with."""
        return EXIT_CODES[self.result.kind]


def run(request: RunRequest, crew: Crew | None = None) -> RunEnd:
    """Carry a request out, and leave a folder with journal, frames, ``run.json`` and report.

    What goes wrong during the run is its result. Raises PolicyError for a policy that cannot be
    read or may not grant, SecretsError where the goal names a secret that there is not,
    RunFolderError and JournalError where nothing can be written down; KeyboardInterrupt passes
    through, lest whoever starts several runs goes on with the next.
    """
    people = Crew() if crew is None else crew
    policy = request.policy.load()
    vault = Vault(request.secrets, request.goal, policy.secret_uses)
    vault.check_goal(request.goal)
    policy = policy.guarding(vault)
    kept = Discretion(vault.censor)
    request = replace(request, budget=request.budget.within(policy.limits))
    folder = create_run(request.runs_folder or runs_root(os.environ))
    with Journal.create(folder.journal, folder.name, clean=kept.clean) as journal:
        record = RunRecord(folder, asked(request), versions())
        journal.follow(telling(Listeners([record, people.listener])))
        journal.append(Note(topic="run", data={"goal": request.goal}))
        journal.append(Note(topic=POLICY_TOPIC, data=dict(policy.written())))
        _anchor(folder, final=False)
        with (
            sending(journal, request.otlp),
            alarmed(journal, policy, folder.path.parent, os.environ),
        ):
            made = _Run(request, people, policy, vault, kept, folder, journal)
            result = _written_down(made, record)
    return RunEnd(result, folder, journal.head)


def _written_down(run: "_Run", record: RunRecord) -> Result:
    """Let a run go on to its end, and write that down however it comes."""
    result = _CRASHED
    try:
        listener = DiscreetListener(run.kept, [record, run.crew.listener])
        result = run.kept.result(run.result(listener))
    except KeyboardInterrupt:
        result = Result("stopped", "stopped by the person")
        if record.content.outcome == "running":
            run.crew.listener.ended(result)
        raise
    except RunFolderError as error:  # a full disk: the journal may still take why
        result = Result("environment", str(error))
        raise
    finally:
        _finish(result, record, run.journal)
        write_report(run.folder)
        if not run.journal.broken:
            _anchor(run.folder, final=True)
    return result


def asked(request: RunRequest) -> Asked:
    """Return what the record says of a request."""
    choice, budget = request.model, request.budget
    return Asked(
        kind=request.kind,
        goal=request.goal,
        target=request.target.described(),
        model=choice.shown,
        model_config_sha256="" if choice.remote else config_hash(model_folder(choice.model)),
        device=choice.device,
        dtype=choice.dtype,
        screenshots=choice.screenshots,
        hints=choice.hints,
        policy=request.policy.described(),
        max_steps=budget.steps,
        max_seconds=budget.seconds,
        max_calls=budget.calls,
        expect=tuple(check.written for check in request.expect),
    )


@dataclass(frozen=True)
class _Run:
    """The parts of a run that is about to begin."""

    request: RunRequest
    crew: Crew
    policy: Rulebook
    vault: Vault
    kept: Discretion
    folder: RunFolder
    journal: Journal

    def result(self, listener: Listener) -> Result:
        """Open the surface and the model, let the agent work, and return how it ended."""
        stop = self.crew.stop or StopSwitch(self.request.stop_file)
        result: Result | None = None
        try:
            with ExitStack() as opened:
                agent, checks = self._agent(opened, stop, listener)
                result = agent.run(self.request.goal, checks)
        except Stopped as error:
            result = result or _told(Result("stopped", str(error)), listener)
        except (ActuatorError, SandboxError, ModelError, TaskError) as error:
            result = result or _told(Result("environment", str(error)), listener)
        return result

    def _agent(
        self, opened: ExitStack, stop: StopSwitch, listener: Listener
    ) -> tuple[Agent, Checks]:
        request, office = self.request, PermitOffice()
        if self.crew.proposer is None and request.model.remote is None:
            open_checkpoint(model_folder(request.model.model))  # absent? say so before a browser
        warden = Warden(
            self.policy, self.journal, self.crew.approver, request.goal, self.kept.clean
        )
        surface = request.target.opened(office, self.folder.downloads, self.vault, warden)
        screen = opened.enter_context(surface)
        checks = Checks(request.expect, screen, self.crew.clock)
        screen.safeguards = replace(screen.safeguards, stopped=stop)
        proposer = self.crew.proposer
        if proposer is None:
            with stop.interruptible():
                proposer = load_proposer(request.model)
        gate = Gate(screen, office, self.policy, self.journal, warden.consents, stop)
        gate.warden = warden
        gate.trials = trials_on(request.target, screen, self.vault, self.kept.clean, stop)
        restore, target = self.policy.restore, request.target
        kept = kept_during(restore, target, screen, self.folder, self.journal)
        gate.keeping = opened.enter_context(kept)
        hints = screen.hints if request.model.hints and isinstance(screen, Hinting) else None
        watch = Watch(screen.observe, self.crew.clock, senses=screen, hints=hints)
        habits = Habits(request.budget, screenshots=request.model.screenshots)
        proposer = DiscreetProposer(self.crew.around(proposer), self.vault.censor)
        return Agent(watch, proposer, gate, stop, habits, listener), checks


def _anchor(folder: RunFolder, final: bool) -> None:
    """Keep outside the run's folder how far its journal has come. Raises JournalError."""
    anchor = anchor_of(read_journal(folder.journal), final)
    keep_anchor(anchor, anchor_path(folder.path.parent, folder.name))


def _told(result: Result, listener: Listener) -> Result:
    listener.ended(result)
    return result


def _finish(result: Result, record: RunRecord, journal: Journal) -> None:
    """Write the end down, in the record and, where it still can be written, in the journal."""
    if record.content.outcome == "running":
        record.ended(result)
    if not journal.broken:
        reason = sanitise(result.reason, 1_000)
        journal.append(Note(topic="end", data={"outcome": result.kind, "reason": reason}))
    record.sealed(journal.head)
