"""Staging: what will be put in place is made first, beside its place, whole and durable.

Promises
- What cannot be made (a full disk, a damaged content, no permission) is known before anything that
  is in use is touched.
- Names that shared an inode share one again; where that is one that stays, they are linked to it.

Does not promise
- Fewer bytes on the disk than what is put back has, until it is in place.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_dress import dress
from handrail.sandbox.file_names import read, written
from handrail.sandbox.file_places import above, last, root_of
from handrail.sandbox.snapshot.comparing import Comparison
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import Operation, Plan
from handrail.sandbox.snapshot.store import Store, sync_files


class Stages:
    """Where a plan stages things: for each root a folder, in it or beside it."""

    def __init__(self, plan: Plan) -> None:
        self._roots = tuple(map(read, plan.roots))
        self._stages = dict(zip(self._roots, map(read, plan.stages), strict=True))

    def of(self, path: bytes) -> bytes:
        """Return the folder for what belongs at a path."""
        return self._stages[root_of(self._roots, path)]

    def new(self, one: Operation) -> bytes:
        """Return where that lies which will be put in place."""
        return self.of(read(one.path)) + b"/new-%d" % one.number

    def old(self, one: Operation) -> bytes:
        """Return where that lies which was there before."""
        return self.of(read(one.path)) + b"/old-%d" % one.number

    def used(self, plan: Plan) -> list[bytes]:
        """Return the folders that a plan needs."""
        moving = (one for one in plan.operations if one.kind != "dress")
        return sorted({self.of(read(one.path)) for one in moving})


class Staging:
    """Makes what a plan puts in place."""

    def __init__(self, comparison: Comparison, plan: Plan, live: LiveTree, store: Store) -> None:
        self.comparison = comparison
        self.plan = plan
        self.live = live
        self.store = store
        self.stages = Stages(plan)
        self._made: dict[bytes, bytes] = {}
        self._in_use: set[bytes] = set()

    def make(self) -> Plan:
        """Make everything, and return the plan with what was made.

        Raises RestoreError; what was made so far is left.
        """
        older, used = self.comparison.older, self.stages.used(self.plan)
        for stage in used:
            with told(stage):
                if above(stage) in self.comparison.roots:
                    self.live.unlock(above(stage))
                self.live.make_stage(stage)
        fresh = [one for one in self.plan.operations if one.kind in ("put", "swap")]
        self._find_leads({read(one.path) for one in self.plan.operations})
        made: dict[int, Operation] = {}
        for stage in used:
            with told(stage), self.live.stage(stage) as folder:
                here = [one for one in fresh if self.stages.of(read(one.path)) == stage]
                made |= {one.number: self._operation(folder, one) for one in here}
                files = [one for one in here if older[read(one.path)].kind == "file"]
                sync_files(folder, [last(self.stages.new(one)) for one in files])
        operations = tuple(made.get(one.number, one) for one in self.plan.operations)
        return self.plan.model_copy(update={"operations": operations})

    def _find_leads(self, moving: set[bytes]) -> None:
        """Note what stays of the names that are to share an inode."""
        for path, entry in self.comparison.older.items():
            if entry.first and path not in moving:
                self._made.setdefault(entry.first, path)
                self._in_use.add(entry.first)

    def _operation(self, folder: int, one: Operation) -> Operation:
        path, place = read(one.path), self.stages.new(one)
        entry = self.comparison.older[path]
        with told(path):
            if entry.first in self._made:
                self.live.link(self._made[entry.first], place)
            else:
                self._make(folder, last(place), entry)
            inode = os.stat(last(place), dir_fd=folder, follow_symlinks=False).st_ino
        if entry.first:
            self._made.setdefault(entry.first, place)
        shared = entry.first in self._in_use
        return one.model_copy(update={"fresh": inode, "shared": shared})

    def _make(self, folder: int, name: bytes, entry: Entry) -> None:
        if entry.kind == "folder":
            os.mkdir(name, 0o700, dir_fd=folder)
            return  # dressed when it is full
        if entry.kind == "link":
            os.symlink(entry.target, name, dir_fd=folder)
        elif entry.kind == "special":
            os.mknod(name, stat.S_IFMT(entry.mode) | 0o600, dir_fd=folder)
        else:
            self._write(folder, name, entry)
        dress(folder, name, entry)

    def _write(self, folder: int, name: bytes, entry: Entry) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        descriptor = os.open(name, flags, 0o600, dir_fd=folder)
        try:
            self.store.lay_out(entry.sha256, descriptor, entry.sparse)
        finally:
            os.close(descriptor)


@contextmanager
def told(path: bytes) -> Iterator[None]:
    """Turn an error of the system into one that names the place."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            why = "the disk is full"
        raise RestoreError(f"{written(path)}: cannot be put in place: {why}") from error
