"""Which browser a command starts: its option, else what the environment sets, else any it finds."""

import argparse
from collections.abc import Mapping
from pathlib import Path

SETTING = "HANDRAIL_BROWSER"


def add_browser(parser: argparse._ActionsContainer) -> None:
    """Add the option that names a browser."""
    parser.add_argument(
        "--browser",
        type=Path,
        metavar="PATH",
        help=f"the Chrome or Chromium to use (default: ${SETTING}, else an installed one)",
    )


def chosen_browser(option: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the browser that the option or the environment names, None where neither does."""
    named = environ.get(SETTING, "")
    return option or (Path(named) if named else None)
