"""Which steps each make target needs, and their order."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import browser, environment
from .console import Console
from .errors import SetupError
from .icons import prepare_icons
from .libraries import prepare_renderer
from .settings import Settings, read_settings
from .system import (
    Packages,
    prepare_accessibility,
    prepare_copies,
    prepare_display,
    prepare_fonts,
    prepare_toolkits,
)

_ENVIRONMENT_MISSING = 5
_INTERRUPTED = 130
_Step = Callable[[Settings, Console, Packages], None]


def _environment(settings: Settings, console: Console, packages: Packages) -> None:
    environment.prepare(settings, console, packages, dev=False)


def _tools(settings: Settings, console: Console, packages: Packages) -> None:
    environment.prepare(settings, console, packages, dev=True)
    environment.link_types(settings.root)


_EVERYTHING: tuple[_Step, ...] = (
    _tools,
    browser.prepare,
    prepare_display,
    prepare_accessibility,
    prepare_toolkits,
    prepare_copies,
    prepare_renderer,
    prepare_fonts,
)
_STEPS: dict[str, tuple[_Step, ...]] = {
    "demo": (_environment, browser.prepare, prepare_display),
    "test": _EVERYTHING,
    "dev": _EVERYTHING,
    "check": (_tools,),
    "bench": _EVERYTHING,
    "pocket": (_tools, prepare_renderer, prepare_fonts, prepare_icons),
}


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Prepare the checkout for one make target; return an exit code."""
    if len(arguments) != 1 or arguments[0] not in _STEPS:
        print(f"usage: python3 -m tasks.setup {{{','.join(_STEPS)}}}", file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parents[2]
    settings = read_settings(root, environ)
    console = Console(root / "build" / "setup.log", sys.stdout)
    try:
        _prepare(arguments[0], settings, console)
    except SetupError as error:
        print(f"\nsetup: {error}", file=sys.stderr)
        return _ENVIRONMENT_MISSING
    except KeyboardInterrupt:
        print("\nsetup: stopped; the same make target goes on from here", file=sys.stderr)
        return _INTERRUPTED
    return 0


def _prepare(target: str, settings: Settings, console: Console) -> None:
    started = time.monotonic()
    packages = Packages(console, settings.apt)
    for step in _STEPS[target]:
        step(settings, console, packages)
    if (passed := time.monotonic() - started) > 1:
        console.say(f"ready for 'make {target}' after {passed:.0f} s; the next time is quick")
