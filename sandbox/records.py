"""What the journal's records say.

Promises
- A closed union: a record of another kind, or with another field, does not read.
- An action's state is told by its records alone: an intent without an outcome is ``in_doubt``,
  until somebody looked and wrote down that it happened (``done``) or did not (``not_done``). What
  was done, or is in doubt, may later be ``undone``, or could not be (``undo_failed``).

Does not promise
- That an effect happened: an outcome says what was observed by the one who acted.
- Secrecy: the text of a ``type`` action stands in its record, but for password fields (see
  ``redact.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from handrail.actuators.actions import Action
from handrail.actuators.held import RequestKind
from handrail.actuators.observation import Application, Element, Surface, SurfaceKind, storable
from handrail.sandbox.rules import Decision, EffectClass

SCHEMA = 1

ResultKind = Literal["done", "failed", "in_doubt", "withdrawn"]
UndoKind = Literal["undone", "undo_failed"]
StateKind = ResultKind | Literal["not_done"] | UndoKind
AlertRule = Literal["rate", "failures", "new_origin", "out_of_hours"]
Scalar = str | int | float | bool | None


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Place(_Record):
    """Where an action was aimed: the surface, and what lay under its point.

    ``application`` and ``program``: of the window that it landed in, or of the one in front.
    """

    kind: SurfaceKind
    name: str
    owned: bool
    window: str
    url: str
    role: str | None = None
    label: str | None = None
    application: str = ""
    program: str = ""

    @classmethod
    def of(cls, surface: Surface, element: Element | None) -> "Place":
        """Return the place of an action on a surface and an element."""
        own = Application() if element is None else element.application
        application = surface.application if own == Application() else own
        return cls(
            kind=surface.kind,
            name=surface.name,
            owned=surface.owned,
            window=_written(surface.window.raw),
            url=_written(surface.url),
            role=None if element is None else _written(element.role),
            label=None if element is None else _written(element.name.raw),
            application=_written(application.name),
            program=_written(application.program),
        )


def _written(text: str) -> str:
    """Return foreign text as UTF-8 can hold it, cut to 2,000."""
    return storable(text[:2000])


class Begin(_Record):
    """The first record of every journal."""

    kind: Literal["begin"] = "begin"
    product: Literal["handrail"] = "handrail"


class Intent(_Record):
    """An action that is about to be done; ``screen`` is the fingerprint it was decided on.

    ``redacted``: the action and its digest stand without what was typed. ``consent``: who permitted
    what the rules ask about: ``once`` or ``kind`` (a person), ``grant ID``, or nobody was asked.
    ``before``: by each keeper's name its point of what was there before (see ``keeping.py``).
    """

    kind: Literal["intent"] = "intent"
    action: Action
    digest: str
    effect: EffectClass
    decision: Decision
    reason: str
    place: Place
    screen: str
    redacted: bool = False
    consent: str = ""
    before: dict[str, str] = Field(default_factory=dict)


class Result(_Record):
    """What became of an intent, named by its sequence number."""

    kind: Literal["result"] = "result"
    intent: int
    outcome: ResultKind
    reason: str = ""
    seconds: float | None = None


class Observed(_Record):
    """What somebody saw later of an intent in doubt: whether it happened, and by what they know."""

    kind: Literal["observed"] = "observed"
    intent: int
    outcome: Literal["done", "not_done"]
    reason: str = Field(min_length=1, max_length=2_000)


class Kept(_Record):
    """What was there once the last action had ended: each keeper's point, by its name."""

    kind: Literal["kept"] = "kept"
    points: dict[str, str]


class Undone(_Record):
    """What became of undoing an action; ``left``: what of it stays, since nobody can take it back.

    ``settled``: there is nothing more to put back of it.
    """

    kind: Literal["undone"] = "undone"
    intent: int
    outcome: UndoKind
    settled: bool
    reason: str = Field(min_length=1, max_length=2_000)
    left: tuple[str, ...] = ()


class Refusal(_Record):
    """An action that was not even intended: denied, stopped, not fit, or a person acted instead."""

    kind: Literal["refusal"] = "refusal"
    action: Action
    digest: str
    effect: EffectClass
    outcome: Literal["denied", "stopped", "failed", "handed_back"]
    reason: str
    place: Place
    redacted: bool = False


class Sent(_Record):
    """A request that a browser held, and what was decided about it; ``effect``: its class.

    ``intent``: the number of the intent that it came after, None where there was none. ``body``:
    what may be shown of it, cut; ``body_digest``: SHA-256 of all of it, empty where it holds what
    is hidden. ``count``: how many of its kind there were until then; not each has a record.
    """

    kind: Literal["request"] = "request"
    method: str
    url: str
    purpose: RequestKind
    page: str
    effect: EffectClass
    decision: Literal["sent", "stopped"]
    reason: str
    intent: int | None = None
    hop_of: str = ""
    body: str = ""
    body_digest: str = ""
    consent: str = ""
    count: int = 1


class Alert(_Record):
    """Something unusual about a run, told by a rule of ``alerts.py``; ``record`` raised it."""

    kind: Literal["alert"] = "alert"
    rule: AlertRule
    record: int
    reason: str = Field(min_length=1, max_length=500)


class Note(_Record):
    """Anything else that a run writes down: its goal, a proposal, its end."""

    kind: Literal["note"] = "note"
    topic: str = Field(min_length=1, max_length=64)
    data: dict[str, Scalar] = Field(default_factory=dict)


Record = Annotated[
    Begin | Intent | Result | Observed | Kept | Undone | Refusal | Sent | Alert | Note,
    Field(discriminator="kind"),
]
RECORD: TypeAdapter[Record] = TypeAdapter(Record)


@dataclass(frozen=True)
class Entry:
    """One line of a journal: ``time`` in seconds since the epoch, the hashes in hex."""

    seq: int
    time: float
    run: str
    previous: str
    record: Record
    hash: str


@dataclass(frozen=True)
class ActionState:
    """An intended action and what became of it; ``seq`` is its intent's."""

    seq: int
    action: Action
    state: StateKind
    reason: str


def action_states(entries: Iterable[Entry]) -> list[ActionState]:
    """Return every intended action in order, with its state; a bare intent is in doubt."""
    states: dict[int, ActionState] = {}
    for entry in entries:
        record = entry.record
        if isinstance(record, Intent):
            bare = "no outcome was written: look whether it happened, never repeat it"
            states[entry.seq] = ActionState(entry.seq, record.action, "in_doubt", bare)
        elif isinstance(record, Result) and record.intent in states:
            states[record.intent] = _become(states[record.intent], record)
        elif isinstance(record, Observed) and _doubted(states.get(record.intent)):
            # What was seen settles a doubt; it never changes what the run itself knew.
            states[record.intent] = _become(states[record.intent], record)
        elif isinstance(record, Undone) and _may_be_undone(states.get(record.intent)):
            states[record.intent] = _become(states[record.intent], record)
    return list(states.values())


def _become(before: ActionState, record: Result | Observed | Undone) -> ActionState:
    return ActionState(before.seq, before.action, record.outcome, record.reason)


def _may_be_undone(state: ActionState | None) -> bool:
    return state is not None and state.state in {"done", "in_doubt", "undo_failed"}


def _doubted(state: ActionState | None) -> bool:
    return state is not None and state.state == "in_doubt"
