"""What a run is asked to do, as one value."""

from dataclasses import dataclass, field
from pathlib import Path

from handrail.actuators.observation import storable
from handrail.agent.budget import Budget
from handrail.sandbox.policy import Policy, ProfileName, load_policy, profile
from handrail.tasks.errors import UsageError
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.run_target import Target

DEFAULT_PROFILE: ProfileName = "ask"


@dataclass(frozen=True)
class PolicyChoice:
    """A policy file, a profile, or both: the profile then stands in for the file's own."""

    file: Path | None = None
    profile: ProfileName | None = None

    def load(self) -> Policy:
        """Return the policy. Raises PolicyError."""
        if self.file is None:
            return profile(self.profile or DEFAULT_PROFILE)
        policy = load_policy(self.file)
        if self.profile is None:
            return policy
        return policy.model_copy(update={"profile": self.profile})

    def described(self) -> str:
        """Return one line that says which policy this is."""
        named = f"profile {self.profile or DEFAULT_PROFILE}" if not self.file else str(self.file)
        return f"{named}, profile {self.profile}" if self.file and self.profile else named


@dataclass(frozen=True)
class RunRequest:
    """One goal on one screen.

    ``stop_file``: the run ends before its next effect once this file exists. ``runs_folder``: where
    the run's own folder is made; by default the user's state directory. Raises UsageError for a
    goal that says nothing or is no text.
    """

    goal: str
    target: Target
    model: ModelChoice = field(default_factory=ModelChoice)
    policy: PolicyChoice = field(default_factory=PolicyChoice)
    budget: Budget = field(default_factory=Budget)
    stop_file: Path | None = None
    runs_folder: Path | None = None

    def __post_init__(self) -> None:
        if storable(self.goal) != self.goal:
            raise UsageError("the goal is not valid text in this locale's encoding")
        if not self.goal.strip():
            raise UsageError("the goal is empty: say what is to be done")
