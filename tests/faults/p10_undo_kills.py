"""P10: an undo that is killed at any moment converges when it is made again.

``handrail undo`` is killed at a change that it makes to a file, whichever, or after a while; the
next one must leave every document as it was before the run, and the journal whole, fitting its
anchor, and saying that every action was undone or why not.
"""

import sys

from tests.faults.children import answered
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.undo_crashing import Batch

_EACH = 12


def _batches(count: int, seed: int) -> list[Batch]:
    made: list[Batch] = []
    left = count
    for number, random in seeds("P10 kills", count, seed):
        if not left:
            break
        many = min(left, _EACH)
        left -= many
        # Most at a change to a file, spread over all of them; a few at any instant.
        moments = tuple(
            (place + random.random()) / many if place % 4 < 3 else random.uniform(1, 1e6)
            for place in range(many)
        )
        made.append(Batch(f"{seed}/{number}", random.randint(2, 6), moments))
    return made


def _kills(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    batches = _batches(count, seed)
    with scratch(in_memory=True) as folder:
        word = "defended" if defended else "open"
        command = [sys.executable, "-m", "tests.faults.undo_crashing", str(folder), word]
        said = answered(command, batches)
    moments = [(batch.name, moment) for batch in batches for moment in batch.moments]
    for case, wrong in zip(moments, said, strict=True):
        tally.new(case)
        if wrong:
            tally.fail(case, wrong)
    return tally.verdict()


SUITES = (
    Suite(
        "P10 undo kills",
        "An undo that is killed at a change to a file, or at any instant, converges when repeated",
        ("a process", "files"),
        Counts(test=8, faults=36, full=300, undefended=24),
        25,
        _kills,
    ),
)
