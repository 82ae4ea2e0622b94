"""P10, files: what is undone is byte for byte as it was, or nothing is touched.

Random work on a folder lies between two restore points. It is put back: the whole tree must look as
it did. Or the world changes meanwhile, in what would be put back: that must refuse, and touch
nothing. Or putting back is killed, once or twice: another call must come to the same end.
"""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.file_names import read
from handrail.sandbox.snapshot.comparing import Fits
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import Plan
from handrail.sandbox.snapshot.planning import Now
from handrail.sandbox.snapshot.putting_back import PuttingBack
from tests.faults.file_looks import seen
from tests.faults.file_work import FileWork
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.undoing import watched

SCRIPT = Path(__file__).with_name("undoing.py")
_BATCH = 150


class _Heedless(PuttingBack):
    """Does not look whether the world changed."""

    def insist(self, fits: Fits) -> Now:
        """Look only what is there."""
        return self.comparison.present(self.comparison.concerned())


class _Bare(LiveTree):
    """Brings contents back, and leaves folders with the times and modes that they come to."""

    def dress(self, path: bytes, entry: Entry) -> None:
        """Do nothing."""

    def set_folder(self, path: bytes, mode: int, mtime: int) -> None:
        """Do nothing."""


def _sequences(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    for number, random in seeds("P10 files", count, seed):
        with scratch(in_memory=True) as folder:
            work = FileWork(folder / "root", random)
            work.prepare()
            before = seen(work.root)
            live = LiveTree if defended else _Bare
            with FileKeeper(folder / "store", (work.root,), live=live) as keeper:
                older, wrong = keeper.keep(), ""
                work.work(random.randint(1, 20))
                try:
                    keeper.put_back(older, keeper.keep())
                except RestoreError as error:
                    wrong = str(error)
            if tally.new((number, *work.done)) and (wrong or seen(work.root) != before):
                tally.fail(number, f"{wrong} {'; '.join(work.done)}")
    return tally.verdict()


def _conflicts(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    for number, random in seeds("P10 conflicts", count, seed):
        with scratch(in_memory=True) as folder:
            work = FileWork(folder / "root", random)
            work.prepare()
            putting = PuttingBack if defended else _Heedless
            with FileKeeper(folder / "store", (work.root,), putting=putting) as keeper:
                older = keeper.keep()
                work.work(random.randint(1, 20))
                newer = keeper.keep()
                meddled = _meddle(keeper.differences(older, newer), random)
                now = seen(work.root)
                refused = _refused(keeper, older, newer)
            if not tally.new((number, meddled, *work.done)):
                continue
            if not refused:
                tally.fail(number, f"{meddled} was overwritten")
            elif seen(work.root) != now:
                tally.fail(number, f"{meddled}: refused, but something was touched")
    tally.notes.append("the world changed meanwhile: written, removed, another kind, mode, foreign")
    return tally.verdict()


def _refused(keeper: FileKeeper, older: str, newer: str) -> bool:
    try:
        keeper.put_back(older, newer)
    except UndoConflict:
        return True
    except RestoreError:
        return False
    return False


def _meddle(differences: tuple[Difference, ...], random: Random) -> str:
    """Change one thing that would be put back to what neither point knows, and say which."""
    told = random.choice([one for one in differences if one.kind in ("file", "folder")
                          and _in_folders(_path(one))])  # fmt: skip
    path = _path(told)
    if not os.path.lexists(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"of a person")
        return f"made {told.what}"
    if path.is_dir():
        if told.change == "created":
            (path / "foreign").write_bytes(b"of a person")
            return f"foreign in {told.what}"
        path.chmod(0o711)
        return f"mode of {told.what}"
    how = random.choice((_write, _make_link, _mark))
    how(path)
    return f"{how.__name__} {told.what}"


def _path(told: Difference) -> Path:
    return Path(os.fsdecode(read(told.what)))


def _in_folders(path: Path) -> bool:
    """Tell whether a path leads through folders alone: what a link leads to is not kept."""
    there = next(outer for outer in path.parents if os.path.lexists(outer))
    return there.is_dir() and there.resolve() == there


def _write(path: Path) -> None:
    path.chmod(0o600)
    with path.open("ab") as file:
        file.write(b"of a person")


def _make_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("of a person")


def _mark(path: Path) -> None:
    os.setxattr(path, "user.person", b"1")


class _Stubborn(PuttingBack):
    """Stops where a step fails, and leaves things there."""

    def turn_back(self, plan: Plan, error: RestoreError) -> None:
        """Do not."""
        raise error


def _failures(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    for number, random in seeds("P10 failures", 20 * count, seed):
        if len(tally.keys) == count:
            break
        with scratch(in_memory=True) as folder:
            work = FileWork(folder / "root", random)
            work.prepare()
            before = seen(work.root)
            keeper = FileKeeper(folder / "store", (work.root,))
            keeper.putting = PuttingBack if defended else _Stubborn
            older = keeper.keep()
            work.work(random.randint(1, 20))
            newer = keeper.keep()
            after = seen(work.root)
            step, forever = random.randint(1, 40), random.random() < 0.3
            why = _failed(keeper, older, newer, step, forever)
            if not why:
                continue
            tally.new((number, step, forever, *work.done))
            done = "all was put back" in why
            if not forever and not done and seen(work.root) != after:
                tally.fail(number, f"step {step} failed, and something is changed")
            keeper.live = LiveTree
            try:
                keeper.put_back(older, newer)
            except RestoreError as error:
                tally.fail(number, f"step {step} failed, and then: {error}")
                continue
            if seen(work.root) != before:
                tally.fail(number, f"step {step} failed, and the next undo came to another end")
    tally.notes.append("each step fails once, or from then on: no permission, disk full, I/O error")
    return tally.verdict()


def _failed(keeper: FileKeeper, older: str, newer: str, step: int, forever: bool) -> str:
    """Put back with a step that fails, and say why it ended; empty where it came not so far."""

    def at_step(number: int, before: bool) -> None:
        if before and (number == step or (forever and number > step)):
            code = (errno.EACCES, errno.ENOSPC, errno.EIO)[step % 3]
            raise OSError(code, os.strerror(code))

    keeper.live = watched(at_step)
    try:
        keeper.put_back(older, newer)
    except RestoreError as error:
        return str(error)
    return ""


def _kills(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    for start in range(0, count, _BATCH):
        several = min(_BATCH, count - start)
        asked = [seed, start, several, int(defended)]
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *map(str, asked)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        for line in done.stdout.splitlines():
            case = json.loads(line)
            if tally.new(case["case"]) and case["wrong"]:
                tally.fail(case["case"], case["wrong"])
    tally.notes.append("kill -9 before and after each step, and at random instants, once or twice")
    return tally.verdict()


SUITES = (
    Suite(
        "P10 files",
        "Undo brings back every byte, mode, time, attribute and link of 1-20 operations on files",
        ("files",),
        Counts(test=25, faults=300, full=5_000),
        20,
        _sequences,
    ),
    Suite(
        "P10 file conflicts",
        "Undo refuses, and touches nothing, where what it would put back changed meanwhile",
        ("files",),
        Counts(test=25, faults=150, full=1_000),
        10,
        _conflicts,
    ),
    Suite(
        "P10 file failures",
        "A step of undo that fails: all is taken back, or the next undo comes to the end",
        ("files", "failing disk"),
        Counts(test=25, faults=150, full=1_000),
        10,
        _failures,
    ),
    Suite(
        "P10 file kills",
        "Killed while undoing: another undo comes to the same end",
        ("files", "a process"),
        Counts(test=10, faults=60, full=300, undefended=20),
        10,
        _kills,
    ),
)
