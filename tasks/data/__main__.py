"""Make photographed training screens: ``python -m handrail.tasks.data --count N --seed S``.

``--source pages`` (the default) photographs pages on CSS frameworks in Chromium, ``--source
toolkits`` windows of GTK 3 and Qt 5 on a virtual display. What is there already is left as it is.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from handrail.actuators.browser_config import find_chromium
from handrail.actuators.errors import ActuatorError
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say
from handrail.tasks.data.frameworks import FRAMEWORKS, ICONS
from handrail.tasks.data.photographs import Order, photograph
from handrail.tasks.data.toolkits import windows
from handrail.tasks.errors import TaskError, exit_code
from handrail.tasks.npm import npm_install


def main() -> int:
    """Photograph screens of the chosen source; return the exit code."""
    arguments = _parser().parse_args()
    folder: Path = arguments.out.resolve()
    kept = folder / ("pages" if arguments.source == "pages" else "windows")
    order = Order(arguments.count, arguments.first, arguments.seed, kept)
    began = time.monotonic()
    try:
        if arguments.source == "pages":
            made = _pages(folder / "frameworks", arguments.browser, order)
        else:
            made = windows.photograph(order, say)
    except (TaskError, ActuatorError) as error:
        complain(str(error))
        return exit_code(error)
    seconds = time.monotonic() - began
    say(f"{made} new screens under {order.folder} in {seconds:.0f} s")
    return 0


def _pages(packages: Path, browser: Path | None, order: Order) -> int:
    """Fetch the frameworks where that is needed and photograph pages; return how many are new."""
    chromium = find_chromium(chosen_browser(browser, os.environ))
    npm_install(packages, [*(framework.package for framework in FRAMEWORKS), *ICONS])
    return photograph(packages / "node_modules", chromium, order, say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.data", description=__doc__)
    parser.add_argument("--source", choices=("pages", "toolkits"), default="pages")
    parser.add_argument("--count", type=int, default=1000, help="screens to have (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="number of the first screen")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/data"), help="where they go")
    add_browser(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
