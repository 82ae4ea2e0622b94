"""Play episodes: each is a run of its own, through the same loop and gate as ``handrail run``."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path

from handrail.actuators.actions import Terminate
from handrail.actuators.observation import Observation
from handrail.agent.budget import Budget
from handrail.agent.history import Step
from handrail.agent.listener import Listener, Listeners
from handrail.agent.proposal import ParseError, Proposal, describe
from handrail.agent.proposer import Proposer
from handrail.agent.result import EndKind
from handrail.sandbox.policy import load_policy
from handrail.tasks.miniwob.stage import Stage
from handrail.tasks.run import Crew, run
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.run_policy import PolicyChoice
from handrail.tasks.run_request import RunRequest
from handrail.tasks.runs import records

FULL = 0.9
"""Above this a reward is full: what pages give for half-done work is less."""
_SECONDS = 3_600.0

Casting = Callable[[Stage, str, int], Proposer]
"""Chooses who plays a task's episode of a seed."""


@dataclass(frozen=True)
class Rules:
    """How episodes are played: ``steps`` at most, recorded under ``runs_folder``.

    ``model`` is what the records say of who played. Once there is a ``stop_file``, episodes end.
    ``listener`` is told of each run as it goes.
    """

    steps: int
    model: ModelChoice
    runs_folder: Path | None = None
    stop_file: Path | None = None
    listener: Listener = field(default_factory=Listeners)


@dataclass(frozen=True)
class Played:
    """An episode that has ended: what was asked, the page's own verdict, and what it took."""

    task: str
    seed: int
    goal: str
    done: bool
    reward: float
    steps: int
    seconds: float
    end: EndKind
    reason: str

    @property
    def success(self) -> bool:
        """Tell whether the page gave its full reward, time left out of account."""
        return self.done and self.reward > FULL

    @property
    def positive(self) -> bool:
        """Tell whether the reward is above 0, which half-done work may earn on a few pages."""
        return self.done and self.reward > 0


class Referee:
    """Passes a proposer's actions on until the page says that the episode is over.

    ``called_off`` is 1 once it did, which took a step of the run, else 0.
    """

    def __init__(self, inner: Proposer, stage: Stage) -> None:
        self._inner, self._stage = inner, stage
        self.called_off = 0

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """End the run where the episode has ended, else ask the proposer."""
        outcome = self._stage.outcome()
        if not outcome.done:
            return self._inner.propose(goal, history, observation)
        self.called_off = 1
        action = Terminate(status="success" if outcome.reward > FULL else "failure")
        return Proposal(action, describe(action))


def play(stage: Stage, episode: tuple[str, int], casting: Casting, rules: Rules) -> Played:
    """Play one task's episode of a seed. Raises EpisodeLost and what ``run`` raises."""
    task, seed = episode
    goal = stage.begin(task, seed)
    with ExitStack() as opened:
        policy = opened.enter_context(as_file(files("handrail.tasks.miniwob") / "policy.toml"))
        request = RunRequest(
            goal=goal,
            target=stage.target(),
            model=rules.model,
            policy=PolicyChoice(grants=load_policy(policy)),
            budget=Budget(steps=rules.steps, seconds=_SECONDS, calls=4 * rules.steps),
            runs_folder=opened.enter_context(records(rules.runs_folder)),
            stop_file=rules.stop_file,
        )
        referee = Referee(casting(stage, task, seed), stage)
        end = run(request, Crew(proposer=referee, listener=rules.listener))
    outcome, result = stage.outcome(), end.result
    return Played(
        task=task,
        seed=seed,
        goal=goal,
        done=outcome.done,
        reward=outcome.reward if outcome.done else 0.0,
        steps=result.spent.steps - referee.called_off,
        seconds=result.spent.seconds,
        end=result.kind,
        reason=result.reason,
    )
