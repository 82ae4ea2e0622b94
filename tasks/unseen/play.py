"""Play tasks through the same loop and gate as ``handrail run``, and look at the world after."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Protocol

from handrail.agent.budget import Budget
from handrail.agent.proposer import Proposer
from handrail.sandbox.policy import load_policy
from handrail.tasks.run import Crew, RunEnd, run
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.run_policy import PolicyChoice
from handrail.tasks.run_request import RunRequest
from handrail.tasks.run_target import Target
from handrail.tasks.runs import records
from handrail.tasks.unseen.task import UnseenTask, World

_SECONDS = 3_600.0

Casting = Callable[[World, UnseenTask], Proposer]
"""Chooses who plays a task."""


class Stage(World, Protocol):
    """Where tasks are played."""

    def begin(self, task: UnseenTask) -> None:
        """Open the task's page as if nobody had been there."""
        ...

    def target(self) -> Target:
        """Return the place of a run."""
        ...


@dataclass(frozen=True)
class Rules:
    """How tasks are played: at most ``spare`` steps more than they need, recorded in a folder.

    ``patience``: the seconds that the wanted state may come late. ``model`` is what the records say
    of who played.
    """

    model: ModelChoice
    spare: int = 8
    patience: float = 5.0
    runs_folder: Path | None = None


@dataclass(frozen=True)
class Played:
    """A task that was tried, how its run ended, and what is wrong with the world, if anything."""

    task: UnseenTask
    end: RunEnd
    problem: str

    @property
    def good(self) -> bool:
        """Tell whether the task is done, by the state of the world."""
        return not self.problem

    @property
    def said_done(self) -> bool:
        """Tell whether the run ended with the word that it is done."""
        return self.end.result.kind == "success"


def play(stage: Stage, task: UnseenTask, casting: Casting, rules: Rules) -> Played:
    """Play one task. Raises EpisodeLost and what ``run`` raises."""
    stage.begin(task)
    steps = len(task.moves) + rules.spare
    with (
        as_file(files("handrail.tasks.unseen") / "policy.toml") as policy,
        records(rules.runs_folder) as runs,
    ):
        request = RunRequest(
            goal=task.text,
            target=stage.target(),
            model=rules.model,
            policy=PolicyChoice(grants=load_policy(policy)),
            budget=Budget(steps=steps, seconds=_SECONDS, calls=4 * steps),
            runs_folder=runs,
        )
        end = run(request, Crew(proposer=casting(stage, task)))
        return Played(task, end, _problem(stage, task, rules.patience))


def _problem(world: World, task: UnseenTask, patience: float) -> str:
    deadline = time.monotonic() + patience
    while (problem := task.problem(world)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return problem
