"""A rehearsal or a commit in the bundled shop that is killed (SIGKILL) at a named point.

``python -m tests.faults.shop_kills commit REHEARSAL POINT DEFENDED``,
``python -m tests.faults.shop_kills rehearse RUNS POINT DEFENDED ADDRESS``.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from handrail.actuators.browser import BrowserConfig
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Puppet
from handrail.sandbox.disk import OsDisk
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.sending import SENDING_NAME
from handrail.tasks.browser_copy import CopyOfBrowser
from handrail.tasks.browser_setting import chosen_browser
from handrail.tasks.rehearse import rehearse
from handrail.tasks.run import Crew
from handrail.tasks.run_request import RunRequest
from handrail.tasks.runs import RunFolder
from handrail.tasks.sites.shop import VOLATILE
from handrail.tasks.suites.shopping import GOAL, committed, placing


class ForgetfulDisk(OsDisk):
    """Keeps nothing of what a commit sends."""

    def rename(self, source: Path, target: Path) -> None:
        """Leave the earlier file, if any, where it is."""
        if target.name != SENDING_NAME:
            super().rename(source, target)


def disk(defended: bool) -> OsDisk:
    """Return the disk of a commit."""
    return OsDisk() if defended else ForgetfulDisk()


class DyingCopy(CopyOfBrowser):
    """A copy whose rehearsal is cut off before or after what it found is kept."""

    reached: Callable[[str], None]

    def found(self, folder: RunFolder) -> Consequences:
        """Tell what was found, and keep it."""
        self.reached("before found")
        told = super().found(folder)
        self.reached("found")
        return told


class DyingPuppet(Puppet):
    """A shopper who may be cut off before the first click."""

    reached: Callable[[str], None]

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the next of the list."""
        self.reached("opened")
        return super().propose(goal, history, observation)


def main(what: str, folder: Path, point: str, defended: bool, url: str) -> None:
    """Do it, and die at the point."""

    def reached(here: str) -> None:
        if here == point:
            os.kill(os.getpid(), signal.SIGKILL)

    if what == "commit":
        committed(RunFolder(folder), disk(defended), reached)
        return
    config = BrowserConfig(executable=chosen_browser(None, os.environ))
    copy = DyingCopy(url, config, VOLATILE, held=defended)
    puppet = DyingPuppet(placing())
    copy.reached = puppet.reached = reached
    rehearse(RunRequest(GOAL, copy, runs_folder=folder), copy, Crew(puppet))


if __name__ == "__main__":
    what, folder, point, word, *address = sys.argv[1:]
    main(what, Path(folder), point, word == "defended", "".join(address))
