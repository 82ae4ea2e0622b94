"""Measure grounding on pages of other people: ``python -m handrail.tasks.suites.web``.

One command fetches the packages, photographs the pages in Chromium at 1280x800, takes the boxes
from the DOM, asks the model and writes the result. For examination only: nothing here is ever
trained on or tuned to.
"""

import argparse
import os
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.model.errors import ModelError
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say, tell
from handrail.tasks.errors import TaskError, exit_code
from handrail.tasks.evaluate import add_model, chosen_model, print_table
from handrail.tasks.evaluate_grounding import measure
from handrail.tasks.evaluate_rows import read_rows
from handrail.tasks.evaluate_score import figures
from handrail.tasks.results.result import Figure, measured, write_result

FEWEST_TARGETS = 200
_CACHE = Path("handrail") / "suites" / "web"


@dataclass(frozen=True)
class Collection:
    """Where the suite's pages are kept, and which targets of them are drawn.

    ``cache``: the packages, by default in the user's cache; ``out``: rows and pictures, by default
    beside them. ``again`` photographs the pages anew.
    """

    cache: Path | None = None
    out: Path | None = None
    seed: int = 1
    browser: Path | None = None
    most_per_page: int = 12
    again: bool = False


def main() -> int:
    """Collect where that is needed, measure, and write ``web-grounding.json``."""
    arguments = _parser().parse_args()
    where = Collection(
        arguments.cache,
        arguments.out,
        arguments.seed,
        arguments.browser,
        arguments.most_per_page,
        arguments.again,
    )
    try:
        file = collected(where)
        if not arguments.collect_only:
            found = figures(measure(file, None, chosen_model(arguments)))
            print_table("grounding on pages of other people", found)
            say(f"written: {keep(found, arguments.seed, arguments.results)}")
    except (TaskError, ActuatorError, ModelError) as error:
        complain(str(error))
        return exit_code(error)
    return 0


def collected(where: Collection) -> Path:
    """Return the file of rows, photographing the pages where it is not there yet.

    Raises PackagesMissing, EnvironmentMissing, TaskError where too little could be asked.
    """
    from handrail.actuators.browser_config import find_chromium
    from handrail.tasks.suites.web_packages import install
    from handrail.tasks.suites.web_shots import ROWS, Choice, collect

    cache = packages_home(where.cache)
    out = where.out or cache / f"pages-{where.seed}"
    file = out / ROWS
    if where.again or not file.is_file():
        browser = find_chromium(chosen_browser(where.browser, os.environ))
        tell(f"fetching the packages into {cache}")
        install(cache)
        file = collect(cache, out, Choice(where.seed, where.most_per_page, browser), tell)
    _count(file)
    return file


def keep(found: Sequence[Figure], seed: int, folder: Path, hinted: bool = False) -> Path:
    """Write the result as ``web-grounding.json``, and where; with hints apart."""
    title = "Grounding on pages of other people (Chromium, 1280x800, boxes from the DOM)"
    command = "handrail eval grounding --suite chromium"
    name = "web-grounding"
    if hinted:
        name, title, command = f"{name}-hints", f"{title}, with hints", f"{command} --hints"
    return write_result(measured(name, title, command, seed, found), folder)


def _count(file: Path) -> None:
    rows = read_rows(file)
    for kind, count in sorted(Counter(row.asks for row in rows).items()):
        tell(f"asked by {kind}: {count} targets")
    named = [row for row in rows if row.asks == "name"]
    for source, count in sorted(Counter(row.groups["data_source"] for row in named).items()):
        tell(f"{source}: {count} targets by name")
    boxes = [row.box for row in named if row.box is not None]
    width = statistics.median(right - left for left, _, right, _ in boxes)
    height = statistics.median(bottom - top for _, top, _, bottom in boxes)
    tell(f"{len({row.image for row in rows})} pages, median target {width:.0f}x{height:.0f} px")
    if len(named) < FEWEST_TARGETS:
        raise TaskError(f"{file} names {len(named)} targets: at least {FEWEST_TARGETS} are wanted")


def packages_home(chosen: Path | None) -> Path:
    """Return where the packages of other people's pages are kept."""
    return chosen or cache_home() / _CACHE


def cache_home() -> Path:
    """Return the folder for what can be fetched again."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return folder if folder.is_absolute() else Path.home() / ".cache"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.web", description=__doc__
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where the packages go")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where rows and images go")
    parser.add_argument("--seed", type=int, default=1, help="which targets are drawn (default: 1)")
    parser.add_argument("--most-per-page", type=int, default=12, metavar="N")
    parser.add_argument("--again", action="store_true", help="photograph the pages anew")
    parser.add_argument("--collect-only", action="store_true", help="ask no model")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    add_browser(parser)
    add_model(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
