"""Show on a terminal what a rehearsal would change: file by file, with what changes in it."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from handrail.actuators.base import sanitise
from handrail.sandbox.rehearsal.closer import Closer, closer
from handrail.sandbox.rehearsal.consequences import (
    Consequence,
    FileConsequence,
    RequestConsequence,
)
from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.rehearsal.text_difference import LineKind
from handrail.tasks.report.pictures import dimensions

_PATH = 400
_COLOURS = {"created": "green", "changed": "yellow", "deleted": "red"}
_LINES: dict[LineKind, str] = {
    "added": "green", "removed": "red", "place": "cyan", "note": "dim", "same": "",
}  # fmt: skip


def show(record: RehearsalRecord, console: Console, noise: bool = False) -> None:
    """Print everything that was found; of noise only its number, or all of it (``noise``)."""
    for one in closer(record):
        for line in _lines(one):
            console.print(line, soft_wrap=True)
    for other in record.consequences.telling:
        if not isinstance(other, FileConsequence):
            console.print(Text(headline(other)), soft_wrap=True)
    hidden = [one for one in record.consequences.found if one.noise]
    if noise:
        for other in hidden:
            console.print(Text(f"noise    {headline(other)}", "dim"), soft_wrap=True)
    console.print(Text(counted(record)), soft_wrap=True)


def counted(record: RehearsalRecord) -> str:
    """Return how much was found, in a line."""
    telling = record.consequences.telling
    counts = Counter(one.change if hasattr(one, "change") else "to send" for one in telling)
    words = ", ".join(f"{number} {change}" for change, number in sorted(counts.items()))
    noise = len(record.consequences.found) - len(telling)
    more = f"; and {noise} caches, histories, locks and the like" if noise else ""
    return f"{words or 'nothing would change'}{more}"


def headline(one: Consequence) -> str:
    """Return what something is in a line that is fit to be shown."""
    if isinstance(one, FileConsequence):
        kind = "" if one.entry == "file" else f" ({one.entry})"
        only = " (metadata only)" if one.metadata else ""
        return f"{one.change:<8} {sanitise(one.path, _PATH)}{kind}{only}"
    if isinstance(one, RequestConsequence):
        return f"send     {sanitise(one.method, 20)} {sanitise(one.url, _PATH)}"
    return f"{one.change:<8} {one.store} {sanitise(one.origin, _PATH)} {sanitise(one.key, _PATH)}"


def _lines(one: Closer) -> Iterator[Text]:
    note = one.note
    if one.before or one.after:
        sides = [dimensions(side) if side else "none" for side in (one.before, one.after)]
        note += f"; picture {sides[0]} to {sides[1]}"
    head = Text(headline(one.one), _COLOURS[one.one.change])
    yield head.append(f"  {sanitise(note, _PATH)}" if note else "", "dim")
    for line in one.lines:
        yield Text(f"    {line.text}", _LINES[line.kind])
