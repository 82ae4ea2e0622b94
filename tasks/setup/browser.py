"""A Chromium that starts: the one that Handrail itself would find, or one that is fetched now."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .console import Console
from .errors import Missing
from .settings import Settings
from .stamp import Stamps
from .system import Packages, distribution

_NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
_OWN = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as p: print(p.chromium.executable_path)"
)


def prepare(settings: Settings, console: Console, packages: Packages) -> None:
    """Have a browser that starts, in Handrail's own order of search. Raises Missing."""
    stamps = Stamps(settings.root / ".venv" / "handrail-setup")
    stamped = stamps.read("browser")
    if stamped and Path(stamped).exists() and settings.browser in (None, Path(stamped)):
        return
    if settings.browser is not None:
        if not starts(settings.browser):
            raise Missing(f"HANDRAIL_BROWSER={settings.browser} does not start as a Chromium does")
        stamps.write("browser", str(settings.browser))
        return
    own = _playwrights_own(settings)
    found = _first(own) or _fetch(settings, console, packages, own)
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


def _first(own: Path | None) -> Path | None:
    on_path = (Path(p) for p in map(shutil.which, _NAMES) if p is not None)
    candidates = (*((own,) if own is not None else ()), *on_path)
    return next((c for c in candidates if starts(c)), None)


def _playwrights_own(settings: Settings) -> Path | None:
    command = [str(settings.python), "-c", _OWN]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return Path(ended.stdout.strip()) if ended.returncode == 0 else None


def _fetch(
    settings: Settings, console: Console, packages: Packages, own: Path | None
) -> Path | None:
    playwright = (str(settings.python), "-m", "playwright")
    fetched = (own is not None and own.exists()) or console.attempt(
        "browser: playwright install chromium", (*playwright, "install", "chromium"), limit=900
    )
    if fetched and own is not None:
        if starts(own):
            return own
        if packages.prefix is not None:
            deps = (*packages.prefix, *playwright, "install-deps", "chromium")
            console.attempt("libraries of the browser: playwright install-deps", deps)
            if starts(own):
                return own
    # Ubuntu's package of this name only points at a snap, which containers cannot run.
    if distribution() != "ubuntu":
        packages.install("browser", ("chromium",))
    return _first(own)


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
