"""The numbers of a run's steps, as ``handrail runs show`` counts them, for its journal's records.

A journal knows nothing of steps. Every reply of a step that was put to the gate left one intent or
one refusal in it, in the same order.
"""

from handrail.sandbox.journal import JournalReading
from handrail.sandbox.records import Intent, Refusal
from handrail.tasks.errors import RunFolderError, UsageError
from handrail.tasks.run_file import StepRow, read_run_file
from handrail.tasks.runs import RunFolder


def step_numbers(reading: JournalReading, folder: RunFolder) -> dict[int, int]:
    """Return the step of each intent and refusal, by its record's number.

    Where there is no record of the run's steps, or it does not fit, they are counted.
    """
    asked = [e for e in reading.entries if isinstance(e.record, Intent | Refusal)]
    try:
        rows = [row for row in read_run_file(folder.record).steps if row.outcome]
    except RunFolderError:
        rows = []
    if any(not _fits(row, e.record) for row, e in zip(rows, asked, strict=False)):
        rows = []
    last = rows[-1].number if rows else 0
    # A run that was cut off wrote its last steps in the journal alone.
    numbers = [row.number for row in rows[: len(asked)]]
    numbers += range(last + 1, last + 1 + len(asked) - len(numbers))
    return {entry.seq: number for entry, number in zip(asked, numbers, strict=True)}


def record_of(step: int, numbers: dict[int, int]) -> int:
    """Return the last record of the steps up to one, -1 for none. Raises UsageError."""
    if step < 0 or step > max(numbers.values(), default=0):
        there = max(numbers.values(), default=0)
        raise UsageError(f"there is no step {step}: the run has {there}; 0 undoes all of it")
    return max((seq for seq, number in numbers.items() if number <= step), default=-1)


def _fits(row: StepRow, record: object) -> bool:
    action = row.edited or row.action
    kind = record.action.kind if isinstance(record, Intent | Refusal) else ""
    return action is not None and action.kind == kind
