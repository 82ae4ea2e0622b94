"""``handrail gc``: remove restore points, and changes of rehearsals, beyond what is allowed."""

import argparse
import os
import time

from handrail.sandbox.snapshot.retention import DAY, Budget, Collected, collect
from handrail.sandbox.snapshot.store import Store
from handrail.tasks.amounts import read_size, read_span, size_text
from handrail.tasks.cli_output import say
from handrail.tasks.errors import ExitCode
from handrail.tasks.kept_texts import old_texts, remove_texts
from handrail.tasks.rehearsal_scratch import discard, leftovers
from handrail.tasks.runs import restore_folder, runs_root

_DEFAULT = Budget()
_WHY = {"age": "older than allowed", "size": "the oldest, and more is kept than allowed"}


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    gc = sub.add_parser(
        "gc",
        help="remove old restore points, and say what can no longer be undone",
        description="Remove the restore points of whole runs: those older than --max-age, and then "
        "the oldest until no more than --max-size is kept. Those of a run that is at work, or "
        "whose undo was interrupted, stay. What rehearsals keep of their changes is removed, too, "
        "once it is older than --max-age, and at once where they were interrupted or committed.",
    )
    gc.set_defaults(handler=handle_gc)
    gc.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    gc.add_argument(
        "--max-size", default=f"{_DEFAULT.size // 10**9}GB", metavar="SIZE", help="default: 5GB"
    )
    gc.add_argument(
        "--max-age", default=f"{_DEFAULT.age // DAY:.0f}d", metavar="SPAN", help="default: 30d"
    )


def handle_gc(arguments: argparse.Namespace) -> int:
    """Remove what is beyond the budget, and print what that means."""
    budget = Budget(read_size(arguments.max_size), read_span(arguments.max_age))
    dry: bool = arguments.dry_run
    root = runs_root(os.environ)
    store = Store(restore_folder(root))
    for line in lines(collect(store, budget, time.time_ns(), dry), dry):
        say(line)
    can = "could then" if dry else "can"
    for texts in old_texts(root, budget.age):
        say(f"{texts.name}  its clipboard and storage {can} no longer be undone: too old")
        if not dry:
            remove_texts(texts)
    kept = "would be removed" if dry else "is removed"
    for left in leftovers(root, budget.age):
        say(f"{left.folder.name}  what its rehearsal kept {kept}: {left.why}")
        if not dry:
            discard(left.folder)
    return ExitCode.SUCCESS


def lines(found: Collected, dry: bool) -> list[str]:
    """Return what was removed, or would be, a line for each run."""
    told = [
        f"{removal.run}  {removal.points} restore point{'' if removal.points == 1 else 's'}, "
        f"{size_text(removal.freed)}: {_WHY[removal.why]}; its files "
        f"{'could then' if dry else 'can'} no longer be undone"
        for removal in found.removals
    ]
    told += [f"{run}  stays, though beyond what is allowed: it is in use" for run in found.busy]
    runs = f"{found.runs_left} run{'' if found.runs_left == 1 else 's'}"
    verb = "would free" if dry else "freed"
    return [*told, f"{verb} {size_text(found.freed)}; {size_text(found.left)} of {runs} are left"]
