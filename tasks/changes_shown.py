"""Show on a terminal what a rehearsal would change: file by file, with what changes in it."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from handrail.actuators.base import sanitise
from handrail.sandbox.rehearsal.closer import Closer, closer
from handrail.sandbox.rehearsal.consequences import FileConsequence
from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.rehearsal.text_difference import LineKind
from handrail.tasks.changes_words import counted, headline
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


def _lines(one: Closer) -> Iterator[Text]:
    note = one.note
    if one.before or one.after:
        sides = [dimensions(side) if side else "none" for side in (one.before, one.after)]
        note += f"; picture {sides[0]} to {sides[1]}"
    head = Text(headline(one.one), _COLOURS[one.one.change])
    yield head.append(f"  {sanitise(note, _PATH)}" if note else "", "dim")
    for line in one.lines:
        yield Text(f"    {line.text}", _LINES[line.kind])
