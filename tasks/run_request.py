"""What a run is asked to do, as one value."""

from dataclasses import dataclass, field
from pathlib import Path

from handrail.actuators.observation import storable
from handrail.agent.budget import Budget
from handrail.sandbox.secret_sources import SecretSource
from handrail.tasks.checking import Check
from handrail.tasks.errors import UsageError
from handrail.tasks.run_file import RunKind
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.run_policy import PolicyChoice
from handrail.tasks.run_target import Target


@dataclass(frozen=True)
class RunRequest:
    """One goal on one screen.

    ``stop_file``: the run ends before its next key or click once this file exists.
    ``runs_folder``: where the run's own folder is made; by default the user's state directory.
    ``expect``: what must be so at the end; without it a success is the model's word. ``otlp``: the
    address of a collector that gets the run's spans (see ``otlp.py``). ``secrets``: where the
    secrets are that the goal names as ``{{secret:NAME}}``; by default there are none. ``kind``: a
    rehearsal is a run on a copy. Raises UsageError for a goal that says nothing or is no text.
    """

    goal: str
    target: Target
    model: ModelChoice = field(default_factory=ModelChoice)
    policy: PolicyChoice = field(default_factory=PolicyChoice)
    budget: Budget = field(default_factory=Budget)
    stop_file: Path | None = None
    runs_folder: Path | None = None
    expect: tuple[Check, ...] = ()
    otlp: str | None = None
    secrets: SecretSource | None = None
    kind: RunKind = "run"

    def __post_init__(self) -> None:
        if storable(self.goal) != self.goal:
            raise UsageError("the goal is not valid text in this locale's encoding")
        if not self.goal.strip():
            raise UsageError("the goal is empty: say what is to be done")
