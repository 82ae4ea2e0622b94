"""Steps: a plan as single changes, and the way back, in the only order in which they can be done.

Promises
- Each step can be done again: a plan is carried out, or taken back, from its beginning, however far
  it had come.
- Each looks before it acts: what is there must be what was there before, or the work of this very
  step. Anything else is somebody's, and is left as it is.
- A thing is replaced in one go. What was there is kept under another name until all is done, is
  looked at once more then, and can be put back.
- Folders get their modes and times last, from the inside out, and then everything is synced.

Does not promise
- That a reader sees all the steps at once: each file is old or new, the folder may be half and half
  in between.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_names import read, written
from handrail.sandbox.file_places import above
from handrail.sandbox.snapshot.comparing import Comparison
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.plan import FolderPlan, Mark, Operation, Plan
from handrail.sandbox.snapshot.staging import Stages, told

Step = tuple[bytes, Callable[[], None]]
_SINGLY = 64
"""Up to so many things are synced one by one; more cost less in one sync of the file system."""


class Steps:
    """The steps of one plan."""

    def __init__(self, plan: Plan, comparison: Comparison, live: LiveTree) -> None:
        self.plan = plan
        self.comparison = comparison
        self.live = live
        self.stages = Stages(plan)
        self._operations = [(read(one.path), one) for one in plan.operations]
        self._concerned = {path for path, _one in self._operations}
        self._kept: set[int] = set()
        self._folders = [(read(row.path), row) for row in plan.folders]

    def forward(self) -> Iterator[Step]:
        """Yield each step in order, with the path that it is about."""
        yield from self._unlock()
        for path, one in self._operations:
            if one.kind == "swap":
                yield path, partial(self._keep, one, path)
        folders = {path for path, row in self._folders if row.mode}
        for path, one in self._operations:
            if one.kind != "dress" or path not in folders:
                yield path, partial(self._do, one, path)
        made = {path: one for path, one in self._operations if one.kind != "take"}
        for path, row in reversed(self._folders):
            if row.mode:
                yield path, partial(self._dress_folder, path, row, made.get(path))
        yield from self._sync()
        for path, one in self._operations:
            if one.kind in ("take", "swap"):
                yield path, partial(self._look, one, path)

    def back(self) -> Iterator[Step]:
        """Yield the steps that take back what was done, in order."""
        yield from self._unlock()
        folders = {path for path, row in self._folders if row.had_mode}
        for path, one in reversed(self._operations):
            if one.kind != "dress" or path not in folders:
                yield path, partial(self._undo, one, path)
        changed = {path: one for path, one in self._operations if one.kind != "put"}
        for path, row in reversed(self._folders):
            if row.had_mode:
                yield path, partial(self._undress_folder, path, row, changed.get(path))
        yield from self._sync()

    def clear(self, back: bool = False) -> Iterator[Step]:
        """Yield the steps that remove the stages, and give the folders around them their time."""
        for stage in map(read, self.plan.stages):
            if above(stage) in self.comparison.roots:
                yield stage, partial(self.live.unlock, above(stage))
            yield stage, partial(self.live.remove_stage, stage)
        for path, row in self._folders:
            mode, mtime = (row.had_mode, row.had_mtime) if back else (row.mode, row.mtime)
            if path in self.comparison.roots and mode:
                yield path, partial(self.live.set_folder, path, mode, mtime)
        for root in self.comparison.roots:
            yield root, partial(self.live.sync, root)

    def _unlock(self) -> Iterator[Step]:
        roots = self.live.roots
        around = {above(path) for path in self._concerned if path not in roots}
        moved = {path for path, _row in self._folders if path in self._concerned}
        for folder in sorted(around | moved):
            yield folder, partial(self.live.unlock, folder)

    def _keep(self, one: Operation, path: bytes) -> None:
        """Keep what a swap will replace under a second name."""
        now = self.live.mark(path)
        if now is None or now[0] == one.fresh:
            return  # it is on its way, or done; or it is gone, which is seen when it is done
        self._insist(path, now, one.then)
        with suppress(FileExistsError):
            if not self.live.link(path, self.stages.old(one)):
                return
        self._kept.add(one.number)

    def _do(self, one: Operation, path: bytes) -> None:
        """Do one step, unless it is done."""
        now = self.live.mark(path)
        if one.kind == "take":
            if self.live.mark(self.stages.old(one)) is None:
                self._insist(path, now, one.then)
                self.live.rename(path, self.stages.old(one))
        elif one.kind == "dress":
            self._insist(path, now, *self._marks(one, path))
            self.live.dress(path, self.comparison.older[path])
        elif now is None or now[0] != one.fresh:
            self._place(one, path, now)

    def _place(self, one: Operation, path: bytes, now: Mark | None) -> None:
        old, new = self.stages.old(one), self.stages.new(one)
        if one.kind == "swap":
            if now is not None:
                self._insist(path, now, one.then)
                if one.number not in self._kept and self.live.mark(old) is None:
                    self.live.rename(path, old)
            elif self.live.mark(old) is None:
                raise _changed(path)
            self.live.rename(new, path)
            return
        self._insist(path, now, None)
        if self.comparison.older[path].kind == "folder" or not self.live.link(new, path):
            self.live.rename(new, path)

    def _look(self, one: Operation, path: bytes) -> None:
        """Insist that what was moved away is still as it was when it was looked at."""
        old = self.stages.old(one)
        now = self.live.mark(old)
        self._insist(path, now, one.then)
        folder = self.comparison.newer.get(path)
        if folder is not None and folder.kind == "folder" and not self.live.empty(old):
            raise _changed(path)

    def _undo(self, one: Operation, path: bytes) -> None:
        """Take one step back, unless it is back, or was never done. Raises RestoreError."""
        old, now = self.stages.old(one), self.live.mark(path)
        if one.kind == "dress":
            if now in self._marks(
                one, path
            ):  # otherwise it is another's now, and was never dressed
                self.live.dress(path, self.comparison.newer[path])
        elif one.kind == "put":
            if now is not None and now[0] == one.fresh:
                self._insist_untouched(one, path, now)
                self.live.remove(path)
        elif (kept := self.live.mark(old)) is not None:
            if now == kept:
                self.live.remove(old)
                return
            if now is not None:
                self._insist_untouched(one, path, now)
            self.live.rename(old, path)

    def _insist_untouched(self, one: Operation, path: bytes, now: Mark) -> None:
        """Insist that a thing that was placed is still as it was placed."""
        if one.kind == "take" or now[0] != one.fresh:
            raise _changed(path)
        entry = self.comparison.older[path]
        if not (one.shared or entry.kind == "folder" or now[2] == entry.mtime):
            raise _changed(path)

    def _dress_folder(self, path: bytes, row: FolderPlan, one: Operation | None) -> None:
        if one is None:
            self.live.set_folder(path, row.mode, row.mtime)
            return
        mark = (one.fresh, 0, 0) if one.kind == "put" else one.then
        self._insist(path, self.live.mark(path), mark)
        self.live.dress(path, replace(self.comparison.older[path], mtime=row.mtime))

    def _undress_folder(self, path: bytes, row: FolderPlan, one: Operation | None) -> None:
        if one is None:
            self.live.set_folder(path, row.had_mode, row.had_mtime)
            return
        self._insist(path, self.live.mark(path), one.then)
        self.live.dress(path, replace(self.comparison.newer[path], mtime=row.had_mtime))

    def _marks(self, one: Operation, path: bytes) -> tuple[Mark, Mark]:
        """Return the marks of a thing that is dressed in place: before that, and after."""
        assert one.then is not None, "it is there"
        inode, size, _time = one.then
        return one.then, (inode, size, self.comparison.older[path].mtime)

    def _insist(self, path: bytes, now: Mark | None, *fit: Mark | None) -> None:
        if now not in fit:
            raise _changed(path)

    def _sync(self) -> Iterator[Step]:
        paths = {path for path, one in self._operations if one.kind == "dress"}
        paths |= {path for path, _row in self._folders}
        paths |= {root for root in self.live.roots if root in self._concerned}
        if len(paths) > _SINGLY:
            for root in self.live.roots:
                yield root, partial(self.live.sync_all, root)
            return
        for path in sorted(paths):
            yield path, partial(self.live.sync, path)
        for stage in self.stages.used(self.plan):
            yield stage, partial(self.live.sync_stage, stage)


def carried_out(steps: Iterable[Step]) -> None:
    """Do each step. Raises RestoreError."""
    for path, step in steps:
        with told(path):
            step()


def attempted(steps: Iterable[Step]) -> list[str]:
    """Do each step that can be done, and return in words what could not be."""
    left = []
    for path, step in steps:
        try:
            with told(path):
                step()
        except RestoreError as error:
            left.append(str(error))
    return left


def _changed(path: bytes) -> RestoreError:
    return RestoreError(f"{written(path)} changed meanwhile")
