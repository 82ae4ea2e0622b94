"""One undo of one run: what it shows, asks and does, for ``handrail undo``."""

import argparse
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from handrail.sandbox.errors import JournalBusy, JournalCorrupt
from handrail.sandbox.journal import JournalReading
from handrail.sandbox.records import Intent, Kept, Note
from handrail.sandbox.rehearsal.record import RECORD_NAME, read_record
from handrail.sandbox.rollback import Later, Rollback, UndoStep, cut_off
from handrail.sandbox.snapshot.part import kept_now
from handrail.sandbox.terminal import confirmed
from handrail.sandbox.undoing import remaining, undo
from handrail.tasks.browser_setting import chosen_browser
from handrail.tasks.cli_log import read_key
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode, UsageError
from handrail.tasks.kept_journal import Addition, KeptJournal
from handrail.tasks.live import Hearing
from handrail.tasks.run_keepers import Found, KeptParts, found_keepers, remedy
from handrail.tasks.runs import RunFolder, runs_root
from handrail.tasks.undo_commit import undo_commit
from handrail.tasks.undo_numbers import record_of, step_numbers
from handrail.tasks.undo_view import UndoView


def undo_from_command(arguments: argparse.Namespace) -> int:
    """Undo a run, or say what that would do; return the exit code.

    Raises UsageError, NoSuchRun, JournalError, RestoreError, RehearsalError, KeyUnreadable.
    """
    key = read_key(arguments.key)
    try:
        kept = _own(runs_root(os.environ), arguments.run)
        folder = RunFolder(kept.path.parent)
        if (folder.path / RECORD_NAME).exists():
            return undo_commit(folder, read_record(folder.path), arguments)
        if arguments.dry_run:
            kept.insist_idle()
            return _shown(kept, kept.checked(key=key), arguments)
        with kept.adding(key) as addition:
            return _undone(kept, addition, arguments)
    except JournalBusy as error:
        raise UsageError(
            f"{arguments.run} still runs, or is being undone: stop it, or wait for its end"
        ) from error
    except JournalCorrupt as error:
        complain(f"{error}; nothing was undone: what it says cannot be relied on")
        return ExitCode.FAILED


def _own(root: Path, name: str) -> KeptJournal:
    """Return the journal of a run of the user's own: another's would say what to write where."""
    kept = KeptJournal.found(root, name)
    if kept.path.resolve().parent.parent != root.resolve():
        raise UsageError(f"{kept.path}: only a run in {root} can be undone")
    return kept


def _shown(kept: KeptJournal, reading: JournalReading, arguments: argparse.Namespace) -> int:
    with _opened(kept, reading, arguments) as found:
        return _Undo(reading, found, kept, arguments).plan()[1]


def _undone(kept: KeptJournal, addition: Addition, arguments: argparse.Namespace) -> int:
    with _opened(kept, addition.reading, arguments) as found:
        undoing = _Undo(addition.reading, found, kept, arguments)
        plan, code = undoing.plan()
        moving = [step for step in plan if step.prospect == "put back"]
        if not moving:
            say("there is nothing to put back")
            # An undo that was interrupted may have had no time to say so of its last steps.
            unsaid = any(step.prospect != "undone" for step in plan) and undoing.begun
            return undoing.carry_out(plan, addition) if unsaid else code
        many = sum(len(step.differences) for step in moving)
        question = f"Put back {_many(many, 'difference')} of {_many(len(moving), 'step')}?"
        if not arguments.yes and not confirmed(question):
            complain("nothing was undone: it was not confirmed (--yes does not ask)")
            return ExitCode.DENIED
        return undoing.carry_out(plan, addition)


class _Undo:
    """One undo of one run."""

    def __init__(
        self,
        reading: JournalReading,
        found: Found,
        kept: KeptJournal,
        arguments: argparse.Namespace,
    ) -> None:
        self._reading = reading
        self._numbers: Mapping[int, int] = step_numbers(reading, RunFolder(kept.path.parent))
        self._after = record_of(arguments.to, self._numbers)
        remedies = partial(remedy, KeptParts.told(reading))
        self._rollback = Rollback(found.keepers, found.absent, remedies)
        points: dict[str, str] = {}
        if cut_off(reading.entries):
            points = {n: kept_now(k, self._latest(n)) for n, k in found.keepers.items()}
        self._later = Later(points, arguments.unseen)
        self._view = UndoView(Hearing(highlight=False), self._numbers, arguments.all)

    def _latest(self, name: str) -> str:
        """Return a keeper's point before the last action, empty where it has none."""
        records = (entry.record for entry in reversed(self._reading.entries))
        points = (record.before for record in records if isinstance(record, Intent))
        return next((point[name] for point in points if name in point), "")

    @property
    def begun(self) -> bool:
        """Tell whether the run was being undone before."""
        records = (entry.record for entry in self._reading.entries)
        return any(isinstance(record, Note) and record.topic == "undo" for record in records)

    def plan(self) -> tuple[tuple[UndoStep, ...], int]:
        """Show what would be done, and return it with the exit code of having done so."""
        steps = self._rollback.plan(self._reading.entries, self._after, self._later)
        if not steps:
            say("the run did nothing that can be undone")
        self._view.planned(steps)
        return steps, _code(steps)

    def carry_out(self, plan: tuple[UndoStep, ...], addition: Addition) -> int:
        """Undo what was shown, and compare what is there with what was there before."""
        if self._later.points:
            addition.add(Kept(points=dict(self._later.points)))
        addition.add(Note(topic="undo", data={"after": self._after, "steps": len(plan)}))
        ended: list[UndoStep] = []
        for step in undo(self._rollback, plan, addition.add):
            self._view.ended(step)
            ended.append(step)
        self._view.total(ended)
        differing = remaining(self._rollback, ended)
        if differing:
            self._view.remaining(differing)
        return ExitCode.FAILED if differing else _code(ended)


def _opened(
    kept: KeptJournal, reading: JournalReading, arguments: argparse.Namespace
) -> AbstractContextManager[Found]:
    parts = KeptParts.told(reading)
    for name, why in parts.unkept.items():
        say(f"{name}: was not kept: {why}")
    browser = chosen_browser(arguments.browser, os.environ)
    return found_keepers(parts, RunFolder(kept.path.parent), arguments.without, browser)


def _code(steps: Iterable[UndoStep]) -> ExitCode:
    """Return 0 where all is, or will be, as far as anybody can say as it was; else 1."""
    return ExitCode.SUCCESS if all(map(_whole, steps)) else ExitCode.FAILED


def _whole(step: UndoStep) -> bool:
    if step.prospect == "undone":
        return step.state.state == "undone"
    back = step.prospect in {"put back", "nothing changed"}
    return back and step.reversal != "irreversible" and not step.left_out


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
