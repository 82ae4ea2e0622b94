"""P10: a rehearsal that is killed at any moment leaves nothing behind but a run that says so.

``handrail rehearse`` on a desktop is killed at a named point: nothing of it runs or is mounted
afterwards, the real folders are as they were to the inode, a commit is refused, ``handrail gc``
removes what was left on the disk, and rehearsed anew the same is told.
"""

import sys

from tests.faults.children import answered
from tests.faults.rehearse_kills import FAILING, Off, Plan
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch

POINTS = (
    "program shown", "scratch made", "told", "step 2", "display started", "kept", "failed",
    "begun", "program started", "copy closed", "before begun", "folders looked at", "way found",
    "layers made", "copy made", "group made", "step 1", "step 3", "end seen", "before failed",
    "removed",
)  # fmt: skip
_OFF: tuple[Off, ...] = ("record", "watchdog", "removal")


def _kills(count: int, seed: int, defended: bool) -> Verdict:
    assert set(FAILING) < set(POINTS)
    tally = Tally()
    plans = [
        Plan(POINTS[n % len(POINTS)]) if defended else Plan("program shown", _OFF[n % len(_OFF)])
        for n in range(count)
    ]
    with scratch() as folder:
        said = answered([sys.executable, "-m", "tests.faults.rehearse_kills", str(folder)], plans)
    for number, (plan, wrong) in enumerate(zip(plans, said, strict=True)):
        tally.new((seed, number, plan))
        if wrong:
            tally.fail(plan, wrong)
    tally.notes.append(f"kill -9 at {len({plan.point for plan in plans})} points")
    return tally.verdict()


SUITES = (
    Suite(
        "P10 rehearsal kills",
        "A rehearsal killed at any point leaves nothing running, mounted, changed or committed",
        ("desktop",),
        Counts(test=2, faults=6, full=42, undefended=3),
        20,
        _kills,
    ),
)
