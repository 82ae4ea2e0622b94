"""``handrail eval``: the commands that measure a model, and what they share."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.cli_output import say
from handrail.tasks.remote_setting import add_remote, chosen_remote

if TYPE_CHECKING:  # what a command does not use, it does not load
    from handrail.tasks.results.result import Figure, Result
    from handrail.tasks.run_model import ModelChoice

_DTYPES = ("auto", "bfloat16", "float32")


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    top = sub.add_parser("eval", help="measure a model")
    kinds = top.add_subparsers(title="what to measure", metavar="WHAT", required=True)
    # They build on this file.
    from handrail.tasks import evaluate_grounding, evaluate_injections, evaluate_miniwob

    evaluate_grounding.register(kinds)
    evaluate_miniwob.register(kinds)
    evaluate_injections.register(kinds)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the model and where it computes."""
    group = parser.add_argument_group("the model")
    group.add_argument("--model", default="pocket", metavar="PATH_OR_NAME")
    group.add_argument("--device", default="cpu")
    group.add_argument("--dtype", choices=_DTYPES, default="auto")
    group.add_argument("--threads", type=int, metavar="N")
    group.add_argument("--skip-ground", action="store_true")
    add_remote(group)


def add_parallel(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option that says how many things are done at once."""
    from handrail.tasks.amounts import positive

    parser.add_argument(
        "--parallel", type=positive, default=1, metavar="N", help=f"{what} at once (default: 1)"
    )


def chosen_model(arguments: argparse.Namespace) -> "ModelChoice":
    """Return what the options of ``add_model`` say."""
    from handrail.tasks.run_model import ModelChoice

    return ModelChoice(
        arguments.model,
        arguments.device,
        arguments.dtype,
        arguments.threads,
        skip_ground=arguments.skip_ground,
        remote=chosen_remote(arguments, os.environ),
    )


def print_table(title: str, figures: "Sequence[Figure]") -> None:
    """Print figures as a table; names from a file are made harmless."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from handrail.actuators.base import sanitise

    table = Table(title=Text(sanitise(title)), title_justify="left")
    table.add_column("figure")
    for name in ("value", "95 % interval", "random click", "rows"):
        table.add_column(name, justify="right")
    for figure in figures:
        interval = "" if figure.low is None else f"{figure.low:.3f} to {figure.high:.3f}"
        chance = "" if figure.chance is None else f"{figure.chance:.3f}"
        count = "" if figure.count is None else str(figure.count)
        value = (
            f"{figure.value:.3f}" if figure.unit == "share" else f"{figure.value:g} {figure.unit}"
        )
        label = f"{figure.name}{f' ({figure.note})' if figure.note else ''}"
        table.add_row(Text(sanitise(label)), value, interval, chance, count)
    Console(highlight=False).print(table)
    say("random click: what uniformly random clicks hit")


def publish(result: "Result", folder: Path) -> None:
    """Print what was measured as a table, and write it down. Raises OSError."""
    from handrail.tasks.results.result import write_result

    print_table(result.title, result.figures)
    say(f"written: {write_result(result, folder)}")
