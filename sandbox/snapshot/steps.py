"""Steps: a plan as single changes, in the only order in which they can be done.

Promises
- Each step can be done again: a plan is carried out from its beginning, however far it had come.
- Folders get their modes and times last, from the inside out, and then everything is synced.

Does not promise
- To undo what it has done where a step fails: see ``putting_back.py``.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from handrail.sandbox.file_names import read
from handrail.sandbox.file_places import above
from handrail.sandbox.snapshot.comparing import Comparison
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import Plan
from handrail.sandbox.snapshot.staging import Staging

Step = tuple[bytes, Callable[[], None]]


def steps(plan: Plan, comparison: Comparison, live: LiveTree) -> Iterator[Step]:
    """Yield each step in order, with the path that it is about."""
    older, newer = comparison.older, comparison.newer
    staging = Staging(comparison, plan)
    paths = tuple(map(read, plan.paths))
    made = [path for path in paths if path in older and older[path].kind == "folder"]
    for folder in sorted({*made, *(above(path) for path in paths if path not in live.roots)}):
        yield folder, partial(live.unlock, folder)
    for path in reversed(paths):
        gone = newer.get(path)
        if gone is not None and _makes_way(older.get(path), gone):
            yield path, partial(live.remove, path, gone.kind == "folder")
    for path in made:
        yield path, partial(live.make_folder, path)
    for path in staging.paths:
        yield path, partial(live.replace, staging.place(path), path)
    for path in staging.dressed:
        yield path, partial(live.dress, path, older[path])
    for stage in map(read, (*plan.stages, *plan.leftovers)):
        yield stage, partial(live.remove_stage, stage)
    yield from _folders(plan, comparison, live)
    folders = [read(row.path) for row in plan.folders]
    for path in (*staging.dressed, *folders, *(root for root in live.roots if root in paths)):
        yield path, partial(live.sync, path)


def _folders(plan: Plan, comparison: Comparison, live: LiveTree) -> Iterator[Step]:
    """Yield what is done to folders when all that is in them is in place."""
    concerned = {read(path) for path in plan.paths}
    for row in reversed(plan.folders):
        path = read(row.path)
        if path in concerned:
            entry = replace(comparison.older[path], mtime=row.mtime)
            yield path, partial(live.dress, path, entry)
        else:
            yield path, partial(live.set_folder, path, row.mode, row.mtime)


def _makes_way(older: Entry | None, newer: Entry) -> bool:
    """Tell whether a thing has to go before the older one can come."""
    return older is None or (older.kind == "folder") != (newer.kind == "folder")
