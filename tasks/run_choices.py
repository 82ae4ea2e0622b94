"""What the options of a run amount to: a model, policies, a budget."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.agent.budget import Budget
from handrail.tasks.errors import UsageError
from handrail.tasks.remote_setting import chosen_remote

if TYPE_CHECKING:
    from handrail.tasks.run_model import ModelChoice
    from handrail.tasks.run_policy import PolicyChoice


def chosen_model(arguments: argparse.Namespace, environ: Mapping[str, str]) -> "ModelChoice":
    """Return the model that was chosen. Raises UsageError."""
    from handrail.tasks.run_model import ModelChoice

    return ModelChoice(
        arguments.model,
        arguments.device,
        arguments.dtype,
        arguments.threads,
        arguments.screenshots,
        arguments.skip_ground,
        chosen_remote(arguments, environ),
        arguments.hints,
    )


def chosen_policy(arguments: argparse.Namespace, environ: Mapping[str, str]) -> "PolicyChoice":
    """Return the policies that were chosen, the user's own among them."""
    from handrail.tasks.run_policy import PolicyChoice, user_policy

    return PolicyChoice(
        restricts=tuple(arguments.policy or ()),
        profile=arguments.profile,
        grants=arguments.grants,
        user=user_policy(environ),
    )


def chosen_budget(arguments: argparse.Namespace, policy: "PolicyChoice") -> Budget:
    """Return the budget, within the policies' limits. Raises PolicyError."""
    budget = Budget(arguments.max_steps, arguments.max_seconds, arguments.max_calls)
    return budget.within(policy.load().limits)


def check_stop_file(stop_file: Path | None) -> None:
    """Refuse a stop file that is there already: it would end the run at once. Raises UsageError."""
    if stop_file is not None and _is_there(stop_file):
        raise UsageError(f"the stop file {stop_file} is there already: remove it first")


def _is_there(stop_file: Path) -> bool:
    try:
        return stop_file.exists()
    except OSError as error:
        raise UsageError(f"the stop file {stop_file} cannot be: {error.strerror}") from error
