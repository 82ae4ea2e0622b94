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
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.model.errors import ModelError
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import TaskError, exit_code
from handrail.tasks.evaluate import add_model, chosen_model, measure, print_table
from handrail.tasks.evaluate_rows import read_rows

FEWEST_TARGETS = 200
_CACHE = Path("handrail") / "suites" / "web"


def main() -> int:
    """Collect where that is needed, measure, and write ``web-grounding.json``."""
    arguments = _parser().parse_args()
    cache: Path = arguments.cache or _cache_home() / _CACHE
    try:
        file = collected(cache, arguments.out or cache / "pages", arguments)
        _count(file)
        if not arguments.collect_only:
            _measure(file, arguments)
    except (TaskError, ActuatorError, ModelError) as error:
        complain(str(error))
        return exit_code(error)
    return 0


def collected(cache: Path, out: Path, arguments: argparse.Namespace) -> Path:
    """Return the file of rows, photographing the pages where it is not there yet."""
    from handrail.actuators.browser_config import find_chromium
    from handrail.tasks.suites.web_packages import install
    from handrail.tasks.suites.web_shots import ROWS, Choice, collect

    if (out / ROWS).is_file() and not arguments.again:
        return out / ROWS
    browser = find_chromium(chosen_browser(arguments.browser, os.environ))
    say(f"fetching the packages into {cache}")
    install(cache)
    return collect(cache, out, Choice(arguments.seed, arguments.most_per_page, browser), say)


def _measure(file: Path, arguments: argparse.Namespace) -> None:
    from handrail.tasks.evaluate_score import figures
    from handrail.tasks.results.result import measured, write_result

    found = figures(measure(file, None, chosen_model(arguments)))
    print_table("grounding on pages of other people", found)
    result = measured(
        "web-grounding",
        "Grounding on pages of other people (Chromium, 1280x800, boxes from the DOM)",
        "python -m handrail.tasks.suites.web",
        arguments.seed,
        found,
    )
    say(f"written: {write_result(result, arguments.results)}")


def _count(file: Path) -> None:
    rows = read_rows(file)
    for source, count in sorted(Counter(row.groups["data_source"] for row in rows).items()):
        say(f"{source}: {count} targets")
    width = statistics.median(row.box[2] - row.box[0] for row in rows)
    height = statistics.median(row.box[3] - row.box[1] for row in rows)
    say(f"{len(rows)} targets on {len({row.image for row in rows})} pages, median "
        f"{width:.0f}x{height:.0f} px")  # fmt: skip
    if len(rows) < FEWEST_TARGETS:
        raise TaskError(f"{file} holds {len(rows)} targets: at least {FEWEST_TARGETS} are wanted")


def _cache_home() -> Path:
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
