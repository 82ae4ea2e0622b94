"""Planning: what has to be done to get from the world as it is to an older point.

Promises
- Only what is not yet as the older point has it is planned, and names that share an inode together.
- A folder that others made or removed something in since keeps the time that this gave it.

Does not promise
- That a plan can be carried out: permissions and room are found out by doing.
"""

import secrets
from collections.abc import Iterable, Mapping

from handrail.sandbox.file_names import read, written
from handrail.sandbox.file_places import above
from handrail.sandbox.snapshot.comparing import Comparison, alike, closed
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.plan import FolderPlan, Plan

PREFIX = b".handrail-undo-"
Now = Mapping[bytes, Entry]


def work(comparison: Comparison, now: Now) -> tuple[bytes, ...]:
    """Return the paths about which something has to be done, in order."""
    older, newer = comparison.older, comparison.newer
    concerned = comparison.concerned()
    left = {p for p in concerned if not _arrived(now.get(p), older.get(p), newer.get(p))}
    return tuple(sorted(closed(left, comparison.groups(older))))


def planned(comparison: Comparison, names: tuple[str, str], now: Now) -> Plan:
    """Return the plan from the present to the older point; it is not ready yet."""
    paths = work(comparison, now)
    token = secrets.token_hex(8)
    stages = _stages(comparison, token)
    older = comparison.older
    touched = {p for p in paths if p in older and older[p].kind == "folder"}
    touched |= {above(path) for path in (*paths, *stages)} & older.keys()
    present = {**comparison.present(touched - now.keys()), **now}
    return Plan(
        token=token,
        mark=secrets.token_hex(4),
        older=names[0],
        newer=names[1],
        roots=_all_written(comparison.roots),
        paths=_all_written(paths),
        fresh=_all_written(_fresh(comparison, paths, now)),
        stages=_all_written(stages),
        folders=tuple(_folder(comparison, path, present.get(path)) for path in sorted(touched)),
    )


def turned(comparison: Comparison, plan: Plan, now: Now) -> Plan:
    """Return the plan that takes back what another has done so far; ``comparison`` is turned."""
    paths = work(comparison, now)
    newer = comparison.older  # where the other plan came from
    rows = {read(row.path): row for row in plan.folders if row.had_mode}
    begun = map(read, plan.paths)
    made = {p for p in (*paths, *begun) if p in newer and newer[p].kind == "folder"} - rows.keys()
    folders = {
        path: FolderPlan(path=row.path, mode=row.had_mode, mtime=row.had_mtime)
        for path, row in rows.items()
    }
    for path in made:
        entry = newer[path]
        folders[path] = FolderPlan(path=written(path), mode=entry.mode, mtime=entry.mtime)
    return plan.model_copy(
        update={
            "mark": secrets.token_hex(4),
            "older": plan.newer,
            "newer": plan.older,
            "paths": _all_written(paths),
            "fresh": _all_written(_fresh(comparison, paths, now)),
            "stages": _all_written(_stages(comparison, plan.token)),
            "leftovers": plan.stages,
            "folders": tuple(row for _, row in sorted(folders.items())),
        }
    )


def _fresh(comparison: Comparison, paths: Iterable[bytes], now: Now) -> tuple[bytes, ...]:
    """Return what has to be made anew: other bytes, or not under one inode with its other names."""
    older = comparison.older
    made = [p for p in paths if p in older and older[p].kind in ("file", "link")]
    same = ("kind", "sha256", "target", "first")
    changed = {
        path
        for path in made
        if path not in now or any(getattr(now[path], f) != getattr(older[path], f) for f in same)
    }
    groups = {older[path].first for path in changed} - {b""}
    return tuple(path for path in made if path in changed or older[path].first in groups)


def _stages(comparison: Comparison, token: str) -> list[bytes]:
    """Return the folder for what is made for each root: in it, or beside it where it is gone."""
    there = comparison.present(comparison.roots)
    name = PREFIX + token.encode()
    return [root + b"/" + name if root in there else root + name for root in comparison.roots]


def _folder(comparison: Comparison, path: bytes, now: Entry | None) -> FolderPlan:
    """Return what a folder gets: the older time, unless others gave it one since."""
    older, newer = comparison.older[path], comparison.newer.get(path)
    if now is None or now.kind != "folder":
        return FolderPlan(path=written(path), mode=older.mode, mtime=older.mtime)
    known = {entry.mtime for entry in (older, newer) if entry is not None}
    return FolderPlan(
        path=written(path),
        mode=now.mode if older == newer or alike(older, newer) else older.mode,
        mtime=older.mtime if now.mtime in known else now.mtime,
        had_mode=now.mode,
        had_mtime=now.mtime,
    )


def _arrived(now: Entry | None, older: Entry | None, newer: Entry | None) -> bool:
    """Tell whether nothing is left to do: a folder's time that others changed is theirs."""
    if now is None or older is None or newer is None:
        return alike(now, older)
    return alike(now, older) and (now == older or now.mtime != newer.mtime)


def _all_written(paths: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(map(written, paths))
