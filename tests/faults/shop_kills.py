"""A rehearsal or a commit in the bundled shop that is killed (SIGKILL) at a named point.

``python -m tests.faults.shop_kills commit REHEARSAL POINT DEFENDED``,
``python -m tests.faults.shop_kills rehearse RUNS POINT DEFENDED ADDRESS``.
"""

import os
import signal
import sys
from pathlib import Path

from handrail.actuators.browser import BrowserConfig
from handrail.sandbox.disk import OsDisk
from handrail.sandbox.rehearsal.sending import SENDING_NAME
from handrail.tasks.browser_copy import CopyOfBrowser
from handrail.tasks.browser_setting import chosen_browser
from handrail.tasks.rehearse import rehearse
from handrail.tasks.run import Crew
from handrail.tasks.run_request import RunRequest
from handrail.tasks.runs import RunFolder
from handrail.tasks.sites.shop import VOLATILE
from handrail.tasks.suites.shopping import GOAL, committed, placing
from tests.faults.rehearse_kills import Telling


class ForgetfulDisk(OsDisk):
    """Keeps nothing of what a commit sends."""

    def rename(self, source: Path, target: Path) -> None:
        """Leave the earlier file, if any, where it is."""
        if target.name != SENDING_NAME:
            super().rename(source, target)


def disk(defended: bool) -> OsDisk:
    """Return the disk of a commit."""
    return OsDisk() if defended else ForgetfulDisk()


def main(what: str, folder: Path, point: str, defended: bool, url: str) -> None:
    """Do it, and die at the point."""

    def reached(here: str) -> None:
        if here == point:
            os.kill(os.getpid(), signal.SIGKILL)

    if what == "commit":
        committed(RunFolder(folder), disk(defended), reached)
        return
    profile = folder.with_name(f"{folder.name}-profile")
    config = BrowserConfig(chosen_browser(None, os.environ), profile_dir=profile)
    copy = CopyOfBrowser(url, config, VOLATILE, held=defended, reached=reached)
    puppet = Telling(placing())
    puppet.reached = reached
    rehearse(RunRequest(GOAL, copy, runs_folder=folder), copy, Crew(puppet))


if __name__ == "__main__":
    what, folder, point, word, *address = sys.argv[1:]
    main(what, Path(folder), point, word == "defended", "".join(address))
