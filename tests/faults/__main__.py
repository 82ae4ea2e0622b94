"""``python -m tests.faults``: test every promise by count, and write ``results/faults.json``."""

import argparse
import sys
import time
from pathlib import Path

from handrail.tasks.results.result import measured, write_result
from tests.faults.catalog import suites
from tests.faults.runner import Level, Report, run_all, tell

ROOT = Path(__file__).resolve().parents[2]
_TITLE = "Every promise, tested by count"


def main() -> int:
    """Run the suites; 0 where every promise held and no suite was blind."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all counts: up to an hour")
    parser.add_argument("--seed", type=int, default=1, help="another set of cases")
    parser.add_argument("--jobs", type=int, help="suites side by side (2, of all counts 3)")
    parser.add_argument("--only", default="", metavar="P12", help="one promise; writes no result")
    arguments = parser.parse_args()
    level: Level = "full" if arguments.full else "faults"
    started = time.monotonic()
    chosen = suites(arguments.only)
    reports: dict[str, Report] = {}
    jobs = arguments.jobs or (3 if arguments.full else 2)  # the long ones wait for browsers
    for report in run_all(chosen, level, arguments.seed, jobs):
        reports[report.suite.name] = report
        tell(report, level)
    if not reports:
        print(f"no suite is called {arguments.only!r}", file=sys.stderr)
        return 2
    if not arguments.only:
        _write([reports[suite.name] for suite in chosen], level, arguments.seed)
    failed = sum(bool(report.problems) for report in reports.values())
    cases = sum(report.defended.cases for report in reports.values())
    seconds = time.monotonic() - started
    print(f"{len(reports)} suites, {failed} failed, {cases:,} cases, {seconds:.0f} s")
    return 1 if failed else 0


def _write(reports: list[Report], level: Level, seed: int) -> None:
    command = "make faults-full" if level == "full" else "make faults"
    figures = [report.figure() for report in reports]
    write_result(measured("faults", _TITLE, command, seed, figures), ROOT / "results")


if __name__ == "__main__":
    sys.exit(main())
