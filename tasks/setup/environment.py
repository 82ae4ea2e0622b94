"""The virtual environment `.venv`: Python, torch, Handrail and its tools."""

import http.client
import json
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

from .console import Console
from .errors import Missing
from .settings import Settings
from .stamp import Stamps, fingerprint
from .system import Packages

TORCH = "2.13.0"
_TORCH_RANGE = ((2, 11), (2, 13))
_FLOORS = ("agent", "model", "actuators", "sandbox", "tasks")
_PIP_ADVICE = (
    "Nothing is lost: look at the lines above (network, disk space, a missing package?)\n"
    "and run the same make target again, which goes on from here. pip's own settings apply\n"
    "(PIP_INDEX_URL, PIP_PROXY, ...); 'rm -rf .venv' starts over."
)


def prepare(settings: Settings, console: Console, packages: Packages, dev: bool) -> None:
    """Bring `.venv` to what pyproject.toml asks for; with ``dev`` also the tools of the tests."""
    stamps = Stamps(settings.root / ".venv" / "handrail-setup")
    wanted = _wanted(settings.root)
    done = (stamps.read("dev"),) if dev else (stamps.read("dev"), stamps.read("run"))
    if wanted in done and _runs(settings.python):
        return
    if not _runs(settings.python):
        _create(settings, console, packages)
    _install_torch(settings, console)
    target = f"{settings.root}[dev]" if dev else str(settings.root)
    _pip(settings, console, "Handrail and what it needs", "--editable", target)
    stamps.write("dev" if dev else "run", wanted)


def link_types(root: Path) -> None:
    """Make the links through which type checkers see ``handrail.*``: they run no import hook."""
    folder = root / "build" / "types" / "handrail"
    folder.mkdir(parents=True, exist_ok=True)
    for floor in _FLOORS:
        link, target = folder / floor, Path("../../..") / floor
        if not (link.is_symlink() and link.readlink() == target):
            link.unlink(missing_ok=True)
            link.symlink_to(target, target_is_directory=True)


def _wanted(root: Path) -> str:
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    setuptools = pyproject["tool"]["setuptools"]
    asked = [pyproject["project"], setuptools["package-dir"], setuptools.get("ext-modules")]
    version = ".".join(map(str, sys.version_info[:2]))
    # an editable installation compiles the extension once: other sources need another one
    compiled = [p.read_text(encoding="utf-8") for p in sorted(root.glob("*/kernels/source/*"))]
    return fingerprint(json.dumps(asked, sort_keys=True), TORCH, version, str(root), *compiled)


def _runs(python: Path) -> bool:
    """Tell whether the environment's interpreter starts, has this version, and has pip."""
    if not python.exists():
        return False
    fits = f"sys.version_info[:2] == {sys.version_info[:2]!r} and find_spec('pip')"
    probe = f"import sys; from importlib.util import find_spec; sys.exit(not ({fits}))"
    quiet = subprocess.DEVNULL
    try:
        return subprocess.call([python, "-c", probe], stdout=quiet, stderr=quiet) == 0
    except OSError:
        return False


def _create(settings: Settings, console: Console, packages: Packages) -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    if subprocess.call([sys.executable, "-c", "import ensurepip"], stderr=subprocess.DEVNULL) != 0:
        package = f"python{version}-venv"
        if not packages.install(f"Python's venv module ({package})", (package,)):
            raise Missing(
                f"{sys.executable} cannot make environments: its ensurepip module is missing.\n"
                f"Install it and run make again: apt-get install {package}"
            )
    console.run(
        f"environment .venv (Python {version})",
        [sys.executable, "-m", "venv", "--clear", str(settings.root / ".venv")],
        "Another Python may do better: make PYTHON=/path/to/python3.12 ...",
    )


def _install_torch(settings: Settings, console: Console) -> None:
    have = _torch_version(settings.python)
    if have is not None and _TORCH_RANGE[0] <= have <= _TORCH_RANGE[1]:
        return
    wanted = f"torch=={TORCH}"
    title = f"torch {TORCH} (about 200 MB)"
    if settings.torch_index and shutil.which("nvidia-smi") is None and answers(settings):
        command = _pip_command(settings, wanted, "--index-url", settings.torch_index)
        if console.attempt(f"{title}, CPU build of {settings.torch_index}", command):
            return
    _pip(settings, console, title, wanted)


def answers(settings: Settings) -> bool:
    """Tell whether the index of CPU builds answers within seconds."""
    try:
        request = urllib.request.Request(f"{settings.torch_index}/torch/", method="HEAD")
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _torch_version(python: Path) -> tuple[int, int] | None:
    probe = "import importlib.metadata as m; print(m.version('torch'))"
    ended = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        return None
    major, minor = ended.stdout.split(".")[:2]
    return int(major), int(minor)


def _pip(settings: Settings, console: Console, title: str, *arguments: str) -> None:
    console.run(title, _pip_command(settings, *arguments), _PIP_ADVICE)


def _pip_command(settings: Settings, *arguments: str) -> list[str]:
    quiet = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")
    return [str(settings.python), "-m", "pip", "install", *quiet, *arguments]
