"""``handrail commit``: do for real what was rehearsed, exactly as it was shown."""

import argparse
import os
import sys

from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode, UsageError
from handrail.tasks.run_options import add_permissions
from handrail.tasks.runs import RunFolder, find_run, runs_root


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = sub.add_parser(
        "commit",
        help="do for real what was rehearsed",
        description="Do what RUN, a rehearsal, has shown, and nothing else: all of it, or nothing "
        "where something changed meanwhile; in a browser it stops at the first difference. A "
        "commit that was cut off is finished by the next, and nothing is sent twice. Exit codes: 0 "
        "done, 1 stopped or in doubt in a browser, 2 usage, 3 you said no, 5 it was refused.",
    )
    parser.set_defaults(handler=handle)
    parser.add_argument("run", metavar="RUN", help="the rehearsal's name, its beginning, or last")
    parser.add_argument(
        "--dry-run", action="store_true", help="only show it, and what stands in its way"
    )
    parser.add_argument("--yes", action="store_true", help="do it without being asked")
    parser.add_argument(
        "--approve", metavar="DIGEST", help="do it without being asked where it has this digest"
    )
    parser.add_argument(
        "--with-noise", action="store_true", help="also caches, histories, locks and the like"
    )
    add_permissions(parser.add_argument_group("what a browser may do"))


def handle(arguments: argparse.Namespace) -> int:
    """Show what would be done, ask, do it, and return the exit code."""
    from handrail.sandbox.rehearsal.record import read_record

    folder = find_run(runs_root(os.environ), arguments.run)
    record = read_record(folder.path)
    if record.on == "browser":
        from handrail.tasks.commit_browser_command import commit_from_command

        return commit_from_command(arguments, folder, lambda digest: _agreed(arguments, digest))
    return _files(arguments, folder)


def _files(arguments: argparse.Namespace, folder: RunFolder) -> int:
    from rich.console import Console

    from handrail.sandbox.rehearsal.commit import conflicting
    from handrail.sandbox.rehearsal.commit_record import read_state
    from handrail.sandbox.rehearsal.record import read_record
    from handrail.tasks.changes_shown import show
    from handrail.tasks.commit_files import commit_files, told
    from handrail.tasks.commit_keeper import keeper_of
    from handrail.tasks.rehearsal_scratch import discard

    record, state = read_record(folder.path), read_state(folder.path)
    digest = record.consequences.digest
    if state is not None:
        say(told(state))
        if state.phase == "closed":
            discard(folder)  # the commit may have been cut off before that
            return ExitCode.SUCCESS
        if state.phase == "undone":
            complain(f"{folder.name} was committed, and undone: rehearse again")
            return ExitCode.ENVIRONMENT
    if state is None or state.phase == "refused":
        show(record, Console(highlight=False), noise=arguments.with_noise)
        say(f"digest   {digest}")
        if wrong := conflicting(folder.path, arguments.with_noise):
            complain("changed since the rehearsal, so it is refused:\n" + "\n".join(wrong))
            return ExitCode.ENVIRONMENT
    if arguments.dry_run:
        return ExitCode.SUCCESS
    if not _agreed(arguments, digest):
        say("nothing was done")
        return ExitCode.DENIED
    with keeper_of(folder, record) as keeper:
        say(told(commit_files(folder, digest, arguments.with_noise, keeper)))
    discard(folder)
    return ExitCode.SUCCESS


def _agreed(arguments: argparse.Namespace, digest: str) -> bool:
    if arguments.approve is not None:
        if arguments.approve != digest:
            raise UsageError(f"what was rehearsed has not this digest, but {digest}")
        return True
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is here to be asked: say --yes, or --approve {digest}")
    sys.stdout.write("do exactly this? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
