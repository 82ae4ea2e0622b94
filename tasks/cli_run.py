"""``handrail run``: one goal on one screen."""

import argparse
import os
import shlex
from typing import TYPE_CHECKING

from handrail.agent.stop import StopSwitch
from handrail.tasks.approval_setting import chosen_approval
from handrail.tasks.browser_setting import chosen_browser
from handrail.tasks.cli_output import complain, say, unsaid
from handrail.tasks.errors import UsageError
from handrail.tasks.run_choices import (
    check_stop_file,
    chosen_budget,
    chosen_model,
    chosen_policy,
)
from handrail.tasks.run_options import add_options
from handrail.tasks.runs import runs_root
from handrail.tasks.stop_keys import stopping_on_keys
from handrail.tasks.stop_signals import stopping_on_ctrl_c

if TYPE_CHECKING:
    from handrail.tasks.run_request import RunRequest
    from handrail.tasks.run_target import BrowserTarget, DesktopTarget

_BROWSER_ONLY = ("url", "headed", "browser", "storage_state", "profile_dir", "attach")
_DESKTOP_ONLY = ("display", "app", "monitor", "window")


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    run = sub.add_parser(
        "run",
        help="work towards a goal on a screen",
        description="Work towards GOAL on a browser or a desktop. Exit codes: 0 success, 1 task "
        "failed, 2 usage, 3 denied by policy, 4 budget used up, 5 environment, 130 stopped.",
    )
    run.set_defaults(handler=handle)
    add_options(run)


def handle(arguments: argparse.Namespace) -> int:
    """Carry the run out and return its exit code."""
    check(arguments)
    from handrail.tasks.live import Hearing, LiveView
    from handrail.tasks.run import Crew, run
    from handrail.tasks.run_alerts import RAISED

    # An unreadable policy or grant is told before anything is opened or printed.
    request = _request(arguments)
    asking = chosen_approval(arguments, runs_root(os.environ))
    stop = StopSwitch(arguments.stop_file)
    view = LiveView(Hearing(highlight=False), arguments.goal, request.budget)
    displays = {os.environ.get("DISPLAY", ""), arguments.display or ""}
    try:
        with (
            stopping_on_ctrl_c(stop),
            stopping_on_keys(displays),
            unsaid(RAISED),
            asking.opened(stop, view.aside) as approver,
        ):
            end = run(request, Crew(approver=approver, listener=view, stop=stop))
    finally:
        view.close()
    if end.result.answer is not None:
        say(end.result.answer)
    if end.result.kind == "environment":
        complain(end.result.reason)
    say(f"report   {end.folder.report}\njournal  {end.journal_head}")
    return end.exit_code


def _request(arguments: argparse.Namespace) -> "RunRequest":
    """Return what was asked for. Raises UsageError, PolicyError, SecretsError."""
    from handrail.sandbox.secret_sources import open_source
    from handrail.tasks.check_grammar import read_check
    from handrail.tasks.otlp import collector, collector_setting
    from handrail.tasks.run_request import RunRequest

    expect = tuple(map(read_check, arguments.expect))
    policy = chosen_policy(arguments, os.environ)
    budget = chosen_budget(arguments, policy)
    return RunRequest(
        goal=arguments.goal,
        target=_browser(arguments) if arguments.on == "browser" else _desktop(arguments),
        model=chosen_model(arguments, os.environ),
        policy=policy,
        budget=budget,
        stop_file=arguments.stop_file,
        expect=expect,
        otlp=collector(arguments.otlp) if arguments.otlp else collector_setting(os.environ),
        secrets=None if arguments.secrets is None else open_source(arguments.secrets, os.environ),
    )


def check(arguments: argparse.Namespace) -> None:
    """Refuse options that make no sense together. Raises UsageError."""
    foreign = _DESKTOP_ONLY if arguments.on == "browser" else _BROWSER_ONLY
    for name in foreign:
        if getattr(arguments, name):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} does not go with --on {arguments.on}")
    if arguments.on == "browser" and not (arguments.url or arguments.attach):
        raise UsageError("--on browser needs --url (or --attach)")
    for name in ("url", "app", "window", "display", "secrets"):
        if (given := getattr(arguments, name)) is not None and not given.strip():
            raise UsageError(f"--{name} is empty: leave it out, or say which")
    check_stop_file(arguments.stop_file)


def _browser(arguments: argparse.Namespace) -> "BrowserTarget":
    from handrail.actuators.browser import BrowserConfig
    from handrail.tasks.run_target import BrowserTarget

    program = arguments.browser
    if not arguments.attach:  # an attached browser has its own, whatever the environment sets
        program = chosen_browser(program, os.environ)
    try:
        config = BrowserConfig(
            executable=program,
            headless=not arguments.headed,
            storage_state=arguments.storage_state,
            profile_dir=arguments.profile_dir,
            attach=arguments.attach,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    return BrowserTarget(arguments.url, config)


def _desktop(arguments: argparse.Namespace) -> "DesktopTarget":
    from handrail.tasks.run_target import DesktopTarget

    try:
        app = tuple(shlex.split(arguments.app or ""))
    except ValueError as error:
        raise UsageError(f"--app cannot be read as a command: {error}") from error
    if arguments.monitor is not None and arguments.window is not None:
        raise UsageError("choose a --monitor or a --window, not both")
    display = arguments.display or os.environ.get("DISPLAY") or None
    return DesktopTarget(display, app, arguments.monitor, arguments.window)
