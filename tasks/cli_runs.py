"""``handrail runs``: the runs that were made."""

import argparse
import json
import os
from pathlib import Path

from handrail.agent.proposal import describe
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode, RunFolderError, UsageError
from handrail.tasks.run_file import RunFile, read_run_file
from handrail.tasks.runs import (
    RunFolder,
    find_run,
    held,
    list_runs,
    remove_run,
    runs_root,
    texts_folder,
)


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    runs = sub.add_parser("runs", help="list, show and remove runs")
    actions = runs.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = actions.add_parser("list", help="list every run, the oldest first")
    listing.set_defaults(handler=handle_list)
    show = actions.add_parser("show", help="tell what a run did")
    show.add_argument("run", metavar="RUN", help="a run's name, a beginning of it, or last")
    show.add_argument("--json", action="store_true", help="print run.json as it is")
    show.set_defaults(handler=handle_show)
    remove = actions.add_parser("rm", help="remove runs, with their journals and frames")
    remove.add_argument("runs", metavar="RUN", nargs="+")
    remove.add_argument("--force", action="store_true", help="also one that seems to be running")
    remove.set_defaults(handler=handle_rm)


def handle_list(arguments: argparse.Namespace) -> int:
    """Print a line for each run."""
    for folder in list_runs(_root()):
        try:
            content = read_run_file(folder.record)
            outcome = _outcome(folder, content)
        except RunFolderError:
            say(f"{folder.name}  unreadable")
            continue
        used = f"{content.used.steps} steps, {content.used.seconds:.0f} s"
        say(f"{folder.name}  {outcome:<11}  {used:<16}  {content.asked.goal[:80]}")
    return ExitCode.SUCCESS


def handle_show(arguments: argparse.Namespace) -> int:
    """Print what a run did, step by step, or its record."""
    folder = find_run(_root(), arguments.run)
    content = read_run_file(folder.record)
    if arguments.json:
        # For machines, so not through the sanitiser; ASCII alone cannot control a terminal.
        print(json.dumps(content.model_dump(mode="json"), indent=1))
        return ExitCode.SUCCESS
    outcome = _outcome(folder, content)
    say(f"{folder.name}  {outcome}  {content.reason}\ngoal     {content.asked.goal}")
    say(f"where    {content.asked.target}\npolicy   {content.asked.policy}")
    for row in content.steps:
        what = f"no action: {row.problem}" if row.action is None else describe(row.action)
        say(f"{row.number:>4}  {row.outcome or '-':<9}  {row.effect or '-':<8}  {what}")
    _say_commit(folder)
    say(f"report   {folder.report}\njournal  {content.journal_head or folder.journal}")
    return ExitCode.SUCCESS


def _outcome(folder: RunFolder, content: RunFile) -> str:
    """Return how a run ended; one that nobody writes to any more was cut off.

    Raises RunFolderError.
    """
    going = content.outcome != "running" or held(folder.journal, unknown=True)
    return content.outcome if going else "cut off"


def _say_commit(folder: RunFolder) -> None:
    """Tell how far the commit of a rehearsal is, or that there is nothing to commit."""
    from handrail.sandbox.rehearsal.commit_record import read_state
    from handrail.sandbox.rehearsal.record import RECORD_NAME, read_record

    if (folder.path / RECORD_NAME).exists():
        record = read_record(folder.path)
        if record.stage != "ended":
            say(f"commit   cannot be: {record.reason or 'it did not come to its end'}")
    state = read_state(folder.path)
    if state is not None:
        from handrail.tasks.commit_files import told

        say(told(state))


def handle_rm(arguments: argparse.Namespace) -> int:
    """Remove runs, and what is kept to commit or undo them; none where a name is wrong."""
    from handrail.tasks.kept_texts import remove_texts
    from handrail.tasks.rehearsal_scratch import discard

    folders = [find_run(_root(), name) for name in arguments.runs]
    for folder in folders:
        if not arguments.force and _runs(folder):
            raise UsageError(f"{folder.name} is running, or was cut off: --force removes it")
    for folder in folders:
        discard(folder)
        remove_texts(texts_folder(folder.path.parent, folder.name))
        remove_run(folder)
    return ExitCode.SUCCESS


def _runs(folder: RunFolder) -> bool:
    try:
        return read_run_file(folder.record).outcome == "running"
    except RunFolderError as error:
        complain(str(error))
        return False


def _root() -> Path:
    return runs_root(os.environ)
