"""Measure restore points of files: ``python -m handrail.tasks.suites.snapshots``.

A folder of 10,000 files with 1 GB of bytes that no two files share is kept on the disk of the
present folder: first as a whole, then, again and again, after ten of its files were written anew.
Each time is that of the whole call, which returns when everything is durable. Then a point is put
back. The first point may take 5 s, a later one 0.5 s.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from handrail.sandbox.errors import SandboxError
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.tasks.amounts import positive
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import CheckFailed, ExitCode, TaskError
from handrail.tasks.results.result import Figure, measured, write_result
from handrail.tasks.results.tables import table

DEFAULT_FILES, DEFAULT_BYTES = 10_000, 10**9
FIRST_BAR, LATER_BAR = 5.0, 0.5
"""Seconds that the first point of the folder may take, and each later one."""
_CHANGED = 10
_ROUNDS = 10
_IN_A_FOLDER = 100


@dataclass(frozen=True)
class Measured:
    """Seconds: of the first point, of later ones, and of putting ten files back."""

    files: int
    size: int
    first: float
    later: tuple[float, ...]
    back: float

    @property
    def holds(self) -> bool:
        """Tell whether the times are within their bars, the slowest later point too."""
        return self.first <= FIRST_BAR and max(self.later) <= LATER_BAR


def measure(folder: Path, files: int, size: int, seed: int = 1) -> Measured:
    """Fill a folder, and time what keeping it and putting it back takes. Raises RestoreError.

    Raises CheckFailed where what was put back is not what was kept.
    """
    root, random = folder / "files", Random(seed)
    paths = [root / f"{n // _IN_A_FOLDER:03}" / f"{n:05}.bin" for n in range(files)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.randbytes(size // files))
    os.sync()  # what was written before is not the point's to wait for
    with FileKeeper(folder / "store", (root,)) as keeper:
        points: list[str] = []
        first, later = _timed(lambda: points.append(keeper.keep())), []
        for _ in range(_ROUNDS):
            for path in random.sample(paths, min(_CHANGED, files)):
                path.write_bytes(random.randbytes(size // files))
            later.append(_timed(lambda: points.append(keeper.keep())))
        back = _timed(lambda: keeper.put_back(points[-2], points[-1]))
        if keeper.differences(points[-2], keeper.keep()):
            raise CheckFailed("what was put back is not what was kept")
    return Measured(files, size, first, tuple(later), back)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def figures(found: Measured) -> tuple[Figure, ...]:
    """Return the figures in seconds."""
    what = f"{found.files:,} files, {found.size / 10**9:g} GB"
    verdict = "holds" if found.holds else "does NOT hold"
    return (
        _figure(f"first point of {what}", found.first, 1, f"bar {FIRST_BAR:g} s"),
        _figure(
            f"a later point, {_CHANGED} files written anew, median",
            statistics.median(found.later),
            len(found.later),
            f"bar {LATER_BAR:g} s",
        ),
        _figure("the same, the slowest", max(found.later), len(found.later), f"{verdict}"),
        _figure(f"putting {_CHANGED} files back", found.back, 1),
    )


def _figure(name: str, seconds: float, count: int, note: str = "") -> Figure:
    return Figure(name=name, value=round(seconds, 4), unit="s", count=count, note=note)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write ``snapshots.json``; 1 where a bar does not hold."""
    arguments = _parser().parse_args(argv)
    files: int = arguments.files
    size: int = arguments.bytes
    try:
        # Not the folder for temporary files, which may be memory: there a sync costs nothing.
        with tempfile.TemporaryDirectory(prefix=".handrail-points-", dir=Path.cwd()) as folder:
            found = measure(Path(folder), files, size)
    except (TaskError, SandboxError, OSError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    command = "python -m handrail.tasks.suites.snapshots"
    if (files, size) != (DEFAULT_FILES, DEFAULT_BYTES):
        command += f" --files {files} --bytes {size}"
    title = "Restore points of files (durable when they return)"
    result = measured("snapshots", title, command, None, figures(found))
    say(table(result))
    say(f"written: {write_result(result, arguments.results)}")
    return 0 if found.holds else 1


def _parser() -> argparse.ArgumentParser:
    name = "python -m handrail.tasks.suites.snapshots"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("--files", type=positive, default=DEFAULT_FILES, metavar="N")
    parser.add_argument("--bytes", type=positive, default=DEFAULT_BYTES, metavar="N")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
