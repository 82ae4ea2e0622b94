"""Run suites side by side, each with its defence and without, and tell what came out."""

import multiprocessing
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Literal

from handrail.tasks.results.result import Figure
from tests.faults.suite import Suite, Verdict
from tests.faults.web import kept_browser

Level = Literal["test", "faults", "full"]
_SHOWN = 5


@dataclass(frozen=True)
class Report:
    """What became of one suite: with the defence, without it, and in how many seconds."""

    suite: Suite
    defended: Verdict
    undefended: Verdict
    seconds: float

    @property
    def problems(self) -> list[str]:
        """Return why this suite does not pass."""
        found = [f"broken: {line}" for line in self.defended.failures[:_SHOWN]]
        if len(self.defended.failures) > _SHOWN:
            found.append(f"and {len(self.defended.failures) - _SHOWN} more")
        if not self.undefended.failures:
            found.append("blind: without its defence it does not fail either")
        return found

    def figure(self) -> Figure:
        """Return the row of the table of promises."""
        open_cases, open_failures = self.undefended.cases, len(self.undefended.failures)
        notes = [
            f"{', '.join(self.suite.surfaces)}",
            f"defence off: {open_failures:,} failures in {open_cases:,} cases",
            *self.defended.notes,
        ]
        return Figure(
            name=f"{self.suite.name}. {self.suite.promise}",
            value=len(self.defended.failures),
            unit="failed",
            count=self.defended.cases,
            note="; ".join(notes),
        )


def run_suite(suite: Suite, level: Level, seed: int) -> Report:
    """Run a suite at a level, then with its defence switched off."""
    started = time.monotonic()
    counts = suite.counts
    count = {"test": counts.test, "faults": counts.faults, "full": counts.full}[level]
    with kept_browser():
        defended = suite.run(count, seed, True)
        undefended = suite.run(counts.without(count), seed, False)
    return Report(suite, defended, undefended, time.monotonic() - started)


def run_all(suites: Sequence[Suite], level: Level, seed: int, jobs: int) -> Iterator[Report]:
    """Yield a report for each suite as it ends, each run in a process beside this one."""
    # Spawned, not forked: suites that kill their own children must not inherit a pool's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        longest_first = sorted(suites, key=lambda s: -_expected(s, level))
        futures: list[Future[Report]] = [
            pool.submit(run_suite, suite, level, seed) for suite in longest_first
        ]
        by_future = dict(zip(futures, longest_first, strict=True))
        for future in as_completed(futures):
            error = future.exception()
            yield future.result() if error is None else _crashed(by_future[future], error)


def _crashed(suite: Suite, error: BaseException) -> Report:
    """Return the report of a suite that came to no end: it stands among the others as failed."""
    why = traceback.format_exception_only(error)[-1].strip()
    never = Verdict(0, ["not run"], [])
    return Report(suite, Verdict(0, [f"the suite crashed: {why}"], []), never, 0.0)


def _expected(suite: Suite, level: Level) -> float:
    """Return about how long a suite takes, in seconds: its budget, times how much more it does."""
    more = suite.counts.full / suite.counts.faults if level == "full" else 1.0
    return suite.seconds * more


def tell(report: Report, level: Level) -> None:
    """Print a line for a report, and one for each of its problems."""
    verdict = "FAILED" if report.problems else "ok"
    suite, over = report.suite, ""
    if level == "faults" and report.seconds > suite.seconds:
        over = f", over its budget of {suite.seconds:g} s"
    print(
        f"{verdict:>6}  {suite.name}: {report.defended.cases:,} cases, "
        f"{len(report.defended.failures):,} failed; without the defence "
        f"{len(report.undefended.failures):,} failures in {report.undefended.cases:,} cases "
        f"({report.seconds:.1f} s{over})"
    )
    for line in report.problems:
        print(f"        {line[:300]}")
    sys.stdout.flush()
