"""Fetch packages of the npm registry into a folder; none of their install scripts runs."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from handrail.tasks.errors import PackagesMissing

_SECONDS = 900


def npm_install(folder: Path, packages: Sequence[str]) -> None:
    """Have ``NAME@VERSION`` packages under ``folder/node_modules``. Raises PackagesMissing."""
    names = [package.rpartition("@")[0] for package in packages]
    if all((folder / "node_modules" / name / "package.json").is_file() for name in names):
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
    run_installer(["npm", "install", *quiet, *packages], folder)


def run_installer(command: Sequence[str], folder: Path) -> None:
    """Run a package manager's command in a folder. Raises PackagesMissing with its last line."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise PackagesMissing(f"{command[0]} is not installed: install nodejs and npm") from error
    except subprocess.TimeoutExpired as error:
        raise PackagesMissing(f"{command[0]} took over {_SECONDS} s in {folder}") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise PackagesMissing(f"{' '.join(command[:3])} failed in {folder}: {' '.join(last)}")
