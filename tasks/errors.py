"""Everything the commands may raise, and the exit codes that a shell sees.

    TaskError
    +-- UsageError        what was asked for makes no sense (exit code 2)
    |   +-- NoSuchRun     there is no run of that name
    |   +-- RowError      a file of grounding data cannot be used
    |   +-- RunUnusable   nothing of a run can be learned from
    |   +-- NoSuchAction  that record of a journal is no action in doubt
    |   +-- KeyUnreadable the key of an anchor cannot be read, or is no key
    +-- PackagesMissing   packages that are needed for this cannot be had (exit code 5)
    +-- SpansLost         a collector did not take a run's spans (exit code 5)
    +-- EpisodeLost       the page of an episode does not answer (exit code 5)
    +-- ScreenLost        a screen that was to be photographed did not come, or moves (exit code 5)
    +-- RunFolderError    the folder of a run cannot be made or read (exit code 5)
    +-- CheckFailed       ``handrail doctor`` read back something else than it did (exit code 5)

Every other error of Handrail's own ends with 5, but an unreadable policy and a grant that is worth
nothing, which end with 2, and a person's wish to stop, which ends with 130.
"""

from enum import IntEnum
from typing import Final

from handrail.agent.errors import Stopped
from handrail.agent.result import EndKind
from handrail.sandbox.errors import GrantError, PolicyError


class ExitCode(IntEnum):
    """What ``handrail`` ends with."""

    SUCCESS = 0
    FAILED = 1
    USAGE = 2
    DENIED = 3
    BUDGET = 4
    ENVIRONMENT = 5
    STOPPED = 130


EXIT_CODES: Final[dict[EndKind, ExitCode]] = {
    "success": ExitCode.SUCCESS,
    "failed": ExitCode.FAILED,
    "denied": ExitCode.DENIED,
    "budget": ExitCode.BUDGET,
    "environment": ExitCode.ENVIRONMENT,
    "stopped": ExitCode.STOPPED,
}


class TaskError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class UsageError(TaskError):
    """What was asked for cannot be meant so."""


class NoSuchRun(UsageError):
    """No run has this name."""


class RowError(UsageError):
    """A file of grounding data cannot be used; the message names the row."""


class RunUnusable(UsageError):
    """Nothing of a run can be learned from; the message names the run and says why."""


class NoSuchAction(UsageError):
    """What is said of a journal's record does not fit that record."""


class KeyUnreadable(UsageError):
    """The file that is said to hold a key cannot be read, or holds none."""


class PackagesMissing(TaskError):
    """Packages that are needed are not there, or could not be fetched or prepared."""


class SpansLost(TaskError):
    """A collector could not be reached, or refused what was sent."""


class EpisodeLost(TaskError):
    """The page of an episode does not answer, or is not the page that was opened."""


class ScreenLost(TaskError):
    """A screen of training's windows did not come, never stood still, or its program ended."""


class RunFolderError(TaskError):
    """The folder of a run cannot be made, read or written."""


class CheckFailed(TaskError):
    """A check of this machine did not give what it must."""


def exit_code(error: Exception) -> ExitCode:
    """Return the exit code of an error that ends a command."""
    if isinstance(error, UsageError | PolicyError | GrantError):
        return ExitCode.USAGE
    if isinstance(error, Stopped):
        return ExitCode.STOPPED
    return ExitCode.ENVIRONMENT
