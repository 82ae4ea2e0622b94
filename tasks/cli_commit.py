"""``handrail commit``: do for real what was rehearsed, exactly as it was shown."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from handrail.agent.stop import StopSwitch
from handrail.tasks.cli_output import complain, say
from handrail.tasks.consequence_lines import told
from handrail.tasks.errors import ExitCode, UsageError
from handrail.tasks.run_choices import chosen_policy
from handrail.tasks.run_options import add_permissions
from handrail.tasks.runs import find_run, runs_root
from handrail.tasks.stop_signals import stopping_on_ctrl_c

if TYPE_CHECKING:
    from handrail.sandbox.rehearsal.consequences import Consequences
    from handrail.tasks.runs import RunFolder


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = sub.add_parser(
        "commit",
        help="do for real what was rehearsed",
        description="Do what RUN, a rehearsal, has shown, and nothing else: it stops at the first "
        "difference. A second commit does nothing twice. Exit codes: 0 all of it was done, 1 it "
        "was stopped or is in doubt, 2 usage, 5 environment.",
    )
    parser.set_defaults(handler=handle)
    parser.add_argument("run", metavar="RUN", help="the rehearsal's name, its beginning, or last")
    parser.add_argument(
        "--approve",
        metavar="DIGEST",
        help="approve what has this digest without being asked; without it, a terminal asks",
    )
    add_permissions(parser.add_argument_group("what it may do"))


def handle(arguments: argparse.Namespace) -> int:
    """Carry the commit out and return its exit code."""
    from handrail.sandbox.rehearsal.record import read_record

    folder = find_run(runs_root(os.environ), arguments.run)
    record = read_record(folder.path)
    if record.on != "browser":
        raise UsageError(
            f"{folder.name} was rehearsed on a {record.on}: that is not committed here"
        )
    return _in_browser(arguments, folder, record.consequences)


def _in_browser(
    arguments: argparse.Namespace, folder: "RunFolder", consequences: "Consequences"
) -> int:
    from handrail.tasks.commit_browser import CommitRequest, commit_in_browser, read_plan
    from handrail.tasks.live import Hearing, LiveView
    from handrail.tasks.run import Budget, Crew

    plan = read_plan(folder)
    for line in told(consequences):
        say(line)
    say(f"{len(plan.steps)} actions; plan {plan.digest}")
    approved = arguments.approve or _asked(plan.digest)
    if not approved:
        say("nothing was done")
        return ExitCode.DENIED
    stop = StopSwitch()
    view = LiveView(Hearing(highlight=False), f"commit {folder.name}", Budget())
    request = CommitRequest(folder, approved, chosen_policy(arguments, os.environ))
    try:
        with stopping_on_ctrl_c(stop):
            done = commit_in_browser(request, Crew(listener=view, stop=stop))
    finally:
        view.close()
    (say if done.good else complain)(done.words)
    if done.end is not None:
        say(f"report   {done.end.folder.report}\njournal  {done.end.journal_head}")
    return ExitCode.SUCCESS if done.good else ExitCode.FAILED


def _asked(digest: str) -> str:
    """Ask on the terminal; return the digest, or an empty string for a no."""
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is here to be asked: say --approve {digest}")
    sys.stdout.write("do exactly this? [y/N] ")
    sys.stdout.flush()
    return digest if sys.stdin.readline().strip().lower() in {"y", "yes"} else ""
