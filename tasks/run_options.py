"""The options of ``handrail run``."""

import argparse
from pathlib import Path

from handrail.agent.budget import Budget
from handrail.agent.history import SCREENSHOTS
from handrail.tasks.amounts import positive
from handrail.tasks.approval_setting import add_approval
from handrail.tasks.browser_setting import add_browser
from handrail.tasks.remote_setting import add_remote

_PROFILES = ("observe", "rehearse", "ask", "unattended")
_DTYPES = ("auto", "bfloat16", "float32")


def add_options(run: argparse.ArgumentParser) -> None:
    """Add everything that a run may be told, group by group."""
    run.add_argument("goal", metavar="GOAL", help="what is to be done, in words")
    run.add_argument("--on", choices=("browser", "desktop"), required=True)
    _add_browser(run.add_argument_group("with --on browser"))
    _add_desktop(run.add_argument_group("with --on desktop"))
    add_model(run.add_argument_group("the model"))
    permissions = run.add_argument_group("what it may do")
    add_permissions(permissions)
    _add_secrets(permissions)
    bounds = run.add_argument_group("when it ends")
    add_bounds(bounds)
    _add_wishes(bounds)
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


def add_model(group: argparse._ArgumentGroup) -> None:
    """Add which model decides, and where it computes."""
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
    group.add_argument("--threads", type=positive, metavar="N", help="threads for the model")
    group.add_argument(
        "--skip-ground",
        action="store_true",
        help="show pictures without their plain ground: quicker, and another reply now and then "
        "(the built-in model does so anyway where it was trained to)",
    )
    group.add_argument(
        "--screenshots",
        type=positive,
        default=SCREENSHOTS,
        metavar="N",
        help="how many screenshots the model sees at most, this step's included; old ones go all "
        f"at once (default: {SCREENSHOTS})",
    )
    group.add_argument(
        "--hints",
        action="store_true",
        help="let the model hear which named controls the page or the programs say there are, "
        "beside the pixels; what is permitted stays the same",
    )


def add_permissions(group: argparse._ArgumentGroup) -> None:
    """Add whose policies the actions are under."""
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


def _add_secrets(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--secrets",
        metavar="WHERE",
        help="where the secrets are that the goal names as {{secret:NAME}}: keyring, env "
        "(HANDRAIL_SECRET_NAME), or a file, TOML or NAME=value, that you alone can read; none by "
        "default",
    )


def add_bounds(group: argparse._ArgumentGroup) -> None:
    """Add what ends it."""
    budget = Budget()
    group.add_argument("--max-steps", type=positive, default=budget.steps, metavar="N")
    group.add_argument("--max-seconds", type=positive, default=int(budget.seconds), metavar="N")
    group.add_argument("--max-calls", type=positive, default=budget.calls, metavar="N")
    group.add_argument(
        "--stop-file",
        type=Path,
        metavar="FILE",
        help="stop before the next key or click once it exists; so do Ctrl-C, SIGTERM and, on an "
        "X display, Ctrl+Shift+Escape",
    )


def _add_wishes(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="CHECK",
        help="a success must meet this too, such as 'url contains /done', 'text \"Saved\"' or "
        "'file out.txt exists'; may be given several times",
    )
    group.add_argument(
        "--otlp",
        metavar="URL",
        help="send the run's spans to this OpenTelemetry collector (default: where "
        "OTEL_EXPORTER_OTLP_ENDPOINT says, if it does)",
    )
