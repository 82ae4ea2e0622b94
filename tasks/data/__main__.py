"""Make photographed training pages: ``python -m handrail.tasks.data --count N --seed S``."""

import argparse
import os
import sys
import time
from pathlib import Path

from handrail.actuators.browser_config import find_chromium
from handrail.actuators.errors import ActuatorError
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say
from handrail.tasks.data.frameworks import FRAMEWORKS
from handrail.tasks.data.photographs import Order, photograph
from handrail.tasks.errors import TaskError, exit_code
from handrail.tasks.npm import npm_install


def main() -> int:
    """Fetch the frameworks where that is needed and photograph pages; return the exit code."""
    arguments = _parser().parse_args()
    folder: Path = arguments.out.resolve()
    packages = folder / "frameworks"
    order = Order(arguments.count, arguments.first, arguments.seed, folder / "pages")
    began = time.monotonic()
    try:
        browser = find_chromium(chosen_browser(arguments.browser, os.environ))
        npm_install(packages, [framework.package for framework in FRAMEWORKS])
        made = photograph(packages / "node_modules", browser, order, say)
    except (TaskError, ActuatorError) as error:
        complain(str(error))
        return exit_code(error)
    say(f"{made} new pages under {order.folder} in {time.monotonic() - began:.0f} s")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.data", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="pages to have (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="number of the first page")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/data"), help="where they go")
    add_browser(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
