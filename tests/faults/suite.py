"""What a suite of faults is: a promise, its counts, and a run that tells what broke it.

A file ``pNN_*.py`` offers ``SUITES``. ``run(count, seed, defended)`` makes ``count`` distinct cases
from the seed. With ``defended=False`` the part that keeps the promise is left out, by passing
another object in: then the same cases must fail, or the suite could not see a broken promise.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple


class Verdict(NamedTuple):
    """What a run found: the number of distinct cases, what failed, and what else there is to say.

    ``failures`` has a line for each failed case; ``notes`` go beside the figure.
    """

    cases: int
    failures: list[str]
    notes: list[str]


@dataclass(frozen=True)
class Counts:
    """How many cases: in ``make test``, in ``make faults``, in ``make faults-full``.

    ``undefended`` cases are run with the defence switched off, at every level.
    """

    test: int
    faults: int
    full: int
    undefended: int = 0

    def without(self, defended: int) -> int:
        """Return the number of undefended cases beside this many defended ones."""
        return min(defended, self.undefended or self.test)


@dataclass(frozen=True)
class Suite:
    """One promise, or one part of it: ``seconds`` is its budget in ``make faults``."""

    name: str
    promise: str
    surfaces: tuple[str, ...]
    counts: Counts
    seconds: float
    run: Callable[[int, int, bool], Verdict]


@dataclass
class Tally:
    """Counts distinct cases and keeps a line for each that failed."""

    keys: set[object] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def new(self, key: object) -> bool:
        """Count a case, and tell whether there was none like it before."""
        before = len(self.keys)
        self.keys.add(key)
        return len(self.keys) > before

    def fail(self, case: object, what: str) -> None:
        """Keep a failure with the case that shows it."""
        self.failures.append(f"{case}: {what}")

    def verdict(self) -> Verdict:
        """Return what was found."""
        return Verdict(len(self.keys), self.failures, self.notes)


def seeds(suite: str, count: int, seed: int) -> Iterator[tuple[int, Random]]:
    """Yield a number and a source of chance for each case; a case depends on nothing else."""
    for number in range(count):
        yield number, Random(f"{suite}/{seed}/{number}")


@contextmanager
def scratch(in_memory: bool = False) -> Iterator[Path]:
    """Lend a folder that is removed afterwards.

    ``in_memory``: one that waits for no disk, where the system has one.
    """
    memory = "/dev/shm" if in_memory and os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(prefix="handrail-faults-", dir=memory) as folder:
        yield Path(folder)
