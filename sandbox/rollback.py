"""What undoing a run would do, step by step, the newest first: made from its journal and keepers.

Promises
- A plan touches nothing. Each step says what is put back, or that nothing changed, that the world
  changed meanwhile (``conflict``), that what was kept is gone (``lost``), or that nobody can take
  it back; after a conflict or a loss the earlier steps are ``not reached``.
- What an action changed is what differs between the point before it and the next later one of the
  same keeper. Where there is no later one, for a run that was cut off, the difference to now is
  shown and counts as a conflict until somebody who looked says otherwise (``Later.trusted``).
- What cannot be taken back is listed with its step, whether or not a keeper kept something of it.

Does not promise
- That the world stands still between a plan and ``undoing.py``, which looks again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.records import ActionState, Entry, Intent, Kept, Undone, action_states
from handrail.sandbox.reversibility import (
    Reversal,
    Reversibility,
    changes_something,
    reversibility,
)
from handrail.sandbox.snapshot.keeper import Difference, Keeper

Prospect = Literal[
    "put back",
    "nothing changed",
    "cannot be undone",
    "conflict",
    "lost",
    "not reached",
    "undone",
]
STOPS: frozenset[Prospect] = frozenset({"conflict", "lost"})
_UNSEEN = (
    "the run was cut off and nobody recorded what was there after this: what differs now may be "
    "somebody else's; look, and say that it is to be put back all the same"
)


@dataclass(frozen=True)
class Span:
    """What a keeper has of one step: its points before and after; ``unseen``: after is now."""

    keeper: str
    older: str
    newer: str
    unseen: bool = False


@dataclass(frozen=True)
class UndoStep:
    """One step of a plan; ``left``: what of it stays, whatever is put back."""

    state: ActionState
    intent: Intent
    prospect: Prospect
    reversal: Reversal = "irreversible"
    spans: tuple[Span, ...] = ()
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Later:
    """What is known beyond the journal of a run that was cut off: the points of now.

    ``trusted``: somebody looked, and takes what differs for the run's.
    """

    points: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = False


Remedies = Callable[[Intent], Iterable[str]]
"""What a person could do by hand about an action, as their policy says."""


@dataclass(frozen=True)
class Rollback:
    """Makes plans; ``absent`` says of keepers that cannot be had why not."""

    keepers: Mapping[str, Keeper]
    absent: Mapping[str, str] = field(default_factory=dict)
    remedies: Remedies = lambda intent: ()

    def plan(
        self, entries: Sequence[Entry], after: int = -1, later: Later | None = None
    ) -> tuple[UndoStep, ...]:
        """Return what undoing every action after the record ``after`` would do, newest first."""
        intents = {e.seq: e.record for e in entries if isinstance(e.record, Intent)}
        closed = {
            e.record.intent: e.record
            for e in entries
            if isinstance(e.record, Undone) and e.record.settled
        }
        known = _Timeline(entries, later or Later())
        settled: set[tuple[str, str]] = set()
        steps: list[UndoStep] = []
        for state in reversed(action_states(entries)):
            intent = intents[state.seq]
            if state.seq <= after or not _acted(state, intent):
                continue
            if state.seq in closed:
                left = closed[state.seq].left
                steps.append(UndoStep(state, intent, "undone", reason=state.reason, left=left))
            elif steps and (steps[-1].prospect in STOPS or steps[-1].prospect == "not reached"):
                steps.append(UndoStep(state, intent, "not reached"))
            else:
                steps.append(self._step(state, intent, known, settled))
        return tuple(steps)

    def _step(
        self,
        state: ActionState,
        intent: Intent,
        known: "_Timeline",
        settled: set[tuple[str, str]],
    ) -> UndoStep:
        declared = reversibility(intent.action.kind, intent.effect, intent.place.kind)
        spans, left = self._spans(known.spans(state.seq, intent))
        left = (*_beyond(declared), *left, *self.remedies(intent))
        step = UndoStep(state, intent, "nothing changed", declared.reversal, spans, left=left)
        try:
            step = self._compared(step, settled)
        except RestoreError as error:
            return replace(step, prospect="lost", reason=str(error))
        if step.prospect == "nothing changed" and declared.reversal == "irreversible":
            return replace(step, prospect="cannot be undone")
        return step

    def _spans(self, spans: Iterable[Span]) -> tuple[tuple[Span, ...], tuple[str, ...]]:
        """Divide what was kept into what can be put back and why the rest cannot."""
        there = tuple(span for span in spans if span.keeper in self.keepers)
        gone = [s.keeper for s in spans if s not in there and s.older != s.newer]
        return there, tuple(
            f"{name}: {self.absent.get(name, 'nobody is there who kept it')}" for name in gone
        )

    def _compared(self, step: UndoStep, settled: set[tuple[str, str]]) -> UndoStep:
        """Look at what differs, and at what is no longer as the step left it."""
        found: list[Difference] = []
        moving: list[Span] = []
        changed: list[Difference] = []
        for span in step.spans:
            keeper = self.keepers[span.keeper]
            differences = keeper.differences(span.older, span.newer)
            if not differences:
                continue
            moving.append(span)
            found += differences
            # What a later step changed as well is as that step left it, which was looked at there.
            changed += [
                one
                for one in keeper.conflicts(span.older, span.newer)
                if (span.keeper, one.what) not in settled
            ]
            settled.update((span.keeper, one.what) for one in differences)
        step = replace(step, spans=tuple(moving), differences=tuple(found))
        if not found:
            return step
        if changed:
            named = ", ".join(one.what for one in changed[:5])
            more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
            return replace(step, prospect="conflict", reason=f"changed meanwhile: {named}{more}")
        if any(span.unseen for span in moving):
            return replace(step, prospect="conflict", reason=_UNSEEN)
        return replace(step, prospect="put back")


def cut_off(entries: Sequence[Entry]) -> bool:
    """Tell whether the last action that was kept has no later point: the run did not come to it."""
    kept = [e for e in entries if isinstance(e.record, Kept)]
    intents = [e for e in entries if isinstance(e.record, Intent) and e.record.before]
    return bool(intents) and (not kept or kept[-1].seq < intents[-1].seq)


def _acted(state: ActionState, intent: Intent) -> bool:
    """Tell whether there may be something to undo."""
    happened = state.state in {"done", "in_doubt", "undone", "undo_failed"}
    return happened and changes_something(intent.action, intent.effect)


def _beyond(declared: Reversibility) -> tuple[str, ...]:
    return (declared.rest,) if declared.rest else ()


class _Timeline:
    """Every keeper's points in the order in which they were made."""

    def __init__(self, entries: Iterable[Entry], later: Later) -> None:
        self._later = later
        self._points: list[tuple[int, Mapping[str, str]]] = []
        for entry in entries:
            record = entry.record
            if isinstance(record, Intent) and record.before:
                self._points.append((entry.seq, record.before))
            elif isinstance(record, Kept):
                self._points.append((entry.seq, record.points))

    def spans(self, seq: int, intent: Intent) -> tuple[Span, ...]:
        """Return what was kept around an intent of this number."""
        return tuple(self._span(seq, name, point) for name, point in intent.before.items())

    def _span(self, seq: int, name: str, older: str) -> Span:
        for number, points in self._points:
            if number > seq and name in points:
                return Span(name, older, points[name])
        now = self._later.points.get(name, older)
        return Span(name, older, now, unseen=not self._later.trusted)
