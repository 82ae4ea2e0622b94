"""``handrail run``: one goal on one screen."""

import argparse
import os
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from handrail.agent.budget import Budget
from handrail.agent.history import SCREENSHOTS
from handrail.agent.stop import StopSwitch
from handrail.tasks.approval_setting import add_approval, chosen_approval
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import UsageError
from handrail.tasks.remote_setting import add_remote, chosen_remote
from handrail.tasks.runs import runs_root
from handrail.tasks.stop_keys import stopping_on_keys

if TYPE_CHECKING:
    from handrail.tasks.run_target import BrowserTarget, DesktopTarget

_PROFILES = ("observe", "rehearse", "ask", "unattended")
_DTYPES = ("auto", "bfloat16", "float32")
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
    run.add_argument("goal", metavar="GOAL", help="what is to be done, in words")
    run.add_argument("--on", choices=("browser", "desktop"), required=True)
    _add_browser(run.add_argument_group("with --on browser"))
    _add_desktop(run.add_argument_group("with --on desktop"))
    _add_model(run.add_argument_group("the model"))
    _add_bounds(run.add_argument_group("what it may do"))
    run.add_argument_group("what must be so at the end").add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="CHECK",
        help="a success must meet this too, such as 'url contains /done', 'text \"Saved\"' or "
        "'file out.txt exists'; may be given several times",
    )
    add_approval(run.add_argument_group("who is asked"))


def _add_browser(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--url", help="the address to start at")
    group.add_argument("--headed", action="store_true", help="show the browser's window")
    add_browser(group)
    group.add_argument(
        "--storage-state", type=Path, metavar="FILE", help="cookies and storage to start with"
    )
    group.add_argument("--profile-dir", type=Path, metavar="DIR", help="a lasting browser profile")
    group.add_argument("--attach", metavar="CDP_URL", help="use a browser that runs already")


def _add_desktop(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--display", metavar=":N", help="an X display (default: $DISPLAY)")
    group.add_argument(
        "--app",
        metavar="CMD",
        help="start this program first; where there is no display, on a display of its own",
    )
    group.add_argument("--monitor", type=int, metavar="N", help="only this monitor, from 1")
    group.add_argument("--window", metavar="TITLE", help="only the window with this in its title")


def _add_model(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--model",
        default="pocket",
        metavar="PATH_OR_NAME",
        help="a Qwen3-VL checkpoint's folder, the name of a pulled model, a GGUF file beside its "
        "mmproj file, or pocket: the small one that is built in (default)",
    )
    add_remote(group)
    group.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default: cpu)")
    group.add_argument("--dtype", choices=_DTYPES, default="auto")
    group.add_argument("--threads", type=_positive, metavar="N", help="threads for the model")
    group.add_argument(
        "--screenshots",
        type=_positive,
        default=SCREENSHOTS,
        metavar="N",
        help="how many screenshots the model sees at most, this step's included; old ones go all "
        f"at once (default: {SCREENSHOTS})",
    )


def _add_bounds(group: argparse._ArgumentGroup) -> None:
    budget = Budget()
    group.add_argument(
        "--profile", choices=_PROFILES, help="what is granted where no rule decides (default: ask)"
    )
    group.add_argument(
        "--grants",
        type=Path,
        metavar="FILE",
        help="a policy in TOML, of yours and writable by nobody else, that grants; so does "
        "handrail/policy.toml in your configuration directory, where it is",
    )
    group.add_argument(
        "--policy",
        type=Path,
        action="append",
        metavar="FILE",
        help="a policy in TOML that only restricts, whoever wrote it; may be given several times",
    )
    group.add_argument(
        "--secrets",
        metavar="WHERE",
        help="where the secrets are that the goal names as {{secret:NAME}}: keyring, env "
        "(HANDRAIL_SECRET_NAME), or a file, TOML or NAME=value, that you alone can read; none by "
        "default",
    )
    group.add_argument("--max-steps", type=_positive, default=budget.steps, metavar="N")
    group.add_argument("--max-seconds", type=_positive, default=int(budget.seconds), metavar="N")
    group.add_argument("--max-calls", type=_positive, default=budget.calls, metavar="N")
    group.add_argument(
        "--otlp",
        metavar="URL",
        help="send the run's spans to this OpenTelemetry collector (default: where "
        "OTEL_EXPORTER_OTLP_ENDPOINT says, if it does)",
    )
    group.add_argument(
        "--stop-file",
        type=Path,
        metavar="FILE",
        help="stop before the next key or click once it exists; so do Ctrl-C, SIGTERM and, on an "
        "X display, Ctrl+Shift+Escape",
    )


def handle(arguments: argparse.Namespace) -> int:
    """Carry the run out and return its exit code."""
    check(arguments)
    from handrail.sandbox.secret_sources import open_source
    from handrail.tasks.check_grammar import read_check
    from handrail.tasks.live import Hearing, LiveView
    from handrail.tasks.otlp import collector, collector_setting
    from handrail.tasks.run import Crew, run
    from handrail.tasks.run_model import ModelChoice
    from handrail.tasks.run_policy import PolicyChoice, user_policy
    from handrail.tasks.run_request import RunRequest

    expect = tuple(map(read_check, arguments.expect))
    policy = PolicyChoice(
        restricts=tuple(arguments.policy or ()),
        profile=arguments.profile,
        grants=arguments.grants,
        user=user_policy(os.environ),
    )
    budget = Budget(arguments.max_steps, arguments.max_seconds, arguments.max_calls)
    # An unreadable policy or grant is told before anything is opened or printed.
    budget = budget.within(policy.load().limits)
    asking = chosen_approval(arguments, runs_root(os.environ))
    request = RunRequest(
        goal=arguments.goal,
        target=_browser(arguments) if arguments.on == "browser" else _desktop(arguments),
        model=ModelChoice(
            arguments.model,
            arguments.device,
            arguments.dtype,
            arguments.threads,
            arguments.screenshots,
            chosen_remote(arguments, os.environ),
        ),
        policy=policy,
        budget=budget,
        stop_file=arguments.stop_file,
        expect=expect,
        otlp=collector(arguments.otlp) if arguments.otlp else collector_setting(os.environ),
        secrets=None if arguments.secrets is None else open_source(arguments.secrets, os.environ),
    )
    stop = StopSwitch(arguments.stop_file)
    view = LiveView(Hearing(highlight=False), arguments.goal, budget)
    displays = {os.environ.get("DISPLAY", ""), arguments.display or ""}
    try:
        with (
            stopping_on_ctrl_c(stop),
            stopping_on_keys(displays),
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
    if arguments.stop_file is not None and _is_there(arguments.stop_file):
        raise UsageError(f"the stop file {arguments.stop_file} is there already: remove it first")


def _is_there(stop_file: Path) -> bool:
    try:
        return stop_file.exists()
    except OSError as error:
        raise UsageError(f"the stop file {stop_file} cannot be: {error.strerror}") from error


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


@contextmanager
def stopping_on_ctrl_c(stop: StopSwitch) -> Iterator[None]:
    """Let the first Ctrl-C stop the run before its next key or click, a second at once.

    SIGTERM and a terminal that hangs up do the same, so that what was opened is closed.
    """
    kinds = [signal.SIGINT, signal.SIGTERM]
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:  # as under nohup
        kinds.append(hang_up)

    def handler(_number: int, _frame: FrameType | None) -> None:
        for kind in kinds:
            signal.signal(kind, signal.default_int_handler)
        # Not print: a signal may arrive in the middle of one.
        with suppress(OSError):  # the terminal may be gone
            os.write(2, b"\nstopping before the next key or click; Ctrl-C again ends at once\n")
        stop.trip()

    before = {kind: signal.signal(kind, handler) for kind in kinds}
    try:
        yield
    finally:
        for kind, old in before.items():
            signal.signal(kind, old)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
