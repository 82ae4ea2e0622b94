"""``handrail log``: the journal of a run."""

import argparse
import os
from pathlib import Path

from handrail.sandbox.anchor import (
    SHORTEST_KEY,
    anchor_of,
    check_anchor,
    keep_anchor,
    read_anchor,
)
from handrail.sandbox.errors import JournalCorrupt
from handrail.sandbox.journal import read_journal, verify_journal
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode, KeyUnreadable
from handrail.tasks.logs import entry_line, find_anchor, find_journal, last_action, new_anchor
from handrail.tasks.runs import runs_root


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
    for action in (verify, seal):
        key = "a file of at least 16 secret bytes, kept where nobody can read who writes the runs"
        action.add_argument("--key", type=Path, metavar="FILE", help=key)
    for action in (show, verify, seal):
        action.add_argument("run", metavar="RUN", help="a run's name, last, or a journal's path")


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
    path, kept = find_journal(_root(), arguments.run)
    head = arguments.head or kept
    place = find_anchor(_root(), path)
    try:
        reading = verify_journal(path, head)
        if place is not None:
            check_anchor(reading, read_anchor(place), _key(arguments.key))
        elif arguments.key is not None:
            raise JournalCorrupt(f"{path}: has no anchor that the key could have sealed")
    except JournalCorrupt as error:
        complain(str(error))
        return ExitCode.FAILED
    anchored = "ends where it did" if head else "no kept hash to compare its end with"
    anchored += ", and fits its anchor" if place else ", and has no anchor"
    torn = f", and {reading.torn} bytes of a torn last line" if reading.torn else ""
    say(f"intact: {len(reading.entries)} records{torn}; {anchored}")
    say(f"{last_action(reading)}\nhead {reading.head}")
    return ExitCode.SUCCESS


def handle_seal(arguments: argparse.Namespace) -> int:
    """Anchor a journal, if it is intact and fits the anchor that it has."""
    path, kept = find_journal(_root(), arguments.run)
    place = find_anchor(_root(), path)
    try:
        reading = verify_journal(path, kept)
        if place is not None:
            check_anchor(reading, read_anchor(place))
    except JournalCorrupt as error:
        complain(f"{error}; it was not sealed")
        return ExitCode.FAILED
    final = kept is not None or (place is not None and read_anchor(place).final)
    anchor, key = anchor_of(reading, final), _key(arguments.key)
    sealed = anchor if key is None else anchor.sealed(key)
    place = place or new_anchor(_root(), reading.run)
    keep_anchor(sealed, place)
    how = "without a key" if key is None else "with the key"
    say(f"sealed {how}: {anchor.records} records, head {anchor.head}\n{place}")
    return ExitCode.SUCCESS


def _key(path: Path | None) -> bytes | None:
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


def _root() -> Path:
    return runs_root(os.environ)
