"""A Chromium that starts: the one that Handrail itself would find, or one that is fetched now."""

import os
import subprocess
import tempfile
from pathlib import Path

from .console import Console
from .errors import Missing, StepFailed
from .libraries import prepare_driver
from .settings import Settings
from .stamp import Stamps
from .system import Packages, distribution

_FIND = """
from handrail.actuators.browser import find_chromium
from handrail.actuators.errors import EnvironmentMissing
try: print(find_chromium(None))
except EnvironmentMissing: pass
"""


def prepare(settings: Settings, console: Console, packages: Packages) -> None:
    """Have a browser that starts, in Handrail's own order of search. Raises Missing."""
    stamps = Stamps(settings.root / ".venv" / "handrail-setup")
    if settings.browser is not None:
        _try_named(settings.browser, stamps)
        prepare_driver(settings, packages)
        return
    if (stamped := stamps.read("browser")) and Path(stamped).exists():
        return
    prepare_driver(settings, packages)
    found = _found(settings) or _fetched(settings, console, packages)
    if found is None:
        raise Missing(
            "no Chrome or Chromium starts here, and none could be fetched.\n"
            "Do one of these, then run make again:\n"
            "  Debian:     sudo apt-get install chromium\n"
            f"  elsewhere:  {settings.python} -m playwright install --with-deps chromium\n"
            "  or set      HANDRAIL_BROWSER=/path/to/chrome"
        )
    console.say(f"browser: {found}")
    stamps.write("browser", str(found))


def _try_named(named: Path, stamps: Stamps) -> None:
    if stamps.read("browser-named") == str(named) and named.exists():
        return
    if not starts(named):
        raise Missing(f"HANDRAIL_BROWSER={named} does not start as a Chromium does")
    stamps.write("browser-named", str(named))


def _found(settings: Settings) -> Path | None:
    """Ask Handrail itself, so that its order of search is written down once."""
    command = [str(settings.python), "-c", _FIND]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if ended.returncode != 0:
        raise StepFailed(f"Handrail cannot look for a browser:\n{ended.stderr[-2000:]}")
    named = ended.stdout.strip()
    return Path(named) if named and starts(Path(named)) else None


def _fetched(settings: Settings, console: Console, packages: Packages) -> Path | None:
    playwright = (str(settings.python), "-m", "playwright")
    title = "browser: playwright install chromium"
    if console.attempt(title, (*playwright, "install", "chromium"), limit=900):
        if (found := _found(settings)) is not None:
            return found
        if packages.prefix is not None:
            deps = (*packages.prefix, *playwright, "install-deps", "chromium")
            console.attempt("libraries of the browser: playwright install-deps", deps)
            if (found := _found(settings)) is not None:
                return found
    # Ubuntu's package of this name only points at a snap, which containers cannot run.
    if distribution() != "ubuntu":
        packages.install("browser", ("chromium",))
    return _found(settings)


def starts(executable: Path) -> bool:
    """Tell whether the browser renders an empty page without a display."""
    if not executable.exists():
        return False
    with tempfile.TemporaryDirectory(prefix="handrail-browser-") as profile:
        options = ["--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        command = [str(executable), *options, "--dump-dom", "about:blank"]
        try:
            ended = subprocess.run(command, capture_output=True, check=False, timeout=90)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return b"<html" in ended.stdout
