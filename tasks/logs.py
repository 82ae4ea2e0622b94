"""Read a run's journal to people: every record on a line, and what became of the last action."""

from datetime import UTC, datetime
from pathlib import Path

from handrail.actuators.base import sanitise
from handrail.agent.proposal import describe
from handrail.sandbox.journal import JournalReading
from handrail.sandbox.records import (
    ActionState,
    Alert,
    Begin,
    Entry,
    Intent,
    Kept,
    Note,
    Observed,
    Refusal,
    Result,
    Sent,
    Undone,
)
from handrail.tasks.errors import RunFolderError
from handrail.tasks.run_file import read_run_file
from handrail.tasks.runs import RunFolder, find_run


def find_journal(root: Path, name: str) -> tuple[Path, str | None]:
    """Return the journal of a run, or of a path to one, and the head hash that was kept of it.

    A run's head stands in its record, beside its journal; a run that was cut off has none. Raises
    NoSuchRun.
    """
    path = Path(name)
    try:
        is_file, is_folder = path.is_file(), RunFolder(path).journal.is_file()
    except OSError:
        is_file = is_folder = False  # no name of a file, or behind a closed folder
    if is_file and path != RunFolder(path.parent).journal:
        return path, None
    folder = RunFolder(path.parent if is_file else path)
    if not is_file and not is_folder:
        folder = find_run(root, name)
    try:
        return folder.journal, read_run_file(folder.record).journal_head or None
    except RunFolderError:
        return folder.journal, None


def entry_line(entry: Entry) -> str:
    """Return one harmless line that tells a record."""
    when = datetime.fromtimestamp(entry.time, UTC).strftime("%H:%M:%S.%f")[:-3]
    return f"{entry.seq:>5}  {when}  {sanitise(_told(entry), 1_000)}"


def last_action(reading: JournalReading) -> str:
    """Return one line on the last intended action: done, failed, withdrawn or in doubt."""
    if not reading.actions:
        return "no action was begun"
    last: ActionState = reading.actions[-1]
    what = sanitise(describe(last.action), 300)
    why = f": {sanitise(last.reason, 300)}" if last.state != "done" else ""
    return f"the last action is {last.state.replace('_', ' ')}{why} ({what})"


def _told(entry: Entry) -> str:
    match entry.record:
        case Begin():
            return f"begin    run {entry.run}"
        case Intent() as intent:
            by = f", {intent.consent}" if intent.consent else ""
            what = f"{describe(intent.action)} [{intent.effect}, {intent.decision}{by}]"
            return f"intent   {what} {intent.reason}"
        case Result() as result:
            seconds = "" if result.seconds is None else f" in {result.seconds:.2f} s"
            return f"result   of {result.intent}: {result.outcome}{seconds} {result.reason}"
        case Observed() as seen:
            return f"observed {seen.intent}: {seen.outcome.replace('_', ' ')} {seen.reason}"
        case Sent() as sent:
            what = f"{sent.method} {sent.url} [{sent.effect}]"
            many = f" ({sent.count} times)" if sent.count > 1 else ""
            return f"request  {sent.decision}: {what}{many} {sent.reason}"
        case Kept() as kept:
            return f"kept     {', '.join(f'{k} {p}' for k, p in kept.points.items())}"
        case Undone() as undone:
            left = f"; left: {'; '.join(undone.left)}" if undone.left else ""
            return f"undo     of {undone.intent}: {undone.outcome} {undone.reason}{left}"
        case Alert() as alert:
            return f"ALERT    {alert.rule} at {alert.record}: {alert.reason}"
        case Refusal() as refusal:
            what = f"{describe(refusal.action)} [{refusal.effect}]"
            return f"refusal  {refusal.outcome}: {what} {refusal.reason}"
        case Note() as note:
            facts = ", ".join(f"{name}={value}" for name, value in note.data.items())
            return f"note     {note.topic}: {facts}"
