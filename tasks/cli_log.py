"""``handrail log``: the journal of a run."""

import argparse
import os
import sys
from pathlib import Path

from handrail.sandbox.anchor import SHORTEST_KEY, evolved
from handrail.sandbox.disk import OsDisk, replace_file
from handrail.sandbox.errors import JournalCorrupt
from handrail.sandbox.journal import read_journal
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode, KeyUnreadable, UsageError
from handrail.tasks.journal_rows import COLUMNS, rows, write_csv, write_jsonl
from handrail.tasks.kept_journal import KeptJournal, Seen
from handrail.tasks.logs import entry_line, find_journal, last_action
from handrail.tasks.otlp import collector, send_journal
from handrail.tasks.runs import runs_root

_OUTCOMES: dict[str, Seen] = {"done": "done", "not-done": "not_done"}


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    log = sub.add_parser("log", help="show and verify the journals of runs")
    actions = log.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = actions.add_parser("show", help="print every record of a journal")
    show.set_defaults(handler=handle_show)
    verify = actions.add_parser("verify", help="check that a journal is as it was written")
    verify.set_defaults(handler=handle_verify)
    verify.add_argument("--head", metavar="HASH", help="the hash that was printed after the run")
    seal = actions.add_parser("seal", help="anchor a journal as it is now, to verify it later")
    seal.set_defaults(handler=handle_seal)
    seal.add_argument(
        "--evolve",
        action="store_true",
        help="put the key after this one in FILE: whoever finds it there cannot make this seal; "
        "keep the first key elsewhere, it verifies them all",
    )
    observe = actions.add_parser("observe", help="say whether an action in doubt happened")
    observe.set_defaults(handler=handle_observe)
    export = actions.add_parser(
        "export",
        help="write a journal as a table, or send its spans",
        description="Write one row a record on stdout, with these columns, the same in every "
        f"export: {', '.join(COLUMNS)}. An intent's outcome is what became of it in the end. In "
        "CSV, action and data are JSON, and a cell that a spreadsheet would take for a formula "
        "begins with an apostrophe.",
    )
    export.set_defaults(handler=handle_export)
    shapes = export.add_mutually_exclusive_group()
    shapes.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    shapes.add_argument("--otlp", metavar="URL", help="send it to an OpenTelemetry collector")
    for action in (verify, seal, observe):
        key = "a file of at least 16 secret bytes, kept where nobody can read who writes the runs"
        action.add_argument("--key", type=Path, metavar="FILE", help=key)
    for action in (show, verify, seal, observe, export):
        action.add_argument("run", metavar="RUN", help="a run's name, last, or a journal's path")
    observe.add_argument("record", metavar="RECORD", type=int, help="its number in `log show`")
    observe.add_argument("outcome", choices=sorted(_OUTCOMES), help="what was seen")
    observe.add_argument("--because", metavar="TEXT", required=True, help="how that was seen")


def handle_show(arguments: argparse.Namespace) -> int:
    """Print what the journal holds, as far as it can be believed."""
    path, _ = find_journal(_root(), arguments.run)
    reading = read_journal(path)
    for entry in reading.entries:
        say(entry_line(entry))
    if reading.torn:
        say(f"       the last line was torn after {reading.torn} bytes: it was never complete")
    if reading.problem:
        complain(f"{path}: {reading.problem}; nothing after that can be believed")
        return ExitCode.FAILED
    say(f"       {last_action(reading)}")
    return ExitCode.SUCCESS


def handle_verify(arguments: argparse.Namespace) -> int:
    """Check the chain, and its end against the hash that was kept and against the anchor."""
    try:
        kept = KeptJournal.found(_root(), arguments.run)
        reading = kept.checked(arguments.head, read_key(arguments.key))
    except JournalCorrupt as error:
        complain(str(error))
        return ExitCode.FAILED
    head = arguments.head or kept.head
    anchored = "ends where it did" if head else "no kept hash to compare its end with"
    anchored += ", and fits its anchor" if kept.anchor else ", and has no anchor"
    torn = f", and {reading.torn} bytes of a torn last line" if reading.torn else ""
    say(f"intact: {len(reading.entries)} records{torn}; {anchored}")
    if kept.interrupted:
        say(
            "an observation was being added when it was interrupted; `handrail log seal` settles it"
        )
    say(f"{last_action(reading)}\nhead {reading.head}")
    return ExitCode.SUCCESS


def handle_seal(arguments: argparse.Namespace) -> int:
    """Anchor a journal, if it is intact and fits the anchor that it has."""
    key = read_key(arguments.key)
    if arguments.evolve and key is None:
        raise UsageError("--evolve needs the --key that is to evolve")
    try:
        kept = KeptJournal.found(_root(), arguments.run)
        place, anchor = kept.sealed(key)
    except JournalCorrupt as error:
        complain(f"{error}; it was not sealed")
        return ExitCode.FAILED
    if arguments.evolve and key is not None:
        _evolve(arguments.key, key)
    how = "without a key" if key is None else "with the key"
    say(f"sealed {how}: {anchor.records} records, head {anchor.head}\n{place}")
    return ExitCode.SUCCESS


def handle_observe(arguments: argparse.Namespace) -> int:
    """Write down whether an action in doubt happened, as somebody saw it."""
    key = read_key(arguments.key)
    try:
        kept = KeptJournal.found(_root(), arguments.run)
        reading = kept.observed(
            arguments.record, _OUTCOMES[arguments.outcome], arguments.because, key
        )
    except JournalCorrupt as error:
        complain(f"{error}; nothing was added")
        return ExitCode.FAILED
    say(f"written down as record {len(reading.entries) - 1}\nhead {reading.head}")
    return ExitCode.SUCCESS


def handle_export(arguments: argparse.Namespace) -> int:
    """Write every record that holds on stdout, or send what the journal tells as spans."""
    path, _ = find_journal(_root(), arguments.run)
    endpoint = None if arguments.otlp is None else collector(arguments.otlp)
    reading = read_journal(path)
    if endpoint is not None:
        count = send_journal(reading.entries, endpoint)
        say(f"{count} span{'' if count == 1 else 's'} sent to {endpoint}")
    else:
        write = write_csv if arguments.format == "csv" else write_jsonl
        write(rows(reading), sys.stdout)
    if reading.problem:
        complain(f"{path}: {reading.problem}; nothing after that was exported")
        return ExitCode.FAILED
    return ExitCode.SUCCESS


def read_key(path: Path | None) -> bytes | None:
    """Return the key in a file, as it stands. Raises KeyUnreadable."""
    if path is None:
        return None
    try:
        key = path.read_bytes()
    except OSError as error:
        raise KeyUnreadable(f"{path}: the key cannot be read: {error.strerror}") from error
    if len(key) < SHORTEST_KEY:
        raise KeyUnreadable(f"{path}: a key has at least {SHORTEST_KEY} bytes, not {len(key)}")
    return key


def _evolve(path: Path, key: bytes) -> None:
    """Put the key after this one in its file. Raises KeyUnreadable."""
    try:
        replace_file(path.resolve(), evolved(key), OsDisk())
    except OSError as error:
        raise KeyUnreadable(
            f"{path}: the journal was sealed, but its key could not evolve: {error.strerror}"
        ) from error


def _root() -> Path:
    return runs_root(os.environ)
