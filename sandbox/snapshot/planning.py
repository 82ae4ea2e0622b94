"""Planning: what has to be done to get from the world as it is to an older point.

Promises
- Only what is not yet as the older point has it is planned, and names that share an inode together.
- First what goes, the deepest first, then what comes, then what is replaced, then metadata.
- What has names that the points do not know is made anew, not dressed: those names keep what they
  have. A file that is right but for its names stays, and the others become names of it.
- A folder that others made or removed something in since keeps the time that this gave it.

Does not promise
- That a plan can be carried out: permissions and room are found out by doing.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from stat import S_IFMT

from handrail.sandbox.file_names import written
from handrail.sandbox.file_places import above
from handrail.sandbox.snapshot.comparing import Comparison, alike, closed
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.plan import FolderPlan, Mark, Operation, Plan, StepKind

PREFIX = b".handrail-"
Now = Mapping[bytes, Entry]
_ORDER: tuple[StepKind, ...] = ("take", "put", "swap", "dress")


def work(comparison: Comparison, now: Now) -> tuple[bytes, ...]:
    """Return the paths about which something has to be done, in order."""
    older, newer = comparison.older, comparison.newer
    concerned = comparison.concerned()
    left = {p for p in concerned if not _arrived(now.get(p), older.get(p), newer.get(p))}
    return tuple(sorted(closed(left, comparison.groups(older))))


def planned(comparison: Comparison, names: tuple[str, str], now: Now) -> Plan:
    """Return the plan from the present to the older point; nothing of it is staged yet."""
    token = secrets.token_hex(8)
    paths = work(comparison, now)
    steps = sorted(_steps(comparison, paths, now), key=lambda step: _ORDER.index(step[0]))
    stages = _stages(comparison, token, now)
    older, newer = comparison.older, comparison.newer
    folders = {p for p in paths if any(_is_folder(e.get(p)) for e in (older, now))}
    touched = folders | {above(p) for p in (*paths, *stages)} & (older.keys() | newer.keys())
    present = {**comparison.present(touched - now.keys()), **now}
    return Plan(
        token=token,
        older=names[0],
        newer=names[1],
        roots=tuple(map(written, comparison.roots)),
        stages=tuple(map(written, stages)),
        operations=tuple(
            Operation(kind=kind, path=written(path), number=number, then=_then(kind, now.get(path)))
            for number, (kind, path) in enumerate(steps)
        ),
        folders=tuple(_folder(comparison, path, present.get(path)) for path in sorted(touched)),
    )


def _steps(
    comparison: Comparison, paths: Iterable[bytes], now: Now
) -> Iterator[tuple[StepKind, bytes]]:
    """Yield what is to be done with each path: what goes from the inside out."""
    older = comparison.older
    made = [path for path in paths if path in older and older[path].kind != "folder"]
    staying, fresh = _staying(older, made, now)
    for path in sorted(paths, reverse=True):
        here, then = now.get(path), older.get(path)
        if here is not None and (then is None or _is_folder(here) != _is_folder(then)):
            yield "take", path
    for path in sorted(paths):
        here, then = now.get(path), older.get(path)
        if then is None or path in staying:
            continue
        if here is None or _is_folder(here) != _is_folder(then):
            yield "put", path
        else:
            yield ("swap" if path in fresh else "dress"), path


def _staying(
    older: Mapping[bytes, Entry], made: Iterable[bytes], now: Now
) -> tuple[set[bytes], set[bytes]]:
    """Return what is right but for its names, and what has to be made anew or linked to that."""
    groups: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for path in made:
        groups[older[path].first or path].append(path)
    staying: set[bytes] = set()
    fresh: set[bytes] = set()
    for names in groups.values():
        inodes = {(now[p].dev, now[p].ino) if p in now else (0, 0) for p in names}
        whole = len(inodes) == 1 and all(_same_content(now.get(p), older[p]) for p in names)
        if whole and now[names[0]].names == len(names):
            continue  # dressed in place, under all of its names
        leads = [p for p in names if len(names) > 1 and _right(now.get(p), older[p])]
        right = {p for p in names if leads and p in now and now[p].ino == now[leads[0]].ino}
        staying |= right
        fresh |= {*names} - right
    return staying, fresh


def _same_content(here: Entry | None, then: Entry) -> bool:
    if here is None or (here.kind, S_IFMT(here.mode)) != (then.kind, S_IFMT(then.mode)):
        return False
    return (here.sha256, here.target) == (then.sha256, then.target)


def _right(here: Entry | None, then: Entry) -> bool:
    return here is not None and replace(here, first=then.first) == then


def _stages(comparison: Comparison, token: str, now: Now) -> list[bytes]:
    """Return for each root the folder of what is staged: in it, or beside it where it goes."""
    there = {**comparison.present(set(comparison.roots) - now.keys()), **now}
    newer, older = comparison.newer, comparison.older
    name = PREFIX + token.encode()
    return [
        root + b"/" + name
        if root in there and (root in older or root not in newer)
        else root + name
        for root in comparison.roots
    ]


def _folder(comparison: Comparison, path: bytes, now: Entry | None) -> FolderPlan:
    """Return what a folder gets: the older time, unless others gave it one since."""
    older, newer = comparison.older.get(path), comparison.newer.get(path)
    had = now if now is not None and _is_folder(now) else None
    mode = 0 if older is None or not _is_folder(older) else older.mode
    mtime = 0 if older is None else older.mtime
    if had is not None and older is not None and mode:
        mode = had.mode if alike(older, newer) else mode
        known = {entry.mtime for entry in (older, newer) if entry is not None}
        mtime = mtime if had.mtime in known else had.mtime
    return FolderPlan(
        path=written(path),
        mode=mode,
        mtime=mtime,
        had_mode=0 if had is None else had.mode,
        had_mtime=0 if had is None else had.mtime,
    )


def _then(kind: StepKind, now: Entry | None) -> Mark | None:
    if now is None or kind == "put":
        return None
    return (now.ino, 0, 0) if now.kind == "folder" else (now.ino, now.size, now.mtime)


def _is_folder(entry: Entry | None) -> bool:
    return entry is not None and entry.kind == "folder"


def _arrived(now: Entry | None, older: Entry | None, newer: Entry | None) -> bool:
    """Tell whether nothing is left to do: a folder's time that others changed is theirs."""
    if now is None or older is None or newer is None:
        return alike(now, older)
    return alike(now, older) and (now == older or now.mtime != newer.mtime)
