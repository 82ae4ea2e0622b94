"""The part of a report that says what a rehearsal would change."""

from collections.abc import Sequence
from dataclasses import dataclass

from handrail.actuators.base import sanitise
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.closer import Closer, closer
from handrail.sandbox.rehearsal.consequences import (
    Consequence,
    FileConsequence,
    RequestConsequence,
)
from handrail.sandbox.rehearsal.record import RECORD_NAME, RehearsalRecord, read_record
from handrail.sandbox.rehearsal.text_difference import ShownLine
from handrail.tasks.changes_words import counted, headline
from handrail.tasks.report.pictures import thumbnail
from handrail.tasks.runs import RunFolder

_NOTE, _MOST_PICTURES, _MOST_NOISE, _MOST_LINES = 400, 12, 500, 60
_TONES = {"created": "good", "changed": "warn", "deleted": "bad"}


@dataclass(frozen=True)
class ChangeCard:
    """One change, fit to be shown; ``before`` and ``after`` are ``data:`` addresses of pictures."""

    tone: str
    title: str
    note: str = ""
    lines: Sequence[ShownLine] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Changes:
    """All that would change: ``noise`` as lines, ``disturbed`` as paths."""

    count: str
    cards: Sequence[ChangeCard]
    noise: Sequence[str]
    more_noise: int
    disturbed: Sequence[str]


def changes_of(folder: RunFolder) -> Changes | None:
    """Return what the run's rehearsal would change, None where it was none."""
    if not (folder.path / RECORD_NAME).exists():
        return None
    try:
        record = read_record(folder.path)
    except RehearsalError as error:
        return Changes(sanitise(str(error), _NOTE), (), (), 0, ())
    return changes(record)


def changes(record: RehearsalRecord) -> Changes:
    """Return what a rehearsal would change."""
    pictures = _MOST_PICTURES
    cards = []
    for one in closer(record):
        pictures -= bool(one.before or one.after)
        cards.append(_card(one, pictures >= 0))
    others = (o for o in record.consequences.telling if not isinstance(o, FileConsequence))
    cards += [ChangeCard("warn", headline(one), lines=_body(one)) for one in others]
    noise = [headline(one) for one in record.consequences.found if one.noise]
    return Changes(
        count=counted(record),
        cards=cards,
        noise=noise[:_MOST_NOISE],
        more_noise=max(0, len(noise) - _MOST_NOISE),
        disturbed=[sanitise(path, _NOTE) for path in record.disturbed[:_MOST_NOISE]],
    )


def _body(one: Consequence) -> list[ShownLine]:
    """Return what a request would say, line by line."""
    said = one.body.splitlines() if isinstance(one, RequestConsequence) else []
    return [ShownLine("same", sanitise(line, _NOTE)) for line in said[:_MOST_LINES]]


def _card(one: Closer, pictured: bool) -> ChangeCard:
    return ChangeCard(
        tone=_TONES[one.one.change],
        title=headline(one.one),
        note=sanitise(one.note, _NOTE),
        lines=one.lines,
        before=thumbnail(one.before) if one.before and pictured else "",
        after=thumbnail(one.after) if one.after and pictured else "",
    )
