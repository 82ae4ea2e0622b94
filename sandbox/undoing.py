"""Undoing: carry a plan out, step by step, and write down what became of each.

Promises
- A step is put back as a whole or not at all: where one keeper refuses after another was done, what
  was done is taken back again, and nothing earlier is touched.
- What became of a step is written before the next one is begun. Interrupted at any moment, a second
  call comes to the same end: what is put back already is no conflict, and is not touched again.
- Afterwards ``remaining`` compares what is there with what was there before, and hides nothing.

Does not promise
- To take back what no keeper kept: such steps are written down as not undone, with what is left.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.records import Record, Undone
from handrail.sandbox.rollback import STOPS, Rollback, Span, UndoStep
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.snapshot.part import kept_now

_REASON = 1_500


def undo(
    rollback: Rollback, plan: Iterable[UndoStep], write: Callable[[Record], object]
) -> Iterator[UndoStep]:
    """Carry a plan out, and yield each step with what became of it; the last may be a conflict.

    Each step is judged anew when its turn comes.

    Raises JournalError where what became of a step cannot be written down.
    """
    for planned in plan:
        step = rollback.again(planned)
        if step.prospect == "undone":
            yield step
            continue
        ended = _put_back(rollback, step) if step.prospect == "put back" else step
        write(_written(ended))
        yield ended
        if ended.prospect in STOPS:
            return


def remaining(rollback: Rollback, steps: Iterable[UndoStep]) -> tuple[Difference, ...]:
    """Return what differs now from what was there before the earliest of these steps.

    What nobody can put back counts where one of the steps changed it: what ended by itself since,
    such as a tab, is not of the run's doing.

    Raises RestoreError.
    """
    oldest: dict[str, Span] = {}
    touched: set[str] = set()
    for step in steps:
        if step.prospect == "put back":
            oldest.update((span.keeper, span) for span in step.spans)
            touched |= {one.what for one in (*step.differences, *step.lost)}
    found: list[Difference] = []
    for name, span in oldest.items():
        keeper = rollback.keepers[name]
        now = kept_now(keeper, span.older)
        gone = {one.what for one in keeper.lost(span.older, now)} - touched
        found += (d for d in keeper.differences(span.older, now) if d.what not in gone)
    return tuple(found)


def _put_back(rollback: Rollback, step: UndoStep) -> UndoStep:
    """Put a step back with every keeper, or with none."""
    done: list[Span] = []
    try:
        for span in step.spans:
            rollback.keepers[span.keeper].put_back(span.older, span.newer)
            done.append(span)
    except RestoreError as error:
        reason = f"{error}{_taken_back(rollback, done)}"
        return replace(step, prospect="conflict", reason=reason)
    return step


def _taken_back(rollback: Rollback, done: list[Span]) -> str:
    """Undo the half of an undo, and say what could not be."""
    for span in reversed(done):
        try:
            rollback.keepers[span.keeper].put_back(span.newer, span.older)
        except RestoreError as error:
            return f"; and {span.keeper} stays put back, for: {error}"
    return ""


def _written(step: UndoStep) -> Undone:
    """Return the record of what became of a step."""
    whole = step.prospect in {"put back", "nothing changed"} and not step.left_out
    undone = whole and step.reversal != "irreversible"
    many = len(step.differences)
    said = {
        "put back": f"{many} difference{'' if many == 1 else 's'} put back",
        "nothing changed": "nothing that is kept had changed",
        "cannot be undone": "it cannot be taken back",
    }
    return Undone(
        intent=step.state.seq,
        outcome="undone" if undone else "undo_failed",
        settled=step.prospect not in STOPS,
        reason=(step.reason or said[step.prospect])[:_REASON],
        left=step.left,
    )
