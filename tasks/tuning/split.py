"""Hold a part out, so that what was learned can be told from what was learned by heart."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from handrail.tasks.errors import UsageError
from handrail.tasks.tuning.example import Example, LeftOut


@dataclass(frozen=True)
class Split:
    """What is learned, what is held out, and what of that asks the same as something learned."""

    learned: tuple[Example, ...]
    held_out: tuple[Example, ...]
    repeated: tuple[LeftOut, ...] = ()


def split(examples: Sequence[Example], share: float, seed: int) -> Split:
    """Hold out a share of the groups, drawn by the seed: a run or a picture goes as a whole.

    Raises UsageError where there are too few of them.
    """
    groups = sorted({e.group for e in examples}, key=lambda g: _draw(g, seed))
    if share == 0:
        return Split(tuple(examples), ())
    count = math.ceil(share * len(groups))
    if count >= len(groups):
        raise UsageError(
            f"all rows are of {len(groups)} run or picture, and a part of them is held out whole: "
            "add some, or tune without an examination by --held-out 0"
        )
    apart = set(groups[:count])
    learned = tuple(e for e in examples if e.group not in apart)
    known = {_asks(e) for e in learned}
    held = [e for e in examples if e.group in apart]
    return Split(
        learned,
        tuple(e for e in held if _asks(e) not in known),
        tuple(
            LeftOut(e.where, "held out, and asked of the same picture in what is learned")
            for e in held
            if _asks(e) in known
        ),
    )


def _draw(group: str, seed: int) -> str:
    return hashlib.sha256(f"{seed} {group}".encode()).hexdigest()


def _asks(example: Example) -> tuple[str, str, object]:
    picture = hashlib.sha256(example.image.read_bytes()).hexdigest()
    return picture, example.goal, example.before
