"""``handrail permit``: grants for jobs, such as up to 20 submits on this origin today."""

import argparse
import os
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from handrail.sandbox.grant import Block, Grant, link_name, read_grant
from handrail.sandbox.ledger import Ledger
from handrail.tasks.cli_output import say
from handrail.tasks.errors import ExitCode, RunFolderError, UsageError
from handrail.tasks.grant_time import read_until
from handrail.tasks.runs import permits_folder, runs_root

_EFFECTS = ("navigate", "edit", "commit")


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    permit = sub.add_parser("permit", help="grant a job what would be asked about; list, revoke")
    actions = permit.add_subparsers(title="commands", metavar="COMMAND", required=True)
    issue = actions.add_parser(
        "issue",
        help="make a grant, or a narrower one from a grant's file",
        description="Make a grant: what the rules would ask about is allowed where it covers that. "
        "What they deny stays denied. Effects that cannot be undone or are not known cannot be "
        "granted. Whoever can read the file can use the grant.",
    )
    issue.set_defaults(handler=handle_issue)
    issue.add_argument("--from", dest="source", type=Path, metavar="FILE", help="narrow this grant")
    issue.add_argument("--origin", action="append", metavar="ORIGIN", help="https://example.org")
    issue.add_argument(
        "--window", metavar="TITLE", help="on a desktop: a title, or its start and *"
    )
    issue.add_argument("--effect", action="append", choices=_EFFECTS)
    issue.add_argument("--kind", action="append", metavar="KIND", help="of action, such as click")
    issue.add_argument("--uses", type=int, metavar="N", help="how many actions at most")
    issue.add_argument("--until", metavar="WHEN", help="today, 18:30, 8h, 2d, or 2026-05-01T18:30")
    issue.add_argument("--out", type=Path, metavar="FILE", help="where to (default: the state dir)")
    listed = actions.add_parser("list", help="show every grant and what is left of it")
    listed.set_defaults(handler=handle_list)
    revoke = actions.add_parser(
        "revoke", help="let a grant, and all made from it, be worth nothing"
    )
    revoke.set_defaults(handler=handle_revoke)
    revoke.add_argument("id", metavar="ID", help="as `handrail permit list` shows it")


def handle_issue(arguments: argparse.Namespace) -> int:
    """Make a grant and write its file."""
    ledger, block = opened_ledger(), _block(arguments)
    if arguments.source is not None:
        grant = read_grant(arguments.source)
        ledger.check(grant)
        grant = grant.narrowed(block)
    elif not block.whole:
        raise UsageError("a grant needs --origin (or --window), --effect, --uses and --until")
    else:
        grant = ledger.issue(block)
    say(f"grant {grant.id}: {grant.told()}\n{_written(grant, arguments.out, ledger.path.parent)}")
    return ExitCode.SUCCESS


def handle_list(_: argparse.Namespace) -> int:
    """Print every grant."""
    found = opened_ledger().standings()
    for one in found:
        state = "live" if one.state == "live" else f"dead: {one.state}"
        say(f"{one.id}  {one.used} used  {state}\n    {one.block.told()}")
    if not found:
        say("no grant was issued")
    return ExitCode.SUCCESS


def handle_revoke(arguments: argparse.Namespace) -> int:
    """Revoke a grant."""
    opened_ledger().revoke(arguments.id)
    say(f"grant {arguments.id} is revoked")
    return ExitCode.SUCCESS


def opened_ledger(root: Path | None = None) -> Ledger:
    """Return the ledger beside the folder of all runs, by default the user's own."""
    return Ledger(permits_folder(root or runs_root(os.environ)) / "ledger.sqlite")


def _block(arguments: argparse.Namespace) -> Block:
    until = arguments.until
    try:
        block = Block.model_validate({
            "origins": arguments.origin,
            "window": arguments.window,
            "effects": arguments.effect,
            "kinds": arguments.kind,
            "uses": arguments.uses,
            "until": None if until is None else read_until(until, datetime.now().astimezone()),
        })  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        option = field if field in {"uses", "until"} else field.removesuffix("s")
        raise UsageError(f"--{option}: {first['msg']}") from error
    if block == Block():
        raise UsageError("say how it is to be narrowed: --origin, --effect, --uses, --until ...")
    return block


def _written(grant: Grant, path: Path | None, folder: Path) -> Path:
    """Write a grant to a new file that its owner alone can read, and return its place."""
    place = (
        folder / f"{grant.id}-{link_name(bytes.fromhex(grant.seal))[:8]}.json"
        if path is None
        else path
    )
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(grant.model_dump_json(exclude_none=True, indent=1) + "\n")
    except OSError as error:
        raise RunFolderError(f"{place}: the grant cannot be written: {error.strerror}") from error
    return place
