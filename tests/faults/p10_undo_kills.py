"""P10: an undo that is killed at any moment converges when it is made again.

``handrail undo`` is killed at a change that it makes to a file, whichever, or after a while; the
next one must leave every document as it was before the run, and the journal whole, fitting its
anchor, and saying that every action was undone or why not.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.undo_crashing import Batch

ROOT = Path(__file__).resolve().parents[2]
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
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.faults.undo_crashing",
                str(folder),
                "defended" if defended else "open",
            ],
            input="".join(json.dumps(batch._asdict()) + "\n" for batch in batches),
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    moments = [(batch.name, moment) for batch in batches for moment in batch.moments]
    for case, line in zip(moments, done.stdout.splitlines(), strict=True):
        tally.new(case)
        if wrong := json.loads(line):
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
