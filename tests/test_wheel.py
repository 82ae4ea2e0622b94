"""The wheel, built from the sdist: exactly the files of the house, and it runs elsewhere."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("agent", "model", "actuators", "sandbox", "tasks")
STAYS_HOME = {"tasks/setup/": "prepares a checkout, before anything is installed"}


def run(*command: str | Path, cwd: Path, code: int = 0) -> str:
    ended = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, cwd=cwd, timeout=170
    )
    assert ended.returncode == code, f"{ended.stdout[-1500:]}\n{ended.stderr[-1500:]}"
    return ended.stdout


def kept_files() -> set[str]:
    """Return the floors' files that git keeps or would keep; without git, all but caches."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others"]
    command = [*listing, "--exclude-standard", "--", *FLOORS]
    ended = subprocess.run(command, capture_output=True, check=False)
    if ended.returncode == 0 and ended.stdout:
        names = {name.decode() for name in ended.stdout.split(b"\0") if name}
        return {name for name in names if (ROOT / name).is_file()}
    found = (p for floor in FLOORS for p in (ROOT / floor).rglob("*") if p.is_file())
    return {p.relative_to(ROOT).as_posix() for p in found if p.suffix != ".pyc"}


@pytest.fixture(scope="module")
def files() -> set[str]:
    return kept_files()


@pytest.fixture(scope="module")
def wheel(files: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build in a copy: building in the checkout would leave folders there."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in [*sorted(files), "pyproject.toml", "README.md", "LICENSE"]:
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, copy, cwd=copy)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin folder of an empty environment with the wheel.

    What the wheel needs is lent by a path file: this environment's packages, but, since path files
    are not followed twice, without its editable Handrail.
    """
    folder = tmp_path_factory.mktemp("elsewhere") / "env"
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    options = ("--disable-pip-version-check", "install", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", "--python", python, *options, cwd=folder.parent)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin"


def test_the_wheel_holds_exactly_the_house(wheel: Path, files: set[str]) -> None:
    expected = {f"handrail/{n}" for n in files if not n.startswith(tuple(STAYS_HOME))}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert expected - held == set(), "missing from the wheel: see packages and package-data"
    assert held - expected == set(), "in the wheel, but not in the house"
    assert {f"handrail/{floor}/py.typed" for floor in FLOORS} <= held


def test_the_wheel_holds_the_checkpoint(wheel: Path, files: set[str]) -> None:
    weights = {n for n in files if n.startswith("model/pocket/weights/")}
    if not any(name.endswith(".safetensors") for name in weights):
        pytest.skip("there is no trained checkpoint in this checkout yet")
    with zipfile.ZipFile(wheel) as archive:
        for name in weights:
            assert archive.read(f"handrail/{name}") == (ROOT / name).read_bytes(), name


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().split("\n\n")[0].splitlines()
        (licence,) = (n for n in archive.namelist() if n.endswith("licenses/LICENSE"))
        assert b"Apache License" in archive.read(licence)
    assert "Name: handrail" in lines
    assert "License-Expression: Apache-2.0" in lines
    assert any(line.startswith("Requires-Dist: torch") for line in lines)


def test_the_installed_package_is_its_own(elsewhere: Path, tmp_path: Path) -> None:
    code = (
        "import handrail.actuators.actions as a, handrail.sandbox.errors, importlib.metadata as m\n"
        "print(a.__file__); print(m.version('handrail'))"
    )
    where, version = run(elsewhere / "python", "-c", code, cwd=tmp_path).split()
    assert Path(where).is_relative_to(elsewhere.parent)
    assert version


def test_the_command_runs_elsewhere(elsewhere: Path, tmp_path: Path) -> None:
    if not (ROOT / "tasks" / "cli.py").exists():
        pytest.skip("the command line is not there yet")
    assert "usage" in run(elsewhere / "handrail", "--help", cwd=tmp_path).lower()
