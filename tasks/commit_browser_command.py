"""``handrail commit`` of what was rehearsed in a browser."""

import argparse
import os
from typing import TYPE_CHECKING

from handrail.agent.stop import StopSwitch
from handrail.sandbox.rehearsal.telling import told
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode
from handrail.tasks.run_choices import chosen_policy
from handrail.tasks.stop_signals import stopping_on_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Callable

    from handrail.tasks.commit_browser import CommitRequest, Committed
    from handrail.tasks.runs import RunFolder


def commit_from_command(
    arguments: argparse.Namespace, folder: "RunFolder", agreed: "Callable[[str], bool]"
) -> int:
    """Show the plan of a rehearsal, ask, do it for real, and return the exit code.

    ``agreed`` asks about the digest of what was shown. Raises RehearsalError, UsageError.
    """
    from handrail.sandbox.rehearsal.record import read_record
    from handrail.sandbox.rehearsal.sending import read_sending
    from handrail.tasks.commit_browser import CommitRequest, read_plan

    plan = read_plan(folder)
    for line in told(read_record(folder.path).consequences):
        say(line)
    say(f"actions  {len(plan.steps)}, requests {len(plan.requests)}\ndigest   {plan.digest}")
    before = read_sending(folder.path)
    if arguments.dry_run:
        return ExitCode.SUCCESS
    if (before is None or not before.sent) and not agreed(plan.digest):
        say("nothing was done")
        return ExitCode.DENIED
    done = _done(CommitRequest(folder, plan.digest, chosen_policy(arguments, os.environ)))
    (say if done.good else complain)(done.words)
    if done.end is not None:
        say(f"report   {done.end.folder.report}\njournal  {done.end.journal_head}")
    return ExitCode.SUCCESS if done.good else ExitCode.FAILED


def _done(request: "CommitRequest") -> "Committed":
    from handrail.agent.budget import Budget
    from handrail.tasks.commit_browser import commit_in_browser
    from handrail.tasks.live import Hearing, LiveView
    from handrail.tasks.run import Crew

    stop = StopSwitch()
    goal = f"commit {request.rehearsal.name}"
    view = LiveView(Hearing(highlight=False), goal, Budget())
    try:
        with stopping_on_ctrl_c(stop):
            return commit_in_browser(request, Crew(listener=view, stop=stop))
    finally:
        view.close()
