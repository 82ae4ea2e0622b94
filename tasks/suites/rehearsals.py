"""Measure what a copy adds to a program's start: ``python -m handrail.tasks.suites.rehearsals``.

An editor is started on a display that is there, and its start is timed until its window is. Then it
is started in a copy of a small home: the way is tried, display, bus and window manager are started,
mounts are made. One after the other, several rounds: what is left of the copy's time beside the
editor's own start of the same round is the overhead; its median may be 1.5 seconds.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.errors import SandboxError
from handrail.sandbox.rehearsal.desktop_copy import DesktopCopy
from handrail.sandbox.rehearsal.removal import remove
from handrail.sandbox.rehearsal.scene import Scene
from handrail.tasks.amounts import positive
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode
from handrail.tasks.results.result import Figure, measured, write_result
from handrail.tasks.results.tables import table

ROUNDS = 5
ALLOWANCE = 1.5
"""Seconds that a start in a copy may take longer."""
_SIZE = (1280, 800)
_SECONDS = 60.0
_PROGRAM = ("mousepad", "--disable-server")
_NOTE = "rehearsed.txt"


@dataclass(frozen=True)
class Round:
    """One start as it is, and one in a copy: seconds until the window is there."""

    plain: float
    copied: float

    @property
    def overhead(self) -> float:
        """Return what the copy took."""
        return self.copied - self.plain


def measure(rounds: int, folder: Path) -> list[Round]:
    """Time so many rounds, after one that is not counted. Raises ActuatorError, RehearsalError."""
    home = folder / "home"
    home.mkdir()
    (home / _NOTE).write_text("What is written here stays here.\n", encoding="utf-8")
    with VirtualDisplay.start(*_SIZE) as display:
        return [
            Round(_plain(display, home / _NOTE), _copied(home, folder / f"scratch-{number}"))
            for number in range(rounds + 1)
        ][1:]


def _plain(display: VirtualDisplay, note: Path) -> float:
    began = time.perf_counter()
    program = display.launch([*_PROGRAM, str(note)])
    display.wait_for_window(_NOTE, _SECONDS)
    taken = time.perf_counter() - began
    program.kill()
    program.wait()
    return taken


def _copied(home: Path, scratch: Path) -> float:
    scratch.mkdir(mode=0o700)
    with ExitStack() as opened:
        opened.callback(remove, scratch)
        began = time.perf_counter()
        copy = opened.enter_context(DesktopCopy.open(Scene(home, scratch, home), None, os.environ))
        copy.start([*_PROGRAM, _NOTE])
        copy.display.wait_for_window(_NOTE, _SECONDS)
        return time.perf_counter() - began


def figures(rounds: Sequence[Round]) -> tuple[Figure, ...]:
    """Return the figures in seconds."""
    overheads = [one.overhead for one in rounds]
    verdict = "holds" if statistics.median(overheads) <= ALLOWANCE else "does NOT hold"
    return (
        _seconds("start in a copy beyond the program's own start, median", overheads),
        _seconds("the same, slowest", [max(overheads)], f"of {len(rounds)} rounds"),
        _seconds("the program's own start, median", [one.plain for one in rounds]),
        _seconds("its start in a copy, median", [one.copied for one in rounds]),
        Figure(name="bar: 1.5 s", value=ALLOWANCE, unit="s", count=None, note=verdict),
    )


def _seconds(name: str, times: list[float], note: str = "") -> Figure:
    value = round(statistics.median(times), 3)
    return Figure(name=name, value=value, unit="s", count=len(times), note=note)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write ``rehearsals.json``; 1 where the bar does not hold."""
    arguments = _parser().parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="handrail-rehearsals-") as folder:
            rounds = measure(arguments.rounds, Path(folder))
    except (ActuatorError, SandboxError, OSError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    title = f"What a copy adds to a program's start ({_PROGRAM[0]}, {_SIZE[0]}x{_SIZE[1]})"
    command = "python -m handrail.tasks.suites.rehearsals"
    command += "" if arguments.rounds == ROUNDS else f" --rounds {arguments.rounds}"
    result = measured("rehearsals", title, command, None, figures(rounds))
    say(table(result))
    say(f"written: {write_result(result, arguments.results)}")
    return 0 if statistics.median(one.overhead for one in rounds) <= ALLOWANCE else 1


def _parser() -> argparse.ArgumentParser:
    name = "python -m handrail.tasks.suites.rehearsals"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("--rounds", type=positive, default=ROUNDS, metavar="N")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
