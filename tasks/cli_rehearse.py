"""``handrail rehearse``: one goal on a copy of the world, and what it would have done."""

import argparse
import os

from handrail.agent.stop import StopSwitch
from handrail.sandbox.rehearsal.telling import told
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import UsageError
from handrail.tasks.rehearsal_grounds import GROUNDS
from handrail.tasks.run_choices import (
    check_stop_file,
    chosen_budget,
    chosen_model,
    chosen_policy,
)
from handrail.tasks.run_options import add_bounds, add_model, add_permissions
from handrail.tasks.stop_signals import stopping_on_ctrl_c


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = sub.add_parser(
        "rehearse",
        help="work towards a goal on a copy, and see what it would do",
        description="Work towards GOAL on a copy of a desktop's files or of a browser's state, "
        "where nobody is asked and nothing reaches the world; then say what it would have done. "
        "`handrail commit` does it. Exit codes as of `handrail run`.",
    )
    parser.set_defaults(handler=handle)
    parser.add_argument("goal", metavar="GOAL", help="what is to be done, in words")
    parser.add_argument("--on", choices=tuple(GROUNDS), required=True)
    for name, ground in GROUNDS.items():
        ground.add_options(parser.add_argument_group(f"with --on {name}"))
    add_model(parser.add_argument_group("the model"))
    add_permissions(parser.add_argument_group("what it may do"))
    add_bounds(parser.add_argument_group("when it ends"))


def handle(arguments: argparse.Namespace) -> int:
    """Carry the rehearsal out, print what it would have done, and return its exit code."""
    chosen = GROUNDS[arguments.on]
    _check(arguments)
    from handrail.sandbox.rehearsal.record import read_record
    from handrail.tasks.live import Hearing, LiveView
    from handrail.tasks.rehearse import rehearse
    from handrail.tasks.run import Crew
    from handrail.tasks.run_request import RunRequest

    copy = chosen.target(arguments, os.environ)
    policy = chosen_policy(arguments, os.environ)
    request = RunRequest(
        goal=arguments.goal,
        target=copy,
        model=chosen_model(arguments, os.environ),
        policy=policy,
        budget=chosen_budget(arguments, policy),
        stop_file=arguments.stop_file,
    )
    stop = StopSwitch(arguments.stop_file)
    view = LiveView(Hearing(highlight=False), arguments.goal, request.budget)
    try:
        with stopping_on_ctrl_c(stop):
            rehearsed = rehearse(request, copy, Crew(listener=view, stop=stop))
    finally:
        view.close()
    end = rehearsed.end
    if end.result.kind == "environment":
        complain(end.result.reason)
    else:
        for line in told(rehearsed.consequences):
            say(line)
        for line in read_record(end.folder.path).left_out:
            say(f"not in the copy: {line}")
    say(f"rehearsal {end.folder.name}\nreport   {end.folder.report}")
    return end.exit_code


def _check(arguments: argparse.Namespace) -> None:
    """Refuse options that make no sense together. Raises UsageError."""
    for name, ground in GROUNDS.items():
        for option in ground.options:
            if name != arguments.on and getattr(arguments, option):
                shown = option.replace("_", "-")
                raise UsageError(f"--{shown} does not go with --on {arguments.on}")
    check_stop_file(arguments.stop_file)
