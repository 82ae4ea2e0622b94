"""Measure whole ``handrail`` processes: their peak memory, and how long they take to say anything.

Linux hands a parent's high-water mark of memory down to its children: measure before the measuring
process has itself become large.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from handrail.tasks.errors import CheckFailed, ExitCode
from handrail.tasks.run_model import ModelChoice, model_folder
from handrail.tasks.sites.goals import signin_goal
from handrail.tasks.sites.server import Site

# The process says it of itself: what its parent would read includes the browser that it started.
_PEAK = """
import resource, sys
from handrail.tasks.cli import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""
_FIRST = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from handrail.model.grounder import open_engine
from handrail.model.messages import Message, TextPart
from handrail.model.sampling import GenerateOptions
imported = time.perf_counter()
folder, device, dtype, threads = sys.argv[1:]
engine = open_engine(Path(folder), device, dtype, int(threads) or None)
asked = [Message("user", [TextPart("click Save")])]
engine.generate(asked, options=GenerateOptions(max_new_tokens=1))
print(imported - began, time.perf_counter() - imported)
"""
_ENDS = {ExitCode.SUCCESS, ExitCode.FAILED, ExitCode.DENIED, ExitCode.BUDGET}
_LIMIT = 1_200.0


@dataclass(frozen=True)
class ShortRun:
    """A run of at most ``steps`` steps on the demo's sign-in page of a seed."""

    model: ModelChoice
    browser: Path | None
    seed: int
    steps: int


def peak_memory(run: ShortRun, environ: Mapping[str, str]) -> float:
    """Return the most memory (MiB) that the process of a run held. Raises CheckFailed."""
    goal = signin_goal(run.seed)
    with (
        Site() as site,
        tempfile.TemporaryDirectory(prefix="handrail-bench-") as state,
    ):
        # A copy of our own: an installed package may lie where others can write.
        policy = Path(state) / "policy.toml"
        policy.write_bytes((files("handrail.tasks.sites") / "policy.toml").read_bytes())
        policy.chmod(0o600)
        where = ("run", goal.text, "--on", "browser", "--url", site.add(goal))
        bounds = ("--grants", str(policy), "--max-steps", str(run.steps))
        command = (sys.executable, "-c", _PEAK, *where, *bounds, *_options(run))
        ended = _ended(command, {**environ, "XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state})
    if ended.returncode not in _ENDS:
        said = (ended.stderr.strip().splitlines() or ["nothing"])[-1]
        raise CheckFailed(f"a short run ended with exit code {ended.returncode}: {said}")
    return _mebibytes(int(ended.stdout.split()[-1]))


def own_peak() -> float:
    """Return the most memory (MiB) that this process held so far."""
    return _mebibytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _mebibytes(told: int) -> float:
    """Return what getrusage tells in bytes or in kibibytes, as MiB."""
    return told * (1 if sys.platform == "darwin" else 1024) / 2**20


def help_seconds(count: int, environ: Mapping[str, str]) -> tuple[float, ...]:
    """Return how long ``handrail --help`` took, ``count`` times after one that is not counted."""
    command = (sys.executable, "-m", "handrail.tasks.cli", "--help")
    times = []
    for _ in range(count + 1):
        began = time.perf_counter()
        ended = _ended(command, environ)
        times.append(time.perf_counter() - began)
        if ended.returncode != 0:
            raise CheckFailed(f"handrail --help ended with exit code {ended.returncode}")
    return tuple(times[1:])


@dataclass(frozen=True)
class Start:
    """Seconds of a process's start: until the core was imported, from then to the first token."""

    imports: float
    first: float


def starts(choice: ModelChoice, count: int, environ: Mapping[str, str]) -> tuple[Start, ...]:
    """Start the core ``count`` times, after one that is not counted. Raises CheckFailed."""
    told = (str(model_folder(choice.model)), choice.device, choice.dtype, str(choice.threads or 0))
    found = []
    for _ in range(count + 1):
        ended = _ended((sys.executable, "-c", _FIRST, *told), environ)
        if ended.returncode != 0:
            said = (ended.stderr.strip().splitlines() or ["nothing"])[-1]
            raise CheckFailed(f"the core did not start: {said}")
        imports, first = map(float, ended.stdout.split()[-2:])
        found.append(Start(imports, first))
    return tuple(found[1:])


def _options(run: ShortRun) -> Sequence[str]:
    choice = run.model
    options = ["--model", choice.model, "--device", choice.device, "--dtype", choice.dtype]
    if choice.threads is not None:
        options += ["--threads", str(choice.threads)]
    if run.browser is not None:
        options += ["--browser", str(run.browser)]
    return options


def _ended(
    command: Sequence[str], environ: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command, env=dict(environ), capture_output=True, text=True, check=False, timeout=_LIMIT
        )
    except subprocess.TimeoutExpired as error:
        raise CheckFailed(f"a handrail process did not end within {_LIMIT:.0f} s") from error
