"""A journal as a table: one row a record, the same columns in every export.

| column | holds |
|---|---|
| run, seq, time, kind | the run's name, the record's number, when (ISO 8601, UTC), what kind |
| intent | of a result, an observation, an undoing, an alert: the record that it is about |
| action, effect, decision | the typed action (an object), its effect class, what policy decided |
| outcome, reason, seconds | what became of it; on an intent's row what became of it in the end |
| surface, display, owned, window, url, role, label, application, program | where it was aimed |
| digest, screen, redacted | of the action, of the pixels; whether typed text was left out |
| topic, data | of a note; an alert's rule, a request's method is its topic; kept points are data |
| hash | the record's own, to find it in the journal |

So the rows of the kinds ``intent`` and ``refusal`` alone are every action that was put to the gate.
In CSV, text is made harmless for people, objects are JSON, and no cell can be taken for a formula.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TextIO

from handrail.actuators.base import sanitise
from handrail.sandbox.journal import JournalReading
from handrail.sandbox.records import (
    Alert,
    Begin,
    Entry,
    Intent,
    Kept,
    Note,
    Observed,
    Place,
    Record,
    Refusal,
    Result,
    Sent,
    Undone,
)

_LONGEST_TEXT = 4_000
# Spreadsheets begin a formula with these, also behind what some of them take for a separator.
_FORMULA = re.compile(r"(^|[;|\t\r\n\"'])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


@dataclass(frozen=True)
class Row:
    """One record; what a record of its kind does not have is None."""

    run: str
    seq: int
    time: str
    kind: str
    intent: int | None = None
    action: dict[str, object] | None = None
    effect: str | None = None
    decision: str | None = None
    outcome: str | None = None
    reason: str | None = None
    seconds: float | None = None
    surface: str | None = None
    display: str | None = None
    owned: bool | None = None
    window: str | None = None
    url: str | None = None
    role: str | None = None
    label: str | None = None
    application: str | None = None
    program: str | None = None
    digest: str | None = None
    screen: str | None = None
    redacted: bool | None = None
    topic: str | None = None
    data: dict[str, object] | None = None
    hash: str = ""


COLUMNS = tuple(field.name for field in fields(Row))


def rows(reading: JournalReading) -> Iterator[Row]:
    """Yield a row for every record that holds, in order."""
    ends = {state.seq: str(state.state) for state in reading.actions}
    for entry in reading.entries:
        yield _row(entry, ends.get(entry.seq))


def write_jsonl(table: Iterable[Row], stream: TextIO) -> None:
    """Write one JSON object a line, in plain ASCII."""
    for row in table:
        stream.write(json.dumps(asdict(row)) + "\n")


def write_csv(table: Iterable[Row], stream: TextIO) -> None:
    """Write a header and a line a row (RFC 4180, every cell quoted)."""
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in table:
        writer.writerow([_cell(value) for value in asdict(row).values()])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _FORMULA.sub(r"\1\2'", sanitise(value, _LONGEST_TEXT))
    # A semicolon stands only within strings of JSON, where its escape means the same.
    return json.dumps(value).replace(";", "\\u003b")


def _row(entry: Entry, end: str | None) -> Row:
    when = datetime.fromtimestamp(entry.time, UTC).isoformat(timespec="milliseconds")
    told = {**_told(entry.record), **_placed(getattr(entry.record, "place", None))}
    if end is not None:
        told["outcome"] = end
    base = {"run": entry.run, "seq": entry.seq, "time": when, "kind": entry.record.kind}
    return Row(**base, **told, hash=entry.hash)  # type: ignore[arg-type]


def _told(record: Record) -> dict[str, object]:
    """Return what a record fills of the columns."""
    match record:
        case Begin():
            return {}
        case Intent() | Refusal():
            names = {"effect", "decision", "outcome", "reason", "digest", "screen", "redacted"}
            action = record.action.model_dump(mode="json")
            return {"action": action, **record.model_dump(mode="json", include=names)}
        case Result() | Observed() | Undone():
            names = {"intent", "outcome", "reason", "seconds"}
            return record.model_dump(mode="json", include=names)
        case Sent():
            names = {"intent", "effect", "reason", "url"}
            told = record.model_dump(mode="json", include=names)
            left = record.model_dump(mode="json", exclude={*names, "kind", "decision"})
            return {"decision": record.decision, "topic": record.method, "data": left, **told}
        case Kept():
            return {"data": dict(record.points)}
        case Alert():
            return {"intent": record.record, "topic": record.rule, "reason": record.reason}
        case Note():
            return {"topic": record.topic, "data": dict(record.data)}


def _placed(place: Place | None) -> dict[str, object]:
    if place is None:
        return {}
    told = place.model_dump(mode="json", exclude={"kind", "name"})
    return {"surface": place.kind, "display": place.name, **told}
