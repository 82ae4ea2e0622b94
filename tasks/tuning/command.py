"""``handrail model tune``: its options, its progress, and the table that it ends with."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.cli_output import say, tell
from handrail.tasks.runs import runs_root

if TYPE_CHECKING:  # what a command does not use, it does not load
    from rich.progress import TaskID

    from handrail.tasks.results.result import Figure
    from handrail.tasks.tuning.tune import Tuned

_DESCRIPTION = """Tune a model on runs that a check confirmed, and on rows of your own. SOURCE is a
run's name or folder, a folder of runs, or a file of JSON lines {"image": PATH, "instruction": TEXT,
"action": CALL} or {"image", "instruction", "bbox": [x1, y1, x2, y2]}. Cut off, the same command
goes on. A part is held out and examined before and after."""


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "tune", help="train it further, on your runs and rows", description=_DESCRIPTION
    )
    parser.set_defaults(handler=handle)
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    parser.add_argument("--model", default="pocket", metavar="PATH_OR_NAME")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--steps", type=int, metavar="N", help="default: 300")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument(
        "--held-out", type=float, default=0.2, metavar="SHARE",
        help="of the runs and pictures, for the examination; 0 for none (default: 0.2)",
    )  # fmt: skip
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, metavar="N")


def handle(arguments: argparse.Namespace) -> int:
    """Tune, print what came of it, and return the exit code. Raises as ``tune`` does."""
    from handrail.tasks.tuning.tune import STEPS, TuningRequest, tune

    request = TuningRequest(
        tuple(arguments.sources),
        arguments.model,
        arguments.output,
        runs_root(os.environ),
        STEPS if arguments.steps is None else arguments.steps,
        arguments.seed,
        arguments.held_out,
        arguments.device,
        arguments.threads,
    )
    with Bar() as view:
        done = tune(request, view)
    show(done)
    say(f"the model: --model {arguments.output}; all details: {done.file}")
    return 0


def show(done: "Tuned") -> None:
    """Print the figures before and after, and whether they differ by more than chance."""
    if done.changed is None:
        say("nothing was held out: nobody knows whether it is better")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title="what was held out", title_justify="left")
    for name in ("figure", "before", "after", "cases"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    was = {figure.name: figure for figure in done.before}
    for figure in done.after:
        table.add_row(figure.name, _shown(was.get(figure.name)), _shown(figure), str(figure.count))
    Console(highlight=False).print(table)
    changed = done.changed
    say(
        f"right only after: {changed.won}; right only before: {changed.lost} "
        f"({changed.words}, p = {changed.chance:g})"
    )


def _shown(figure: "Figure | None") -> str:
    if figure is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:g} {figure.unit}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


class Bar:
    """Shows a bar on stderr for each part, with what is told above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._progress: Progress = Progress(console=Console(stderr=True, highlight=False))
        self._task: TaskID | None = None
        self._what = ""

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int) -> None:
        """Begin a bar."""
        self._what = what
        self._task = self._progress.add_task(what, total=total)

    def done(self, count: int, note: str = "") -> None:
        """Move it to so many units."""
        assert self._task is not None
        words = f"{self._what}, {note}" if note else self._what
        self._progress.update(self._task, completed=count, description=words)

    def tell(self, line: str) -> None:
        """Print a line."""
        tell(line)
