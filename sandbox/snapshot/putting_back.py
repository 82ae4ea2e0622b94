"""Putting back: from a newer point to an older one, all of it or nothing.

First it is looked whether the world is still as the newer point has it; then everything that has to
be made is made beside its place; then it is looked once more, and a plan is written down, durably.
From there on the plan is carried out, and whoever is interrupted is finished by the next call.

Promises
- Until the plan is durable, nothing that is in use is touched, and what was made is removed again.
- After that, however often it is interrupted, the same end is reached, or it stops where somebody
  changed a thing that it was about to change, and says so.
- Times and modes of folders come last, so that they are those of the older point.

Does not promise
- To see a change that is made within the milliseconds between the second look and the change.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.file_names import read, written
from handrail.sandbox.snapshot.comparing import Comparison, Fits, alike, settled, underway
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.places import above
from handrail.sandbox.snapshot.plan import FolderPlan, Plan, keep_plan, remove_plan
from handrail.sandbox.snapshot.staging import PREFIX, Staging, told
from handrail.sandbox.snapshot.store import Store

_SHOWN = 5


class PuttingBack:
    """Goes from one point to another; both are named by what their manifests are called."""

    def __init__(
        self, store: Store, live: LiveTree, names: tuple[str, str], comparison: Comparison
    ) -> None:
        self.store = store
        self.live = live
        self.names = names
        self.comparison = comparison
        self.paths = comparison.concerned()

    def begin(self) -> tuple[Difference, ...]:
        """Do all of it. Raises UndoConflict, RestoreError; then nothing was touched."""
        self.insist(settled)
        now = self.comparison.present(self.paths)
        older, newer = self.comparison.older, self.comparison.newer
        if all(_arrived(now.get(p), older.get(p), newer.get(p)) for p in self.paths):
            return ()
        plan = self._plan(now)
        ready = plan.model_copy(update={"ready": True})
        try:
            keep_plan(self.store, plan)
            self._staging(plan).make(self.live, self.store)
            self.insist(settled)
            keep_plan(self.store, ready)
        except RestoreError:
            self.discard(plan)
            raise
        return self.finish(ready)

    def resume(self, plan: Plan) -> tuple[Difference, ...]:
        """Finish what was interrupted. Raises UndoConflict where the world changed since."""
        self.insist(underway)
        return self.finish(plan)

    def insist(self, fits: Fits) -> None:
        """Raise UndoConflict where something is otherwise than it may be."""
        found = self.comparison.conflicts(self.paths, fits)
        if found:
            shown = ", ".join(f"{one.what} was {one.change}" for one in found[:_SHOWN])
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            begun = "" if fits is settled else "what was begun waits until they are as they were"
            raise UndoConflict(
                f"changed since: {shown}{more}; {begun or 'nothing was touched'}: put them back, "
                "or move them away, and undo again"
            )

    def finish(self, plan: Plan) -> tuple[Difference, ...]:
        """Carry a plan out. Raises RestoreError where it had to stop; then it may be resumed."""
        for path, step in self._steps(plan):
            with told(path):
                step()
        remove_plan(self.store, plan)
        lost = self.comparison.lost()
        return tuple(one for one in self.comparison.told() if one not in lost)

    def discard(self, plan: Plan) -> None:
        """Remove what was made for a plan that never became ready. Raises RestoreError."""
        for stage in map(read, plan.stages):
            with told(stage):
                self.live.remove_stage(stage)
        for folder in plan.before:
            with told(read(folder.path)):
                self.live.set_folder(read(folder.path), folder.mode, folder.mtime)
        remove_plan(self.store, plan)

    def _steps(self, plan: Plan) -> Iterator[tuple[bytes, Callable[[], None]]]:
        """Yield each step in the order in which it has to be done, with what it is about."""
        live, older, newer = self.live, self.comparison.older, self.comparison.newer
        staging = self._staging(plan)
        for folder in sorted({above(p) for p in self.paths if p not in live.roots}):
            yield folder, partial(live.unlock, folder)
        for path in reversed(self.paths):
            gone = newer.get(path)
            if gone is not None and _makes_way(older.get(path), gone):
                yield path, partial(live.remove, path, gone.kind == "folder")
        for path in self.paths:
            if path in older and older[path].kind == "folder":
                yield path, partial(live.make_folder, path)
        for path in staging.paths:
            yield path, partial(live.replace, staging.place(path), path)
        for path in staging.dressed:
            yield path, partial(live.dress, path, older[path])
        for stage in map(read, plan.stages):
            yield stage, partial(live.remove_stage, stage)
        yield from self._last_steps(plan)

    def _last_steps(self, plan: Plan) -> Iterator[tuple[bytes, Callable[[], None]]]:
        """Yield what is done to folders when all that is in them is in place."""
        live, concerned = self.live, set(self.paths)
        for folder in plan.folders[::-1]:
            path = read(folder.path)
            if path in concerned:
                entry = replace(self.comparison.older[path], mtime=folder.mtime)
                yield path, partial(live.dress, path, entry)
            else:
                yield path, partial(live.set_folder, path, folder.mode, folder.mtime)
        for folder in plan.folders:
            yield read(folder.path), partial(live.sync_folder, read(folder.path))

    def _plan(self, now: Mapping[bytes, Entry]) -> Plan:
        """Return what will be done, with what the folders will be given in the end."""
        older, roots = self.comparison.older, self.comparison.roots
        there = self.comparison.present(roots)
        token = secrets.token_hex(8)
        name = PREFIX + token.encode()
        stages = [root + b"/" + name if root in there else root + name for root in roots]
        touched = {p for p in self.paths if p in older and older[p].kind == "folder"}
        touched |= {above(path) for path in (*self.paths, *stages)} & older.keys()
        present = {**self.comparison.present(touched - now.keys()), **now}
        return Plan(
            token=token,
            older=self.names[0],
            newer=self.names[1],
            roots=tuple(map(written, roots)),
            stages=tuple(map(written, stages)),
            folders=tuple(self._folder(path, present.get(path)) for path in sorted(touched)),
            before=tuple(_folder_plan(entry, entry.mtime) for entry in there.values()),
        )

    def _folder(self, path: bytes, now: Entry | None) -> FolderPlan:
        """Return what a folder gets: the older time, unless others gave it one since."""
        older, newer = self.comparison.older[path], self.comparison.newer.get(path)
        known = {entry.mtime for entry in (older, newer) if entry is not None}
        foreign = now is not None and now.kind == "folder" and now.mtime not in known
        kept = now if now is not None and path not in self.paths else older
        return _folder_plan(kept, now.mtime if now is not None and foreign else older.mtime)

    def _staging(self, plan: Plan) -> Staging:
        stages = zip(self.comparison.roots, map(read, plan.stages), strict=True)
        return Staging(self.comparison, dict(stages))


def _folder_plan(entry: Entry, mtime: int) -> FolderPlan:
    return FolderPlan(path=written(entry.path), mode=entry.mode, mtime=mtime)


def _makes_way(older: Entry | None, newer: Entry) -> bool:
    """Tell whether a thing has to go before the older one can come."""
    return older is None or (older.kind == "folder") != (newer.kind == "folder")


def _arrived(now: Entry | None, older: Entry | None, newer: Entry | None) -> bool:
    """Tell whether nothing is left to do: a folder's time that others changed is theirs."""
    if now is None or older is None or newer is None:
        return alike(now, older)
    return alike(now, older) and (now == older or now.mtime != newer.mtime)
