"""Measure what the gate and the journal add to an action: ``python -m handrail.tasks.suites.gate``.

Clicks that a policy allows go through the real gate to the screen in memory, with a journal on the
disk of the present folder. Each is timed as a whole, and in it the action alone, the screenshot of
the recheck (with its fingerprint), and the disk. What is left beside action and screenshot is the
overhead; it may be twice the median time of a sync plus 2 ms. Both sides are of the same clicks, so
nothing drifts between them.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.actions import Click
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import Button, Checkbox, FakeScreen, Field
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.observation import Observation
from handrail.actuators.primitives import Primitives
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.errors import SandboxError
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal, OsDisk
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from handrail.tasks.amounts import positive
from handrail.tasks.bench import percentile
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import CheckFailed, ExitCode, TaskError
from handrail.tasks.results.result import Figure, measured, write_result
from handrail.tasks.results.tables import table

DEFAULT_CLICKS = 400
ALLOWANCE = 0.002
"""Seconds beside two syncs that an action may take longer."""
_WARM_UP = 20
_SIZE = ScreenGeometry(width=1280, height=800)
_POLICY = Policy(profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),))


@dataclass
class Stopwatch:
    """Adds up seconds."""

    seconds: float = 0.0

    def taken(self) -> float:
        """Return what was counted since this was last asked."""
        seconds, self.seconds = self.seconds, 0.0
        return seconds


class TimedScreen(FakeScreen):
    """Times its looks and the action itself."""

    def __init__(self, verifier: PermitVerifier) -> None:
        button = Button("Save", Box(left=40, top=40, right=140, bottom=70))
        field = Field("Name", Box(left=40, top=100, right=340, bottom=130))
        tick = Checkbox("Later", Box(left=40, top=160, right=60, bottom=180))
        super().__init__(verifier, [button, field, tick], _SIZE)
        self.looking, self.acting = Stopwatch(), Stopwatch()
        self._last: Observation | None = None

    def observe(self) -> Observation:
        """Look, and take the look's fingerprint, as a run does before it decides."""
        began = time.perf_counter()
        seen = super().observe()
        assert seen.fingerprint
        self._last = seen  # megabytes are let go here too, and not in the middle of the gate
        self.looking.seconds += time.perf_counter() - began
        return seen

    def _click(self, action: Click, events: Primitives) -> None:
        began = time.perf_counter()
        super()._click(action, events)
        self.acting.seconds += time.perf_counter() - began


class TimedDisk(OsDisk):
    """Remembers how long each sync took."""

    def __init__(self) -> None:
        self.syncs: list[float] = []

    def sync(self, descriptor: int) -> None:
        """Wait for the disk."""
        began = time.perf_counter()
        super().sync(descriptor)
        self.syncs.append(time.perf_counter() - began)


@dataclass(frozen=True)
class Timed:
    """One click in seconds: as a whole, the screenshot in it, and the action itself."""

    whole: float
    look: float
    act: float

    @property
    def overhead(self) -> float:
        """Return what gate and journal took."""
        return self.whole - self.look - self.act


@dataclass(frozen=True)
class Measured:
    """All clicks, and all syncs of the same run."""

    clicks: tuple[Timed, ...]
    syncs: tuple[float, ...]

    @property
    def overhead(self) -> float:
        """Return the median overhead in seconds."""
        return statistics.median(click.overhead for click in self.clicks)

    @property
    def bar(self) -> float:
        """Return how large that may be, in seconds."""
        return 2 * statistics.median(self.syncs) + ALLOWANCE

    @property
    def holds(self) -> bool:
        """Tell whether it is not larger."""
        return self.overhead <= self.bar


def measure(clicks: int, folder: Path) -> Measured:
    """Time so many clicks, after some that are not counted, with the journal in this folder.

    Raises JournalError, and CheckFailed where a click was not done.
    """
    office, disk = PermitOffice(), TimedDisk()
    screen = TimedScreen(office)
    with Journal.create(folder / "journal.jsonl", "bench", disk) as journal:
        gate = Gate(screen, office, _POLICY, journal, DenyAll(), lambda: False)
        times = [_click(gate, screen, number) for number in range(_WARM_UP + clicks)]
    return Measured(tuple(times[_WARM_UP:]), tuple(disk.syncs[2 * _WARM_UP :]))


def _click(gate: Gate, screen: TimedScreen, number: int) -> Timed:
    seen, place = screen.observe(), screen.widgets[number % 3].box.center
    action = Click(point=Point(x=place.x, y=place.y))
    screen.looking.taken()
    began = time.perf_counter()
    outcome = gate.submit(action, seen, "goal")
    whole = time.perf_counter() - began
    if outcome.kind != "done":
        raise CheckFailed(f"a click on the screen in memory was {outcome.kind}: {outcome.reason}")
    return Timed(whole, screen.looking.taken(), screen.acting.taken())


def figures(found: Measured) -> tuple[Figure, ...]:
    """Return the figures in milliseconds."""
    clicks = found.clicks
    overheads, looks = [c.overhead for c in clicks], [c.look for c in clicks]
    verdict = "holds" if found.holds else "does NOT hold"
    return (
        _ms("gate and journal on an allowed click, median", found.overhead, len(clicks)),
        _ms("the same, 95th percentile", percentile(overheads, 0.95), len(clicks)),
        _ms("one sync of this run, median", statistics.median(found.syncs), len(found.syncs)),
        _ms("bar: two syncs + 2 ms", found.bar, None, verdict),
        _ms(
            "the recheck's screenshot and its fingerprint, apart",
            statistics.median(looks),
            len(clicks),
        ),
        _ms("the click itself, apart", statistics.median(c.act for c in clicks), len(clicks)),
    )


def _ms(name: str, seconds: float, count: int | None, note: str = "") -> Figure:
    return Figure(name=name, value=round(1000 * seconds, 4), unit="ms", count=count, note=note)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write ``gate.json``; 1 where the bar does not hold."""
    arguments = _parser().parse_args(argv)
    clicks: int = arguments.clicks
    try:
        # Not the folder for temporary files, which may be memory: there a sync costs nothing.
        with tempfile.TemporaryDirectory(prefix=".handrail-gate-", dir=Path.cwd()) as folder:
            found = measure(clicks, Path(folder))
    except (TaskError, SandboxError, OSError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    title = f"What the gate adds to an action (in-memory screen, {_SIZE.width}x{_SIZE.height})"
    command = "python -m handrail.tasks.suites.gate"
    command += "" if clicks == DEFAULT_CLICKS else f" --clicks {clicks}"
    result = measured("gate", title, command, None, figures(found))
    say(table(result))
    say(f"written: {write_result(result, arguments.results)}")
    return 0 if found.holds else 1


def _parser() -> argparse.ArgumentParser:
    name = "python -m handrail.tasks.suites.gate"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("--clicks", type=positive, default=DEFAULT_CLICKS, metavar="N")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
