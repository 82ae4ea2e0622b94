"""Alerts: what is unusual about a run, told while it goes on.

Promises
- Rules look at the journal's records alone, after an action's outcome was written: they delay no
  effect, allow nothing and deny nothing.
- Layers join: each can add rules and none can take one away or make it milder. Only a layer that
  grants may say who is told (a command, a webhook); in any other layer that is refused.
- An alert says which rule, of which record, and numbers, hours or an origin: nothing that was
  typed, and of a page nothing but its origin in its one form.

Does not promise
- To notice everything that is unusual, or to stop it: limits and rules that deny do that.
- To know what happened before the origins that are handed to it were kept.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from handrail.sandbox.addresses import clear_origin
from handrail.sandbox.conditions import Hours, Weekday, weekday
from handrail.sandbox.records import Alert, Entry, Intent, Refusal, Result
from handrail.sandbox.rules import just_true

_COUNT = Annotated[int, Strict(), Field(ge=1)]
_MINUTE = 60.0
MOST_NEW_ORIGINS = 20  # alerts a run: a page that leads to hundreds must not bury the rest


def _hours(value: str) -> str:
    Hours.parse(value)
    return value


def _command(value: tuple[str, ...]) -> tuple[str, ...]:
    program = value[0] if value else ""
    if not program or ("/" in program and not Path(program).is_absolute()):
        raise ValueError(
            "a command is a list of words, the first a program on your PATH or a whole path: "
            '["notify-send", "Handrail"]'
        )
    if any("\0" in word for word in value):
        raise ValueError("a command holds no zero bytes")
    return value


def _webhook(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{value!a} is no address: {error}") from error
    if not value.isprintable() or " " in value or not host or parts.username is not None:
        raise ValueError("a webhook is an https address without blanks, a name or a password")
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(host)):
        raise ValueError("a webhook is an https address; http goes to this machine alone")
    return value


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Telling(BaseModel):
    """Who is told of an alert, beside the journal and the log; ``seconds`` is what each may take.

    ``command``: a program and its arguments, started without a shell, with JSON on its stdin.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: Annotated[tuple[str, ...], AfterValidator(_command)] | None = None
    webhook: Annotated[str, AfterValidator(_webhook)] | None = None
    seconds: Annotated[int, Strict(), Field(ge=1, le=60)] = 10


class AlertRules(Telling):
    """The table ``[alerts]`` of one policy; what is left out raises nothing.

    ``actions_per_minute``: more than so many within a minute. ``failures``: so many actions in a
    row that did not do what they were to. ``new_origin``: an action on an origin that no former
    run acted on. ``hours`` and ``weekdays``: an action at any other time.
    """

    actions_per_minute: _COUNT | None = None
    failures: _COUNT | None = None
    new_origin: Annotated[Literal[True], BeforeValidator(just_true)] | None = None
    hours: Annotated[str, AfterValidator(_hours)] | None = None
    weekdays: tuple[Weekday, ...] | None = Field(default=None, min_length=1)

    @property
    def raises(self) -> bool:
        """Tell whether there is any rule."""
        return bool(self.described().keys() - {"tells"})

    @property
    def tells(self) -> bool:
        """Tell whether somebody is to be told."""
        return self.command is not None or self.webhook is not None

    def described(self) -> dict[str, object]:
        """Return the table as it may be written down: an address may hold a secret."""
        rules = self.model_dump(mode="json", exclude_none=True, exclude=set(Telling.model_fields))
        tells = [name for name in ("command", "webhook") if getattr(self, name) is not None]
        return {**rules, **({"tells": tells} if tells else {})}

    def usual(self, now: datetime) -> bool:
        """Tell whether this is a time at which this table expects actions."""
        return (self.weekdays is None or weekday(now) in self.weekdays) and (
            self.hours is None or Hours.parse(self.hours).holds(now)
        )


class Watchman:
    """Raises the alerts of one run; ``known`` are the origins that former runs acted on."""

    def __init__(
        self,
        tables: Iterable[AlertRules],
        known: Iterable[str] = (),
        local: Callable[[float], datetime] = lambda time: datetime.fromtimestamp(time).astimezone(),
    ) -> None:
        self._tables = tuple(tables)
        self._rate = _least(table.actions_per_minute for table in self._tables)
        self._failures = _least(table.failures for table in self._tables)
        self._new_origin = any(table.new_origin for table in self._tables)
        self._known, self.met = set(known), set[str]()
        self._local = local
        self._recent: deque[float] = deque()
        self._rate_told = self._late_told = False
        self._in_a_row = 0
        self._open: dict[int, Entry] = {}

    def heard(self, entry: Entry) -> tuple[Alert, ...]:
        """Return the alerts that a record raises."""
        record = entry.record
        if isinstance(record, Intent):
            self._open[entry.seq] = entry
        elif isinstance(record, Result) and record.intent in self._open:
            intent = self._open.pop(record.intent)
            return tuple(self._judged(intent, record.outcome))
        elif isinstance(record, Refusal):
            return tuple(self._counted(entry.seq, record.outcome))
        return ()

    def _judged(self, intent: Entry, outcome: str) -> Iterator[Alert]:
        assert isinstance(intent.record, Intent)
        yield from self._hurried(intent)
        yield from self._counted(intent.seq, outcome)
        yield from self._arrived(intent.seq, intent.record.place.url)
        yield from self._late(intent)

    def _hurried(self, entry: Entry) -> Iterator[Alert]:
        """Count an action; a rate is told once until it has been kept again."""
        if self._rate is None:
            return
        self._recent.append(entry.time)
        while self._recent[0] <= entry.time - _MINUTE:
            self._recent.popleft()
        over = len(self._recent) > self._rate
        if over and not self._rate_told:
            said = f"{len(self._recent)} actions within a minute; usual are at most {self._rate}"
            yield Alert(rule="rate", record=entry.seq, reason=said)
        self._rate_told = over

    def _counted(self, seq: int, outcome: str) -> Iterator[Alert]:
        """Count failures in a row; each time that their number is full again is told."""
        self._in_a_row = 0 if outcome == "done" else self._in_a_row + 1
        if self._failures and self._in_a_row and self._in_a_row % self._failures == 0:
            said = f"{self._in_a_row} actions in a row were not done, the last was {outcome}"
            yield Alert(rule="failures", record=seq, reason=said.replace("_", " "))

    def _arrived(self, seq: int, url: str) -> Iterator[Alert]:
        origin = clear_origin(url) if self._new_origin else ""
        if not origin or origin in self.met:
            return
        self.met.add(origin)
        new = len(self.met - self._known)
        if origin not in self._known and new <= MOST_NEW_ORIGINS:
            last = "; further ones are not told" if new == MOST_NEW_ORIGINS else ""
            said = f"no former run acted on {origin}{last}"
            yield Alert(rule="new_origin", record=seq, reason=said)

    def _late(self, entry: Entry) -> Iterator[Alert]:
        if self._late_told:
            return
        now = self._local(entry.time)
        if not all(table.usual(now) for table in self._tables):
            self._late_told = True
            said = f"an action on {weekday(now)} at {now:%H:%M}, outside the usual hours"
            yield Alert(rule="out_of_hours", record=entry.seq, reason=said)


def _least(numbers: Iterable[int | None]) -> int | None:
    return min((number for number in numbers if number is not None), default=None)
