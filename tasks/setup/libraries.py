"""System libraries that Python packages are linked to; a bare Debian lacks some of them."""

import subprocess
from collections.abc import Sequence

from .console import Console
from .errors import Missing
from .settings import Settings
from .stamp import Stamps
from .system import Packages


def prepare_driver(settings: Settings, packages: Packages) -> None:
    """Have what playwright's own driver needs to start. Raises Missing."""
    check = ("-m", "playwright", "--version")
    _prepare(settings, packages, "playwright's driver", check, ("libatomic1", "libstdc++6"))


def prepare_renderer(settings: Settings, _console: Console, packages: Packages) -> None:
    """Have what the renderer of training screens needs to be imported. Raises Missing."""
    needed = ("libegl1", "libgl1", "libfontconfig1")
    _prepare(settings, packages, "the renderer (skia)", ("-c", "import skia"), needed)


def _prepare(
    settings: Settings, packages: Packages, what: str, check: Sequence[str], needed: Sequence[str]
) -> None:
    stamps = Stamps(settings.root / ".venv" / "handrail-setup")
    if stamps.read(needed[0]):
        return
    trouble = _trouble(settings, check)
    if trouble is not None and packages.install(what, needed):
        trouble = _trouble(settings, check)
    if trouble is not None:
        raise Missing(
            f"{what} does not start: {trouble}\n"
            f"  Debian, Ubuntu:  sudo apt-get install {' '.join(needed)}\n"
            "then run make again"
        )
    stamps.write(needed[0], "starts")


def _trouble(settings: Settings, check: Sequence[str]) -> str | None:
    """Return what a check of the environment complains about, or None."""
    command = [str(settings.python), *check]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return None if ended.returncode == 0 else ended.stderr.strip()[-500:]
