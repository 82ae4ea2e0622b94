"""On what surface the actions of a run can be tried first: on a browser of any kind."""

from collections.abc import Callable

from handrail.actuators.base import SecretResolver
from handrail.actuators.browser import Browser
from handrail.actuators.primitives import Guarded
from handrail.sandbox.trial import Trials
from handrail.tasks.browser_trials import BrowserTrials
from handrail.tasks.run_target import BrowserTarget, Target


def trials_on(
    target: Target,
    screen: Guarded,
    secrets: SecretResolver,
    clean: Callable[[str], str],
    stopped: Callable[[], bool],
) -> Trials | None:
    """Return what tries actions on copies of a screen, None where it cannot be copied."""
    if not isinstance(target, BrowserTarget) or not isinstance(screen, Browser):
        return None
    return BrowserTrials(screen, target.config.executable, secrets, clean, stopped)
