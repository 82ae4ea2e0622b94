"""Read what a run confirms: the steps that led to a success which was checked in the world.

A run is used where it succeeded, was told by ``--expect`` what must be so at its end, and all of
that held; where its journal is whole and its record is of that journal. Of its steps those are
used that were done and of which nothing says that they did not go as intended. A run that typed
what must not be seen, other than by a secret's name, is not used at all: the words may stand in its
goal. Steps that typed a named secret are not used either.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from PIL import Image

from handrail.actuators.actions import ENDINGS, Action, Press, Type, digest
from handrail.actuators.censor import SECRET
from handrail.actuators.secret import PLACEHOLDER
from handrail.sandbox.errors import JournalError
from handrail.sandbox.journal_reading import verify_journal
from handrail.tasks.errors import RunUnusable, TaskError
from handrail.tasks.run_file import RunFile, StepRow, read_run_file
from handrail.tasks.runs import RunFolder
from handrail.tasks.tuning.example import Done, Example, Found, LeftOut, image_digest

_MISSED = ("nothing changed", "otherwise")


def read_run(folder: RunFolder) -> Found:
    """Return the examples of a run. Raises RunUnusable, RunFolderError and RowError."""
    record = read_run_file(folder.record)
    if why := _unusable(record):
        raise RunUnusable(f"{folder.path}: {why}")
    done = _journalled(folder, record)
    examples: list[Example] = []
    left_out: list[LeftOut] = []
    before: tuple[Done, ...] = ()
    for row in record.steps:
        where = f"{folder.path}, step {row.number}"
        action = row.action if row.edited is None else row.edited
        why = _left_out(row, action, done)
        if action is not None and not why:
            named = isinstance(action, Type) and PLACEHOLDER.search(action.text)
            if named:
                why = "it typed a secret"
            else:
                examples.append(_example(folder, record, row, action, before))
            before = (*before, Done(action, row.line))
        if why:
            left_out.append(LeftOut(where, why))
    if not examples:
        raise RunUnusable(
            f"{folder.path}: none of its steps can be learned from ({left_out[0].reason})"
            if left_out
            else f"{folder.path}: it has no steps"
        )
    return Found(tuple(examples), tuple(left_out))


def read_runs(folders: list[RunFolder]) -> Found:
    """Return the examples of many runs; those that cannot be used are left out with the reason."""
    found = Found()
    for folder in folders:
        try:
            read = read_run(folder)
        except TaskError as error:
            reason = str(error).removeprefix(f"{folder.path}: ")
            read = Found(left_out=(LeftOut(str(folder.path), reason),))
        found = Found((*found.examples, *read.examples), (*found.left_out, *read.left_out))
    return found


def _unusable(record: RunFile) -> str:
    """Say why nothing of a run can be learned from; empty where something may."""
    if record.asked.kind == "rehearsal":
        return "it is a rehearsal, of which nobody knows how it would have gone: take the commit's"
    if record.outcome == "running":
        return "it goes on, or was cut off: take a run that ended in success"
    if record.outcome != "success":
        return f"it ended as {record.outcome} ({record.reason}): take a run that ended in success"
    if not record.checks:
        return (
            "its success is the proposer's word alone: run it with --expect, which checks what "
            "must be so at the end"
        )
    if broken := [check.check for check in record.checks if check.problem]:
        return f"what was to be so at its end is not ({broken[0]}): take a run that succeeded"
    if any(SECRET in f"{row.line}{row.reply}" or _starred(row.action) for row in record.steps):
        return (
            "it typed what must not be seen, and the words may stand in its goal: write such words "
            "as {{secret:NAME}} and run it with --secrets"
        )
    return ""


def _starred(action: Action | None) -> bool:
    """Tell whether characters of an action are hidden."""
    if isinstance(action, Type):
        return SECRET in action.text
    return isinstance(action, Press) and len(action.keys) == 1 and action.keys[0] == "*"


def _journalled(folder: RunFolder, record: RunFile) -> "Counter[str]":
    """Return how often the journal tells of each action, by digest, that it was done.

    Raises RunUnusable where it is damaged, or is not the one that the record is of.
    """
    try:
        reading = verify_journal(folder.journal, record.journal_head or None)
    except JournalError as error:
        raise RunUnusable(
            f"{error}; what its record says cannot be believed: leave the run out"
        ) from error
    return Counter(digest(state.action) for state in reading.actions if state.state == "done")


def _left_out(row: StepRow, action: Action | None, done: "Counter[str]") -> str:
    """Say why a step is not learned from; empty where it is."""
    if action is None:
        return "its reply was no action"
    if row.outcome != "done":
        return f"it was not done ({row.outcome or 'it never came to the gate'})"
    if row.verdict in _MISSED:
        return f"it did not go as intended ({row.verdict})"
    if isinstance(action, ENDINGS):
        return ""
    if not done[digest(action)]:
        return "the journal does not tell that it was done"
    return ""


def _example(
    folder: RunFolder, record: RunFile, row: StepRow, action: Action, before: tuple[Done, ...]
) -> Example:
    where = f"{folder.path}, step {row.number}"
    image = folder.frames / Path(row.frame).name
    image_digest(image, where)
    with Image.open(image) as opened:
        size = opened.size
    if size != (row.width, row.height):
        raise RunUnusable(
            f"{where}: the picture {image} is {size[0]}x{size[1]} and its screen was "
            f"{row.width}x{row.height}: leave the run out"
        )
    made = Example(where, image, size, record.asked.goal, action, folder.name, folder.name, before)
    own = row.edited is None  # what a person made of it is nobody's reply
    return replace(made, line=row.line, reply=row.reply if own else "")
