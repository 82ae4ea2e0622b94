"""Make training data from real software: ``python -m handrail.tasks.data --count N --seed S``.

``--source pages`` (the default) photographs pages on CSS frameworks in Chromium, ``--source
toolkits`` windows of GTK 3 and Qt 5 on a virtual display. ``--source miniwob`` keeps episodes that
scripted experts play on the tasks of MiniWoB++ that may be trained on, ``--source rollouts`` those
that a model plays itself and succeeds in. What is there already is left as it is; several of these
commands may run side by side, best with numbers of their own (``--first``).
"""

import argparse
import os
import sys
import time
from pathlib import Path

from handrail.actuators.browser_config import find_chromium
from handrail.actuators.errors import ActuatorError
from handrail.model.errors import ModelError
from handrail.model.pocket.episodes import FOLDER
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say
from handrail.tasks.data.frameworks import FRAMEWORKS, ICONS
from handrail.tasks.data.photographs import Order, photograph
from handrail.tasks.data.toolkits import windows
from handrail.tasks.errors import TaskError, exit_code
from handrail.tasks.miniwob import training
from handrail.tasks.npm import npm_install
from handrail.tasks.run_model import POCKET

_FOLDERS = {"pages": "pages", "toolkits": "windows", "miniwob": FOLDER, "rollouts": FOLDER}


def main(given: list[str] | None = None) -> int:
    """Make data of the chosen source; return the exit code."""
    arguments = _parser().parse_args(given)
    kept = arguments.out.resolve() / _FOLDERS[arguments.source]
    began = time.monotonic()
    try:
        made = _made(arguments, kept)
    except (TaskError, ActuatorError, ModelError) as error:
        complain(str(error))
        return exit_code(error)
    what = "episodes" if kept.name == FOLDER else "screens"
    say(f"{made} new {what} under {kept} in {time.monotonic() - began:.0f} s")
    return 0


def _made(arguments: argparse.Namespace, kept: Path) -> int:
    """Return how many are new."""
    numbers = (arguments.count, arguments.first, arguments.seed, kept)
    if arguments.source == "pages":
        packages = kept.parent / "frameworks"
        return _pages(packages, arguments.browser, Order(*numbers))
    if arguments.source == "toolkits":
        return windows.photograph(Order(*numbers), say)
    order = training.Order(
        arguments.source,
        *numbers,
        tasks=tuple(name for name in arguments.tasks.split(",") if name),
        browser=chosen_browser(arguments.browser, os.environ),
        model=arguments.model,
        most=arguments.most,
    )
    return training.record(order, say)


def _pages(packages: Path, browser: Path | None, order: Order) -> int:
    """Fetch the frameworks where that is needed and photograph pages; return how many are new."""
    chromium = find_chromium(chosen_browser(browser, os.environ))
    npm_install(packages, [*(framework.package for framework in FRAMEWORKS), *ICONS])
    return photograph(packages / "node_modules", chromium, order, say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.data", description=__doc__)
    parser.add_argument("--source", choices=tuple(_FOLDERS), default="pages")
    parser.add_argument("--count", type=int, default=1000, help="how many to have (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/data"), help="where they go")
    add_browser(parser)
    played = parser.add_argument_group("episodes")
    played.add_argument("--tasks", default="", metavar="A,B", help="default: all that may be")
    played.add_argument("--model", default=POCKET, help="who plays rollouts: a checkpoint's folder")
    played.add_argument(
        "--most", type=int, default=20, metavar="N", help="rollouts to keep of a task (default 20)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
