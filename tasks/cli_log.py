"""``handrail log``: the journal of a run."""

import argparse
import os
from pathlib import Path

from handrail.sandbox.errors import JournalCorrupt
from handrail.sandbox.journal import read_journal, verify_journal
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode
from handrail.tasks.logs import entry_line, find_journal, last_action
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
    for action in (show, verify):
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
    """Check the chain, and the end against the hash that was kept."""
    path, kept = find_journal(_root(), arguments.run)
    head = arguments.head or kept
    try:
        reading = verify_journal(path, head)
    except JournalCorrupt as error:
        complain(str(error))
        return ExitCode.FAILED
    anchored = "ends where it did" if head else "no kept hash to compare its end with"
    torn = f", and {reading.torn} bytes of a torn last line" if reading.torn else ""
    say(f"intact: {len(reading.entries)} records{torn}; {anchored}")
    say(f"{last_action(reading)}\nhead {reading.head}")
    return ExitCode.SUCCESS


def _root() -> Path:
    return runs_root(os.environ, Path.home())
