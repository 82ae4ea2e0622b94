"""A shopper who orders a lamp in the bundled shop: in a rehearsal, and in its commit."""

from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.browser import BrowserConfig
from handrail.agent.proposer import Puppet
from handrail.sandbox.disk import Disk, OsDisk
from handrail.sandbox.rehearsal.points import Reached, nowhere
from handrail.tasks.browser_copy import CopyOfBrowser
from handrail.tasks.commit_browser import (
    CommitRequest,
    Committed,
    commit_in_browser,
    read_plan,
)
from handrail.tasks.rehearse import Rehearsed, rehearse
from handrail.tasks.run import Crew
from handrail.tasks.run_request import RunRequest
from handrail.tasks.runs import RunFolder
from handrail.tasks.sites.shop import VOLATILE, point

GOAL = "Order a desk lamp for Mara, Hafenweg 3"
SHORT = "checkout?items=lamp:1&name=Mara&street=Hafenweg+3"
"""What stands behind the shop's address where only the order is left to be placed."""


def ordering() -> list[Action]:
    """Return what a shopper does from the first page on, in order."""
    clicks = {name: Click(point=point(name)) for name in ("lamp", "checkout", "name", "street")}
    return [
        clicks["lamp"],
        clicks["checkout"],
        clicks["name"],
        Type(text="Mara"),
        clicks["street"],
        Type(text="Hafenweg 3"),
        *placing(),
    ]


def placing() -> list[Action]:
    """Return what is left to be done on the page of the checkout."""
    return [Click(point=point("order")), Terminate(status="success")]


@dataclass(frozen=True)
class Shopper:
    """Someone with a browser, whose runs go into a folder. ``held``: see ``browser_copy.py``."""

    url: str
    runs: Path
    program: Path | None = None
    held: bool = True

    def rehearsed(self) -> Rehearsed:
        """Rehearse the whole order, or what is left of it where the address is a checkout's."""
        copy = CopyOfBrowser(self.url, BrowserConfig(executable=self.program), VOLATILE, self.held)
        request = RunRequest(GOAL, copy, runs_folder=self.runs)
        actions = placing() if self.url.endswith(SHORT) else ordering()
        return rehearse(request, copy, Crew(Puppet(actions)))


def committed(
    rehearsal: RunFolder, disk: Disk | None = None, reached: Reached = nowhere
) -> Committed:
    """Commit what was rehearsed; its run goes beside the rehearsal's."""
    request = CommitRequest(
        rehearsal,
        read_plan(rehearsal).digest,
        runs_folder=rehearsal.path.parent,
        disk=OsDisk() if disk is None else disk,
        reached=reached,
    )
    return commit_in_browser(request)
