"""Measure what a model takes in memory: ``python -m handrail.tasks.suites.memory``.

Writes random weights of the published 2B's dimensions, makes a copy of 4 bits of them, loads it,
shows it a picture of 1024x768 pixels within 2,048 tokens, and lets it write; then quantizes four
and eight layers of the 32B's widths. Each process is a new one; folders are removed as soon as
they are not needed. Linux only, some minutes and 13 GB of disk. Writes ``memory.json``.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from handrail.model.errors import ModelError
from handrail.model.inspection import inspect
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import CheckFailed, ExitCode, TaskError
from handrail.tasks.evaluate import publish
from handrail.tasks.results.result import Figure, measured
from handrail.tasks.suites.memory_child import STATUS, Peaks
from handrail.tasks.suites.random_model import SEED, TWO_BILLION, Dimensions, wide, write_model

_DISK = 13 * 10**9
_LIMIT = 3 * 3600.0
_LAYERS = (4, 8)


def peaks_of(*arguments: str | Path) -> Peaks:
    """Return the peaks of one of the measured processes. Raises CheckFailed."""
    command = [sys.executable, "-m", "handrail.tasks.suites.memory_child", *map(str, arguments)]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_LIMIT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CheckFailed(f"a measured process did not end in {_LIMIT:.0f} s") from error
    if ended.returncode != 0:
        said = (ended.stderr.strip().splitlines() or ["nothing"])[-1]
        raise CheckFailed(f"a measured process ended with exit code {ended.returncode}: {said}")
    peaks: Peaks = json.loads(ended.stdout)
    return peaks


def model_figures(folder: Path, dimensions: Dimensions) -> list[Figure]:
    """Return what loading, quantizing and using a model of these dimensions take."""
    large, small = folder / "large", folder / "small"
    write_model(large, dimensions)
    say("written: the model in bfloat16")
    weights, loading = _weights(large), peaks_of("load", large)
    quantizing = peaks_of("shrink", large, small)
    say("written: its copy of 4 bits")
    shutil.rmtree(large)
    packed, told, used = _weights(small), inspect(small).peak, peaks_of("answer", small)
    whole = max(used[phase]["whole"] for phase in ("loading", "reading", "writing"))
    return [
        _size("weights in bfloat16", weights),
        _loading("loading them, beyond the libraries", loading, weights),
        _size("weights in 4 bits; vision tower, embedding and head in 16", packed),
        _loading("loading these, beyond the libraries", used, packed),
        _size("the libraries alone", used["libraries"]["whole"]),
        _size("peak while reading the prompt", used["reading"]["whole"], "libraries included"),
        _size("of it the process's own, no mapped file", used["reading"]["own"]),
        _size("peak while writing", used["writing"]["whole"], "libraries included"),
        _size("`handrail model show` says", told, f"{told / whole:.2f} of the peak"),
        _beyond(f"quantizing {dimensions.layers} layers", quantizing),
    ]


def quantizer_figures(folder: Path, layers: int) -> list[Figure]:
    """Return what quantizing some layers of the 32B's widths takes."""
    write_model(folder / "source", wide(layers))
    made = peaks_of("shrink", folder / "source", folder / "target")
    return [_beyond(f"quantizing {layers} layers of the 32B's widths", made)]


def measure(where: Path | None) -> list[Figure]:
    """Measure everything in folders that are removed. Raises CheckFailed and ModelError."""
    if not STATUS.exists():
        raise CheckFailed(f"there is no {STATUS}: memory is measured on Linux")
    free = shutil.disk_usage(where or tempfile.gettempdir()).free
    if free < _DISK:
        raise CheckFailed(
            f"{free / 1e9:.1f} GB are free and {_DISK / 1e9:.0f} GB needed: name a folder of "
            "another disk with --folder"
        )
    with tempfile.TemporaryDirectory(dir=where) as folder:
        found = model_figures(Path(folder), TWO_BILLION)
    for layers in _LAYERS:
        with tempfile.TemporaryDirectory(dir=where) as folder:
            found += quantizer_figures(Path(folder), layers)
            say(f"quantized: {layers} layers")
    return found


def _weights(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def _size(name: str, value: int, note: str = "") -> Figure:
    return Figure(name=name, value=round(value / 1e6), unit="MB", note=note)


def _beyond(name: str, peaks: Peaks) -> Figure:
    own = peaks["quantizing"]["own"] - peaks["libraries"]["own"]
    return _size(f"{name}, own memory", own, "mapped files and libraries apart")


def _loading(name: str, peaks: Peaks, weights: int) -> Figure:
    more = peaks["loading"]["whole"] - peaks["libraries"]["whole"]
    return _size(name, more, f"{more / weights:.2f} of the weights; files stay mapped")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.memory", description=__doc__
    )
    parser.add_argument("--folder", type=Path, help="where the weights lie meanwhile")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    arguments = parser.parse_args(argv)
    try:
        found = measure(arguments.folder)
    except (ModelError, TaskError, OSError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    title = "Memory: random weights of the 2B's dimensions, a picture of 1024x768, 2,048 tokens"
    command = "python -m handrail.tasks.suites.memory"
    publish(measured("memory", title, command, SEED, found), arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
