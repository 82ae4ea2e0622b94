"""Staging: what will be put in place is made first, beside its place, whole and durable.

Promises
- What cannot be made (a full disk, a damaged content, no permission) is known before anything that
  is in use is touched.
- Names that shared an inode share one again.

Does not promise
- Fewer bytes on the disk than what is put back has, until it is in place.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_dress import dress
from handrail.sandbox.file_names import read, written
from handrail.sandbox.file_places import above, last, root_of
from handrail.sandbox.snapshot.comparing import Comparison
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import Plan
from handrail.sandbox.snapshot.store import Store, sync_files


class Staging:
    """What a plan has to make anew (``paths``), and what it only has to dress (``dressed``)."""

    def __init__(self, comparison: Comparison, plan: Plan) -> None:
        self.comparison = comparison
        stages = map(read, plan.stages)
        self._stages = dict(zip(comparison.roots, stages, strict=True))
        self._mark = plan.mark.encode()
        self.paths = tuple(map(read, plan.fresh))
        fresh = set(self.paths)
        others = [path for path in map(read, plan.paths) if path not in fresh]
        self.dressed = tuple(path for path in others if _is_made(comparison.older.get(path)))
        self._numbers = {path: number for number, path in enumerate(self.paths)}

    def place(self, path: bytes) -> bytes:
        """Return where the thing is made that will be put at a path."""
        stage = self._stages[root_of(self.comparison.roots, path)]
        return b"%s/%s-%d" % (stage, self._mark, self._numbers[path])

    def make(self, live: LiveTree, store: Store) -> None:
        """Make everything. Raises RestoreError; what was made so far is left."""
        used = {above(self.place(path)) for path in self.paths}
        made: dict[bytes, bytes] = {}
        for stage in sorted(used):
            with told(stage):
                if above(stage) in self.comparison.roots:
                    live.unlock(above(stage))
                live.make_stage(stage)
        for path in self.paths:
            with told(path):
                self._make(path, live, store, made)
        for stage in sorted(used):
            with told(stage), live.stage(stage) as folder:
                here = [path for path in self.paths if above(self.place(path)) == stage]
                files = [path for path in here if self.comparison.older[path].kind == "file"]
                sync_files(folder, [last(self.place(path)) for path in files])

    def _make(self, path: bytes, live: LiveTree, store: Store, made: dict[bytes, bytes]) -> None:
        entry, place = self.comparison.older[path], self.place(path)
        stage, name = os.path.split(place)
        with live.stage(stage) as folder:
            if entry.first and entry.first in made:
                with live.stage(above(made[entry.first])) as other:
                    there = last(made[entry.first])
                    os.link(there, name, src_dir_fd=other, dst_dir_fd=folder, follow_symlinks=False)
                return
            if entry.kind == "link":
                os.symlink(entry.target, name, dir_fd=folder)
            else:
                _write(folder, name, entry, store)
            dress(folder, name, entry)
            if entry.first:
                made[entry.first] = place


@contextmanager
def told(path: bytes) -> Iterator[None]:
    """Turn an error of the system into one that names the place."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            why = "the disk is full"
        raise RestoreError(f"{written(path)}: cannot be put back: {why}") from error


def _write(folder: int, name: bytes, entry: Entry, store: Store) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        store.lay_out(entry.sha256, descriptor, entry.sparse)
    finally:
        os.close(descriptor)


def _is_made(entry: Entry | None) -> bool:
    return entry is not None and entry.kind in ("file", "link")
