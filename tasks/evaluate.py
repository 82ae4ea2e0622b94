"""``handrail eval``: measure how well a model finds what it is told to click."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.cli_output import say
from handrail.tasks.remote_setting import add_remote, chosen_remote

if TYPE_CHECKING:  # what a command does not use, it does not load
    from handrail.tasks.evaluate_score import Shot
    from handrail.tasks.results.result import Figure
    from handrail.tasks.run_model import ModelChoice

_DTYPES = ("auto", "bfloat16", "float32")
_DESCRIPTION = """Ask the model to click what each row of FILE names, and count the clicks that fall
into the row's box. FILE holds JSON lines {"image": PATH, "instruction": TEXT, "bbox": [x1, y1, x2,
y2]} with boxes in pixels and paths relative to it, or a JSON list in the format of ScreenSpot."""


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    top = sub.add_parser("eval", help="measure a model")
    kinds = top.add_subparsers(title="what to measure", metavar="WHAT", required=True)
    grounding = kinds.add_parser(
        "grounding", help="does it click where it is told to", description=_DESCRIPTION
    )
    grounding.set_defaults(handler=handle)
    grounding.add_argument("file", type=Path, metavar="FILE")
    grounding.add_argument("--images", type=Path, metavar="DIR", help="where the images are")
    grounding.add_argument(
        "--json", action="store_true", help="print every answer and all figures as JSON"
    )
    add_model(grounding)
    from handrail.tasks import evaluate_miniwob  # it builds on this file

    evaluate_miniwob.register(kinds)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the model and where it computes."""
    group = parser.add_argument_group("the model")
    group.add_argument("--model", default="pocket", metavar="PATH_OR_NAME")
    group.add_argument("--device", default="cpu")
    group.add_argument("--dtype", choices=_DTYPES, default="auto")
    group.add_argument("--threads", type=int, metavar="N")
    add_remote(group)


def chosen_model(arguments: argparse.Namespace) -> "ModelChoice":
    """Return what the options of ``add_model`` say."""
    from handrail.tasks.run_model import ModelChoice

    return ModelChoice(
        arguments.model,
        arguments.device,
        arguments.dtype,
        arguments.threads,
        remote=chosen_remote(arguments, os.environ),
    )


def handle(arguments: argparse.Namespace) -> int:
    """Measure, print, and return the exit code."""
    shots = measure(arguments.file, arguments.images, chosen_model(arguments))
    from handrail.tasks.evaluate_score import figures

    found = figures(shots)
    if arguments.json:
        print(_as_json(shots, found))
    else:
        print_table(f"grounding: {arguments.file}", found)
    return 0


def measure(file: Path, images: Path | None, model: "ModelChoice") -> "tuple[Shot, ...]":
    """Ask a model about every row of a file, with progress on stderr.

    Raises RowError before the model is loaded, and ModelError.
    """
    from handrail.tasks.evaluate_rows import read_rows
    from handrail.tasks.evaluate_score import locator_on, shoot
    from handrail.tasks.run_model import load_proposer

    rows = read_rows(file, images)
    locator = locator_on(load_proposer(model))

    def told(done: int, hits: int) -> None:
        if done % 25 == 0 or done == len(rows):
            print(f"{done} of {len(rows)} asked, {hits} hit", file=sys.stderr, flush=True)

    return shoot(rows, locator, told)


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


def _as_json(shots: "Sequence[Shot]", figures: "Sequence[Figure]") -> str:
    rows = [
        {
            "row": shot.row.where,
            "image": str(shot.row.image),
            "instruction": shot.row.instruction,
            "bbox": list(shot.row.box),
            "point": None if shot.point is None else [shot.point.x, shot.point.y],
            "hit": shot.hit,
            "seconds": round(shot.seconds, 3),
        }
        for shot in shots
    ]
    content = {"figures": [f.model_dump(mode="json") for f in figures], "rows": rows}
    return json.dumps(content, indent=1)
