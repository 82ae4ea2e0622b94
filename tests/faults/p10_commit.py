"""P10: a commit applies exactly what a rehearsal showed, or nothing.

Random work is done in random folders through a real overlay (or on a copy), and what is told of it
is compared with two plain looks at all there is. Then it is committed: as it is, with somebody else
at work in the same folder, and with the commit killed at any of its points.
"""

import sys
from collections import Counter
from functools import partial

from tests.faults.children import answered
from tests.faults.committing import Plan, namespaced
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds


def _tried(kind: str, count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    plans = [
        Plan(kind, n, f"P10 {kind}/{seed}/{n}", defended) for n, _r in seeds(kind, count, seed)
    ]
    with scratch(in_memory=True) as folder:
        command = [sys.executable, "-m", "tests.faults.committing", str(folder)]
        said = answered(namespaced(command), plans, 60 + 2 * len(plans))
        killed = folder / "killed"
        points = Counter(killed.read_text().splitlines()) if killed.exists() else Counter[str]()
    for plan, wrong in zip(plans, said, strict=True):
        if wrong != "-" and tally.new(plan.seed) and wrong:
            tally.fail(plan.seed, wrong)
    if points:
        tally.notes.append(f"{sum(points.values())} kills at {len(points)} points")
    return tally.verdict()


SUITES = (
    Suite(
        "P10 commit equals",
        "What is told is what changed, and a commit makes the real folder the rehearsed one",
        ("overlay", "copy"),
        Counts(test=12, faults=80, full=1_000, undefended=10),
        5,
        partial(_tried, "equal"),
    ),
    Suite(
        "P10 commit conflicts",
        "Somebody changed what a commit concerns: it refuses, and touches nothing",
        ("overlay", "copy"),
        Counts(test=12, faults=50, full=330),
        4,
        partial(_tried, "conflict"),
    ),
    Suite(
        "P10 commit kills",
        "A commit killed at any point, up to three times, comes to the same end",
        ("overlay", "copy"),
        Counts(test=12, faults=45, full=400),
        6,
        partial(_tried, "kill"),
    ),
)
