"""The wheel, built from the sdist: exactly the files of the house, and it runs elsewhere."""

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handrail.sandbox.journal_reading import verify_journal

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("agent", "model", "actuators", "sandbox", "tasks")
TOP = ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md")
READ_AT_WORK = (
    *("model/pocket/words.txt", "model/pocket/labels.txt"),
    *("tasks/report/report.html.jinja", "tasks/report/report.css"),
    *("tasks/sites/base.jinja", "tasks/sites/signin.jinja", "tasks/sites/workspace.jinja"),
    *("tasks/sites/parts.jinja", "tasks/sites/style.jinja", "tasks/sites/report.js"),
    "tasks/sites/policy.toml",
    *("tasks/miniwob/tasks.toml", "tasks/miniwob/policy.toml"),
    *("tasks/miniwob/episode.js", "tasks/miniwob/page.js"),
    "tasks/miniwob/experts/scene.js",
)
WEIGHTS = "model/pocket/weights/"
CHECKPOINT = (
    *("config.json", "generation_config.json", "preprocessor_config.json", "model.safetensors"),
    *("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "handrail.json"),
)
pytestmark = pytest.mark.timeout(600)  # the first test builds and compiles
needs_weights = pytest.mark.skipif(
    not (ROOT / WEIGHTS).is_dir(), reason="this checkout has no trained checkpoint yet"
)
# A plain page cannot mislead anyone: the run may do on it whatever can be granted.
POLICY = """profile = "unattended"
[[rule]]
decision = "allow"
effects = ["commit", "destroy", "system", "unknown"]
surface = "browser"
owned_display = true
"""
PAGE = b"""<!doctype html><meta charset=utf-8><title>A page</title>
<style>body{margin:40px;font:16px sans-serif}</style><p>Nothing is lost.
<p><button>Cancel</button> <button onclick="this.disabled=true">Save</button>"""
STAYS_HOME = {
    "tasks/setup/": "prepares a checkout, before anything is installed",
    "model/kernels/source/": "is compiled",
}


def run(*command: str | Path, cwd: Path, codes: tuple[int, ...] = (0,), **environ: str) -> str:
    """Run a command with these settings on top of ours; return what it printed."""
    ended = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **environ},
        timeout=500,
    )
    assert ended.returncode in codes, f"{ended.stdout[-1500:]}\n{ended.stderr[-1500:]}"
    return ended.stdout


def kept_files(*folders: str) -> set[str]:
    """Return the folders' files that git keeps or would keep; without git, all but caches."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others"]
    command = [*listing, "--exclude-standard", "--", *folders]
    ended = subprocess.run(command, capture_output=True, check=False)
    if ended.returncode == 0 and ended.stdout:
        names = {name.decode() for name in ended.stdout.split(b"\0") if name}
        return {name for name in names if (ROOT / name).is_file()}
    found = (p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file())
    return {p.relative_to(ROOT).as_posix() for p in found if p.suffix != ".pyc"}


@pytest.fixture(scope="module")
def files() -> set[str]:
    return kept_files(*FLOORS)


@pytest.fixture(scope="module")
def dist(files: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build in a copy: building in the checkout would leave folders there."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    beside = {*kept_files("tests", "examples"), *TOP}
    for name in sorted(files | beside):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    planted = copy / ".venv" / "lib" / "planted.py"
    planted.parent.mkdir(parents=True)
    planted.touch()
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, copy, cwd=copy)
    return out


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (built,) = dist.glob("*.whl")
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


@pytest.fixture
def page() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_wheel_holds_exactly_the_house(wheel: Path, files: set[str]) -> None:
    expected = {f"handrail/{n}" for n in files if not n.startswith(tuple(STAYS_HOME))}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    compiled = {name for name in held if name.startswith("handrail/model/kernels/_native.abi3")}
    assert len(compiled) == (shutil.which("c++") is not None)
    held -= compiled
    assert expected - held == set(), "missing from the wheel: see packages and package-data"
    assert held - expected == set(), "in the wheel, but not in the house"
    assert {f"handrail/{floor}/py.typed" for floor in FLOORS} <= held


def test_neither_archive_holds_tests_or_an_environment(dist: Path, wheel: Path) -> None:
    (source,) = dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as zipped, tarfile.open(source) as tar:
        held = [*zipped.namelist(), *(name.partition("/")[2] for name in tar.getnames())]
    assert "tasks/cli.py" in held
    assert "handrail/tasks/cli.py" in held
    assert [n for n in held if {"tests", "examples", ".venv"} & set(Path(n).parts)] == []


def test_the_wheel_holds_what_no_import_would_miss(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert {f"handrail/{name}" for name in READ_AT_WORK} <= held


@needs_weights
def test_the_wheel_holds_the_checkpoint(wheel: Path, files: set[str]) -> None:
    weights = {n for n in files if n.startswith(WEIGHTS)}
    assert {f"{WEIGHTS}{name}" for name in CHECKPOINT} <= weights
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


def test_the_kernels_work_elsewhere(elsewhere: Path, wheel: Path, tmp_path: Path) -> None:
    code = "from handrail.model.kernels import native as n; print(n.ways() != (), n.described())"
    there = shutil.which("c++") is not None and platform.machine() == "x86_64"
    assert run(elsewhere / "python", "-c", code, cwd=tmp_path).startswith(str(there))
    # compiled against the stable interface: one wheel for every CPython from 3.11 on
    assert ("-cp311-abi3-" in wheel.name) == there


def test_the_command_runs_elsewhere(elsewhere: Path, tmp_path: Path) -> None:
    assert "usage" in run(elsewhere / "handrail", "--help", cwd=tmp_path).lower()


@needs_weights
def test_the_embedded_model_does_a_run_elsewhere(
    elsewhere: Path, page: str, tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "policy.toml").chmod(0o600)
    handrail, state = elsewhere / "handrail", str(tmp_path / "state")
    goal = ("run", "click Save", "--on", "browser", "--url", page)
    bounds = ("--grants", tmp_path / "policy.toml", "--max-steps", "2")
    run(handrail, *goal, *bounds, cwd=tmp_path, codes=(0, 1, 4), XDG_STATE_HOME=state)
    (left,) = (tmp_path / "state" / "handrail" / "runs").iterdir()
    assert (left / "report.html").is_file()
    record = json.loads((left / "run.json").read_text(encoding="utf-8"))
    assert record["steps"], "the model was never asked"
    journal = verify_journal(left / "journal.jsonl")
    assert journal.intact
    assert journal.entries
    run(handrail, "log", "verify", left.name, cwd=tmp_path, XDG_STATE_HOME=state)
