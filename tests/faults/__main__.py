"""``python -m tests.faults``: test every promise by count, and write ``results/faults.json``."""

import argparse
import sys
import time
from pathlib import Path

from handrail.tasks.results.result import Result, measured, read_result, write_result
from tests.faults.catalog import suites
from tests.faults.runner import Level, Report, run_all, tell

ROOT = Path(__file__).resolve().parents[2]
_FILE = ROOT / "results" / "faults.json"
_TITLE = "Every promise, tested by count"


def main() -> int:
    """Run the suites; 0 where every promise held and no suite was blind."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all counts: up to an hour")
    parser.add_argument("--seed", type=int, default=1, help="another set of cases")
    parser.add_argument("--jobs", type=int, help="suites side by side (2, of all counts 3)")
    parser.add_argument("--only", default="", metavar="P12", help="one promise; writes no result")
    parser.add_argument("--again", default="", metavar="NAME",
                        help="one suite anew, for its row in the result")  # fmt: skip
    arguments = parser.parse_args()
    level: Level = "full" if arguments.full else "faults"
    started = time.monotonic()
    wanted = arguments.only or arguments.again
    chosen = suites(wanted)
    reports: dict[str, Report] = {}
    jobs = arguments.jobs or (3 if arguments.full else 2)  # the long ones wait for browsers
    for report in run_all(chosen, level, arguments.seed, jobs):
        reports[report.suite.name] = report
        tell(report, level)
    if not reports:
        print(f"no suite is called {wanted!r}", file=sys.stderr)
        return 2
    if not arguments.only:
        made = _result([reports[suite.name] for suite in chosen], level, arguments.seed)
        write_result(again(read_result(_FILE), made) if arguments.again else made, ROOT / "results")
    failed = sum(bool(report.problems) for report in reports.values())
    cases = sum(report.defended.cases for report in reports.values())
    seconds = time.monotonic() - started
    print(f"{len(reports)} suites, {failed} failed, {cases:,} cases, {seconds:.0f} s")
    return 1 if failed else 0


def _result(reports: list[Report], level: Level, seed: int) -> Result:
    command = "make faults-full" if level == "full" else "make faults"
    figures = [report.figure() for report in reports]
    return measured("faults", _TITLE, command, seed, figures)


def again(earlier: Result, made: Result) -> Result:
    """Return an earlier result with rows that were counted anew, which say so.

    Raises ValueError where the earlier one is of another command or seed, or has no such row.
    """
    if (earlier.command, earlier.seed) != (made.command, made.seed):
        raise ValueError(f"the result is of {earlier.command!r}, seed {earlier.seed}: count all")
    known = [figure.name for figure in earlier.figures]
    if unknown := [figure.name for figure in made.figures if figure.name not in known]:
        raise ValueError(f"the result has no row {unknown[0]!r}: count all")
    told = f"counted anew at commit {made.commit[:10]}"
    rows = {f.name: f.model_copy(update={"note": f"{f.note}; {told}"}) for f in made.figures}
    figures = tuple(rows.get(figure.name, figure) for figure in earlier.figures)
    return earlier.model_copy(update={"figures": figures})


if __name__ == "__main__":
    sys.exit(main())
