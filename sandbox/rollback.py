"""What undoing a run would do, step by step, the newest first: made from its journal and keepers.

Promises
- A plan touches nothing. Each step says what is put back, or that nothing changed, that the world
  changed meanwhile (``conflict``), that what was kept is gone (``lost``), or that nobody can take
  it back; after a conflict or a loss the earlier steps are ``not reached``.
- What an action changed is what differs between the point before it and the one before the next
  action that happened, or at the run's end. Where a run was cut off before that, the difference to
  now is shown and counts as a conflict until somebody who looked says otherwise
  (``Later.trusted``).
- What a browser sent after an action makes it one that nobody can take back, and is named.
- What cannot be taken back is listed with its step, whether or not a keeper kept something of it.

Does not promise
- That the world stands still between a plan and ``undoing.py``, which looks again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.records import (
    ActionState,
    Entry,
    Intent,
    Kept,
    Sent,
    Undone,
    action_states,
)
from handrail.sandbox.reversibility import Reversal, changes_something, reversibility
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
_HARMLESS = frozenset({"observe", "navigate"})
_UNSEEN = (
    "the run was cut off and nobody recorded what was there after this: what differs now may be "
    "somebody else's; look, and --unseen puts it back all the same"
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
    """One step of a plan; ``left``: what of it stays, whatever is put back.

    ``differences`` are those that can be put back, ``lost`` the others. ``left_out``: keepers that
    have something of it and are not here.
    """

    state: ActionState
    intent: Intent
    prospect: Prospect
    reversal: Reversal = "irreversible"
    spans: tuple[Span, ...] = ()
    differences: tuple[Difference, ...] = ()
    lost: tuple[Difference, ...] = ()
    reason: str = ""
    left: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


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
        happened = _happened(entries)
        known = _Timeline(entries, {state.seq for state, _ in happened}, later or Later())
        closed = _closed(entries)
        newest: dict[str, str] = {}
        steps: list[UndoStep] = []
        stopped = False
        for state, intent in reversed(happened):
            if state.seq <= after:
                break
            if state.seq in closed:
                left = closed[state.seq].left
                steps.append(UndoStep(state, intent, "undone", reason=state.reason, left=left))
                continue
            step = self._step(UndoStep(state, intent, "nothing changed"), known, newest)
            steps.append(replace(step, prospect="not reached") if stopped else step)
            stopped = stopped or step.prospect in STOPS
        return tuple(steps)

    def again(self, step: UndoStep) -> UndoStep:
        """Return a step as it stands now that nothing later than it is left to undo."""
        if step.prospect in {"undone", "nothing changed", "cannot be undone"}:
            return step
        return self._judged(replace(step, differences=(), lost=(), reason=""), {})

    def _step(self, step: UndoStep, known: "_Timeline", newest: dict[str, str]) -> UndoStep:
        intent = step.intent
        declared = reversibility(intent.action.kind, intent.effect, intent.place.kind)
        spans = known.spans(step.state.seq, intent)
        there = tuple(span for span in spans if span.keeper in self.keepers)
        gone = tuple(s.keeper for s in spans if s not in there and s.older != s.newer)
        sent = known.sent(step.state.seq)
        left = (
            *((declared.rest,) if declared.rest and not sent else ()),
            *sent,
            *(f"{name}: {self.absent.get(name, 'nobody is there who kept it')}" for name in gone),
            *self.remedies(intent),
        )
        for span in there:
            newest.setdefault(span.keeper, span.newer)
        reversal: Reversal = "irreversible" if sent else declared.reversal
        step = replace(step, reversal=reversal, spans=there, left=left, left_out=gone)
        step = self._judged(step, newest)
        if step.prospect == "nothing changed":
            if gone or not spans:
                why = "what it changed is out of reach" if gone else "nothing was kept before it"
                return replace(step, prospect="cannot be undone", reason=why)
            if reversal == "irreversible":
                return replace(step, prospect="cannot be undone")
        return step

    def _judged(self, step: UndoStep, newest: Mapping[str, str]) -> UndoStep:
        try:
            return self._compared(step, newest)
        except RestoreError as error:
            return replace(step, prospect="lost", reason=str(error))

    def _compared(self, step: UndoStep, newest: Mapping[str, str]) -> UndoStep:
        """Look at what differs, and at what is no longer as this and later steps left it."""
        found: list[Difference] = []
        moving: list[Span] = []
        changed: list[Difference] = []
        lost: list[Difference] = []
        for span in step.spans:
            keeper = self.keepers[span.keeper]
            differences = keeper.differences(span.older, span.newer)
            if differences:
                gone = keeper.lost(span.older, span.newer)
                back = [one for one in differences if one not in gone]
                lost += gone
                found += back
                moving += [span] if back else []
                # What a later step changed as well is as the latest of them left it.
                changed += keeper.conflicts(span.older, newest.get(span.keeper, span.newer))
        unkept = tuple(f"{one.what}: cannot be put back" for one in lost)
        left = (*step.left, *(one for one in unkept if one not in step.left))
        step = replace(step, spans=tuple(moving), differences=tuple(found), left=left)
        step = replace(step, lost=tuple(lost))
        if not found:
            return replace(step, prospect="cannot be undone" if lost else "nothing changed")
        if changed:
            named = ", ".join(one.what for one in changed[:5])
            more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
            return replace(step, prospect="conflict", reason=f"changed meanwhile: {named}{more}")
        if any(span.unseen for span in moving):
            return replace(step, prospect="conflict", reason=_UNSEEN)
        return replace(step, prospect="put back")


def cut_off(entries: Sequence[Entry]) -> bool:
    """Tell whether the last action that was kept has no later point: the run did not come to it."""
    kept = max((e.seq for e in entries if isinstance(e.record, Kept)), default=-1)
    return any(state.seq > kept and intent.before for state, intent in _happened(entries))


def _happened(entries: Sequence[Entry]) -> list[tuple[ActionState, Intent]]:
    """Return every action of which there may be something to undo, in order."""
    intents = {e.seq: e.record for e in entries if isinstance(e.record, Intent)}
    found = [(state, intents[state.seq]) for state in action_states(entries)]
    return [
        (state, intent)
        for state, intent in found
        if state.state in {"done", "in_doubt", "undone", "undo_failed"}
        and changes_something(intent.action)
    ]


def _closed(entries: Iterable[Entry]) -> dict[int, Undone]:
    """Return by its intent what is settled: there is nothing more to put back of it."""
    records = (e.record for e in entries)
    return {r.intent: r for r in records if isinstance(r, Undone) and r.settled}


class _Timeline:
    """Every keeper's points in order: before each action that happened, and after the last."""

    def __init__(self, entries: Iterable[Entry], happened: Collection[int], later: Later) -> None:
        self._later = later
        self._points: list[tuple[int, Mapping[str, str]]] = []
        self._sent: dict[int, list[str]] = {}
        for entry in entries:
            record = entry.record
            if isinstance(record, Sent) and record.decision == "sent" and record.intent is not None:
                told = f"what was sent: {record.method} {record.url}"
                if record.effect not in _HARMLESS:
                    self._sent.setdefault(record.intent, []).append(told)
            if isinstance(record, Intent) and entry.seq in happened:
                self._points.append((entry.seq, record.before))
            elif isinstance(record, Kept):
                self._points.append((entry.seq, record.points))

    def sent(self, seq: int) -> tuple[str, ...]:
        """Return what left the browser after an intent of this number, and was no mere look."""
        return tuple(dict.fromkeys(self._sent.get(seq, ())))

    def spans(self, seq: int, intent: Intent) -> tuple[Span, ...]:
        """Return what was kept around an intent of this number."""
        return tuple(self._span(seq, name, point) for name, point in intent.before.items())

    def _span(self, seq: int, name: str, older: str) -> Span:
        for number, points in self._points:
            if number > seq and name in points:
                return Span(name, older, points[name])
        now = self._later.points.get(name, older)
        return Span(name, older, now, unseen=not self._later.trusted)
