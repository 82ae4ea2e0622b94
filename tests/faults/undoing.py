"""Undo that is killed: ``python undoing.py SEED START COUNT DEFENDED``, a JSON line for each case.

A forked process puts a folder back and is killed (SIGKILL) before or after a step, or after some
microseconds; maybe its successor too. Then the folder is put back once more, undisturbed.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple, cast

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import Plan
from handrail.sandbox.snapshot.putting_back import PuttingBack

STEPS = (
    "unlock",
    "link",
    "rename",
    "remove",
    "dress",
    "set_folder",
    "sync",
    "sync_stage",
    "sync_all",
    "make_stage",
    "remove_stage",
)


class Kill(NamedTuple):
    """After which step, or after how many microseconds; ``before``: before the step instead."""

    step: int = 0
    before: bool = False
    microseconds: int = 0


class Forgetful(PuttingBack):
    """Puts back without a redo log."""

    def write_down(self, plan: Plan) -> None:
        """Do nothing."""


def named(at_step: Callable[[str, bool], None]) -> type[LiveTree]:
    """Return a tree that tells of each step before and after it, with its name."""

    def told(name: str) -> Callable[..., object]:
        real: Callable[..., object] = getattr(LiveTree, name)

        def step(tree: LiveTree, *arguments: object) -> object:
            at_step(name, True)
            result = real(tree, *arguments)
            at_step(name, False)
            return result

        return step

    return cast("type[LiveTree]", type("Watched", (LiveTree,), {n: told(n) for n in STEPS}))


def watched(at_step: Callable[[int, bool], None]) -> type[LiveTree]:
    """Return a tree that tells of each step before and after it, with its number."""
    count = 0

    def told(_name: str, before: bool) -> None:
        nonlocal count
        count += before
        at_step(count, before)

    return named(told)


def drawn(random: Random) -> Kill:
    """Return where to kill."""
    if random.random() < 0.25:
        return Kill(microseconds=int(10 ** random.uniform(2.5, 4.6)))
    return Kill(random.randint(1, 40), random.random() < 0.5)


def undo(keeper: FileKeeper, older: str, newer: str, kill: Kill, defended: bool) -> bool:
    """Put back in a process of its own, and tell whether it was killed."""
    child = os.fork()
    if child == 0:
        _burn(keeper, older, newer, kill, defended)
    if kill.microseconds:
        time.sleep(kill.microseconds / 1e6)
        os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _burn(keeper: FileKeeper, older: str, newer: str, kill: Kill, defended: bool) -> None:
    def at_step(number: int, before: bool) -> None:
        if (number, before) == (kill.step, kill.before):
            os.kill(os.getpid(), signal.SIGKILL)

    keeper.live = watched(at_step)
    keeper.putting = PuttingBack if defended else Forgetful
    try:
        keeper.put_back(older, newer)
    except RestoreError:
        os._exit(1)  # only without a defence; the last call tells why
    os._exit(0)


def case(number: int, random: Random, defended: bool) -> dict[str, object]:
    """Run a case, and return what it was and what went wrong."""
    from tests.faults.file_looks import seen
    from tests.faults.file_work import FileWork
    from tests.faults.suite import scratch

    with scratch(in_memory=True) as folder:
        work = FileWork(folder / "root", random)
        work.prepare()
        before = seen(work.root)
        keeper = FileKeeper(folder / "store", (work.root,))
        older = keeper.keep()
        work.work(random.randint(1, 20))
        newer = keeper.keep()
        kills = [drawn(random) for _ in range(random.choice((1, 1, 2)))]
        killed = [undo(keeper, older, newer, kill, defended) for kill in kills]
        told = f"{number} {kills} {work.done}"
        try:
            keeper.put_back(older, newer)
        except RestoreError as error:
            return {"case": told, "killed": any(killed), "wrong": str(error)}
        wrong = "" if seen(work.root) == before else "not as it was"
        left = [str(place) for place in folder.rglob(".handrail-*")]
        return {"case": told, "killed": any(killed), "wrong": wrong or " ".join(left)}


def main(seed: int, start: int, count: int, defended: bool) -> None:
    """Run so many cases that were killed, from a number on."""
    number = start * 1_000
    while count:
        found = case(number, Random(f"P10 kills/{seed}/{number}"), defended)
        number += 1
        if found["killed"]:
            count -= 1
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    _seed, _start, _count, _defended = map(int, sys.argv[1:])
    main(_seed, _start, _count, bool(_defended))
