"""P10: what is declared reversible is undone to the byte, and what changed meanwhile is refused.

Random actions go through a real gate to a fake desktop, whose program writes, renames, links and
removes files. Undoing them, all or those after a step, must leave the folder and the screen as they
were: every byte, mode, time and link. The files alone are ``p10_files.py``'s.
"""

import os
from pathlib import Path
from random import Random

from handrail.sandbox.rollback import UndoStep
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.undoing import remaining, undo
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.undo_stage import Stage

_MOST = 20


class _Heedless(FileKeeper):
    """Puts back without a look at what changed meanwhile."""

    def conflicts(self, older: str, newer: str) -> tuple[Difference, ...]:
        """See none."""
        return ()

    def put_back(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Take what is there now for what the run left."""
        return super().put_back(older, self.keep())


def _undone(stage: Stage, after: int) -> list[UndoStep]:
    plan = stage.rollback.plan(stage.reading.entries, after)
    return list(undo(stage.rollback, plan, stage.door.journal.append))


def _wrong_after(stage: Stage, random: Random) -> str:
    """Undo in one go or in two, and say what is not as it was."""
    goals = [random.choice(stage.looks)] if random.random() < 0.5 else []
    for after, before in [*goals, stage.looks[0]]:
        steps = _undone(stage, after)
        if bad := [s for s in steps if s.prospect in {"conflict", "lost"}]:
            return f"{bad[0].prospect}: {bad[0].reason}"
        if stage.look() != before:
            return "it is not as it was"
        if differing := remaining(stage.rollback, steps):
            return f"told as remaining: {differing[0].what}"
    return ""


def _sequences(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    actions = 0
    for number, random in seeds("P10", count, seed):
        with scratch(in_memory=True) as folder:
            stage = Stage(folder / "run", random, kept=defended)
            many = random.randint(1, _MOST)
            stage.play(many)
            actions += many
            tally.new((number, *(str(state.action) for state in stage.reading.actions)))
            if wrong := _wrong_after(stage, random):
                tally.fail(number, wrong)
            stage.close()
    tally.notes.append(f"{actions:,} actions")
    return tally.verdict()


def _disturbed(path: Path, random: Random, gone: bool) -> None:
    """Change something that an undo would touch, as somebody else would.

    ``gone``: undoing would take it away, so that it is no conflict that it is gone already.
    """
    there = path.is_symlink() or path.exists()
    if there and not path.is_symlink() and path.is_dir():
        (path / "theirs.txt").write_text("theirs")
        return
    match random.randrange(4):
        case 0 if there and not gone:
            path.unlink()
        case 1 if there and not path.is_symlink():
            os.utime(path, ns=(5, 5))
        case 2:
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to("elsewhere")
        case _:
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("theirs")


def _refused(stage: Stage, random: Random) -> str | None:
    """Disturb one thing, undo, and say what was overwritten; None where nothing can be."""
    plan = stage.rollback.plan(stage.reading.entries)
    touched = [
        (step, one)
        for step in plan
        for one in step.differences
        if one.kind not in {"entry", "folder"}
    ]
    if not touched:
        return None
    chosen = random.choice(touched)[1].what
    # The newest step that touches it is the one that must refuse.
    step, one = next((s, other) for s, other in touched if other.what == chosen)
    _disturbed(Path(one.what), random, one.change == "created")
    theirs = stage.look()
    steps = _undone(stage, step.state.seq - 1)
    if steps[-1].prospect != "conflict":
        return f"{one.what} was changed, and was undone: {steps[-1].prospect}"
    if steps[-1].state.seq < step.state.seq:
        return "an earlier step refused"
    later = [s for s in steps[:-1] if s.prospect == "put back"]
    return "" if later or stage.look() == theirs else "a refused step was touched"


def _conflicts(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    for number, random in seeds("P10 conflicts", 3 * count, seed):
        with scratch(in_memory=True) as folder:
            keeper = FileKeeper if defended else _Heedless
            stage = Stage(folder / "run", random, keeper_type=keeper)
            stage.play(random.randint(1, 8))
            wrong = _refused(stage, random)
            stage.close()
        if wrong is not None:
            tally.new(number)
            if wrong:
                tally.fail(number, wrong)
        if len(tally.keys) == count:
            break
    return tally.verdict()


SUITES = (
    Suite(
        "P10 undo",
        "Random actions that change files and a screen are undone to the byte, all or to a step",
        ("fake", "files"),
        Counts(test=6, faults=150, full=5_000),
        20,
        _sequences,
    ),
    Suite(
        "P10 undo conflicts",
        "What somebody else changed meanwhile is refused, and nothing of that step is touched",
        ("fake", "files"),
        Counts(test=8, faults=80, full=1_000),
        15,
        _conflicts,
    ),
)
