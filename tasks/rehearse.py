"""One rehearsal: a run on a copy of the world, and what it would have done to the world.

from handrail.tasks.rehearse import rehearse

rehearsed = rehearse(RunRequest("Correct the date", copy))
print(rehearsed.consequences.telling, rehearsed.end.folder.report)
"""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from handrail.agent.proposer import Proposer
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.trying import Trying
from handrail.tasks.errors import UsageError
from handrail.tasks.report.page import write_report
from handrail.tasks.run import Crew, RunEnd, run
from handrail.tasks.run_request import RunRequest
from handrail.tasks.run_target import Target
from handrail.tasks.runs import RunFolder


class CopyTarget(Target, Protocol):
    """A target whose surface is a copy: nothing that is done on it reaches the world."""

    def found(self, folder: RunFolder) -> Consequences:
        """Return what was done on the copy, once its surface is closed.

        Leaves in the run's folder the record that a commit reads. Raises RehearsalError, also where
        there was no copy.
        """
        ...

    def gave_up(self, reason: str) -> None:
        """Leave a record that there is nothing to commit, unless its end is written down already.

        What was kept to be committed is removed. Raises RehearsalError.
        """
        ...


@runtime_checkable
class Bounded(Protocol):
    """A copy on which a rehearsal is over sooner than its goal is reached."""

    def bounded(self, proposer: Proposer) -> Proposer:
        """Return the proposer, ended where nothing further can be rehearsed."""
        ...


@dataclass(frozen=True)
class Rehearsed:
    """How a rehearsal ended, and what it would have done."""

    end: RunEnd
    consequences: Consequences


def rehearse(request: RunRequest, copy: CopyTarget, crew: Crew | None = None) -> Rehearsed:
    """Carry a request out on a copy, and leave a run's folder of the kind ``rehearsal``.

    The request's own target is not touched, and no approver is asked. Raises what ``run`` raises,
    and RehearsalError where it cannot be told what was done on the copy.
    """
    if request.secrets is not None:
        raise UsageError("a rehearsal uses no secrets: what is typed on a copy is shown")
    people = replace(Crew() if crew is None else crew, approver=Trying())
    if isinstance(copy, Bounded):
        people = replace(people, around=copy.bounded)
    try:
        end = run(replace(request, target=copy, kind="rehearsal"), people)
        if end.result.kind == "environment":
            copy.gave_up(end.result.reason)
            return Rehearsed(end, Consequences())
        consequences = copy.found(end.folder)
    except BaseException as error:
        copy.gave_up(str(error))
        raise
    write_report(end.folder)  # anew: what was found is known only now
    return Rehearsed(end, consequences)
