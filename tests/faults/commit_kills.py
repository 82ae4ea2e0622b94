"""Commits that are killed at any point, and somebody who writes while they are at work."""

import contextlib
import os
import signal
from pathlib import Path
from typing import Self

from handrail.sandbox.errors import RehearsalError, RestoreError
from handrail.sandbox.file_names import read
from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.snapshot.putting_back import PuttingBack
from tests.faults.committed import Tree, as_merged, commit, differing
from tests.faults.rehearsing import Rehearsed
from tests.faults.tree_making import look
from tests.faults.undoing import Forgetful, named


def kill(rehearsed: Rehearsed, defended: bool) -> str:
    """Killed at any point, and again, the last commit comes to the same end.

    Where somebody writes midway, that is never lost: all is taken back, whenever that is
    interrupted, or it was done already.
    """
    record, random = rehearsed.tell(), rehearsed.random
    way = PuttingBack if defended else Forgetful
    target = _target(rehearsed, record) if random.random() < 0.4 else None
    most = 5 * len(record.consequences.files) + 25
    with _Somebody(rehearsed, target) as somebody:
        for _ in range(random.randint(1, 3)):
            somebody.left = random.randrange(random.choice((5, 25, most)))
            _killed(rehearsed, somebody, way, random.randrange(random.choice((12, 40, most))))
    try:
        commit(rehearsed, putting=way)
    except (RehearsalError, RestoreError) as error:
        if target is None or not somebody.kept:
            return f"does not converge: {error}"
        return _but_for(rehearsed, target, rehearsed.before)
    if somebody.wrote and target is not None:
        return _but_for(rehearsed, target, rehearsed.merged) if somebody.kept else "it is lost"
    return as_merged(rehearsed, record)


MINE = b"mine, whatever was rehearsed"


def _target(rehearsed: Rehearsed, record: RehearsalRecord) -> Path | None:
    """Choose a file that somebody will write to while it is committed."""
    files = [
        one.path
        for one in record.consequences.files
        if one.was is not None and one.was.entry == "file" and not one.metadata
    ]
    return Path(os.fsdecode(read(rehearsed.random.choice(files)))) if files else None


class _Somebody:
    """Writes to a file when so many points are ``left``: by its name, or having opened it early."""

    def __init__(self, rehearsed: Rehearsed, target: Path | None) -> None:
        self.target = target
        self.left = 0
        self._told = rehearsed.folder / "wrote"
        self._open = -1
        if target is not None and rehearsed.random.random() < 0.5:
            self._open = os.open(target, os.O_WRONLY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._open >= 0:
            os.close(self._open)

    @property
    def wrote(self) -> bool:
        return self._told.exists()

    @property
    def kept(self) -> bool:
        """Tell whether what was written is still there."""
        target = self.target
        return target is not None and target.is_file() and target.read_bytes() == MINE

    def reached(self) -> None:
        """Come nearer to it, or write."""
        self.left -= 1
        if self.left != 0 or self.target is None or self.wrote:
            return
        how = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        with contextlib.suppress(OSError):  # what it wants to write to has become something else
            file = os.dup(self._open) if self._open >= 0 else os.open(self.target, how, 0o644)
            self._told.touch()
            os.ftruncate(file, 0)
            os.pwrite(file, MINE, 0)
            os.close(file)


def _but_for(rehearsed: Rehearsed, target: Path, wanted: Tree) -> str:
    """Compare with how all is to be, but for what somebody wrote."""
    same = bytes(target.relative_to(rehearsed.real))
    pairs = rehearsed.links_before | rehearsed.links
    names = {same, *(name for pair in pairs for name in pair if same in pair)}
    now, then = (
        {path: one for path, one in tree.items() if path not in names}
        for tree in (look(rehearsed.real), wanted)
    )
    return differing(now, then)


def _killed(rehearsed: Rehearsed, somebody: _Somebody, way: type[PuttingBack], stop: int) -> None:
    """Commit in a child that dies at a point; a line in ``killed`` says at which."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    left = [stop]

    def reached(point: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            with (rehearsed.folder.parent / "killed").open("a") as told:
                told.write(point + "\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def at_step(step: str, before: bool) -> None:
        if before and step in ("link", "rename", "dress"):
            somebody.reached()
        reached(f"{'before' if before else 'after'} {step}")

    try:
        live = named(at_step)
        commit(rehearsed, putting=way, live=live, told=lambda state: reached(state.phase))
    finally:
        os._exit(0)  # whatever happened: a child must never go on with its parent's cases
