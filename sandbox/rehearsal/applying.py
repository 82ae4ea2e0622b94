"""Applying a plan in the real folders: the steps, the last look, and the way back.

Promises
- Every call can be made again after any interruption and comes to the same end.

Does not promise
- To know how far it is: ``commit.py`` writes that down.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Self

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_names import read
from handrail.sandbox.rehearsal.commit_record import CommitPlan, FolderTime, Operation
from handrail.sandbox.rehearsal.commit_steps import Steps
from handrail.sandbox.rehearsal.conflicts import Marks, conflicts, mark
from handrail.sandbox.rehearsal.items import Items, Place, items, lead_of
from handrail.sandbox.rehearsal.overlay_marks import OverlayMarks
from handrail.sandbox.rehearsal.planning import operations, times
from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.rehearsal.staging import Stager
from handrail.sandbox.rehearsal.syncing import sync_file_system
from handrail.sandbox.rehearsal.tree import Tree, join, kind_of, split

_FEW = 64


@dataclass(frozen=True)
class Applying:
    """The open folders of a commit; ``stage`` is the name of what it keeps in each real one."""

    real: Sequence[Tree]
    over: Sequence[Tree]
    marks: Sequence[OverlayMarks]
    stage: bytes
    wanted: Items
    noise: Items
    reached: Callable[[str], None]

    @classmethod
    def open(
        cls,
        stack: ExitStack,
        run: str,
        record: RehearsalRecord,
        noise: bool,
        reached: Callable[[str], None],
    ) -> Self:
        """Open all folders for as long as the stack. Raises RehearsalError."""
        layers = [row.layer for row in record.layers]
        real = [stack.enter_context(Tree(layer.real)) for layer in layers]
        marks = [OverlayMarks(layer) for layer in layers]
        over = [
            stack.enter_context(Tree(layer.changed, its.prefixes))
            for layer, its in zip(layers, marks, strict=True)
        ]
        stage = b".handrail-" + run.encode()
        every = items(record, noise=True)
        wanted = {place: one for place, one in every.items() if noise or not one.noise}
        left_out = {place: one for place, one in every.items() if place not in wanted}
        return cls(real, over, marks, stage, wanted, left_out, reached)

    def shown(self, places: Iterable[Place]) -> list[str]:
        """Return the whole paths of places."""
        return [self.real[place.layer].shown(place.path) for place in places]

    def stages(self) -> str:
        """Return where the stage folders lie."""
        return ", ".join(tree.shown(self.stage) for tree in self.real)

    def times(self) -> tuple[FolderTime, ...]:
        """Return the times of the folders that the steps will change. Raises OSError."""
        self._forget()
        return tuple(times(self.real, self.wanted, self.noise))

    def staged(self, marks: Marks, before: tuple[FolderTime, ...]) -> CommitPlan:
        """Stage everything, and return the plan. Raises RehearsalError, OSError."""
        steps = operations(self.real, self.wanted, marks)
        for layer in sorted({step.layer for step in steps}):
            os.mkdir(self.stage, 0o700, dir_fd=self.real[layer].folder(b""))
        self.reached("stage made")
        self._refuse_reappeared()
        stager = Stager(self.real, self.over, self.stage, self.wanted, self.reached)
        leads = dict(self._leads(steps))
        stager.leads.update(leads)
        inodes = stager.stage_all(steps, [read(step.path) for step in steps])
        fresh = (
            step.model_copy(update={"fresh": inode, "shared": self._linked(step) in leads})
            for step, inode in zip(steps, inodes, strict=True)
        )
        return CommitPlan(operations=tuple(fresh), times=before)

    def _linked(self, step: Operation) -> str:
        return self.wanted[Place(step.layer, read(step.path))].linked

    def _leads(self, steps: Iterable[Operation]) -> Iterator[tuple[str, Place]]:
        """Yield the files of which others become names and that stay where they are."""
        staged = {
            Place(step.layer, read(step.path)) for step in steps if step.kind in ("put", "swap")
        }
        for place, one in self.wanted.items():
            if one.linked:
                lead = lead_of(self.real[place.layer], place, one)
                if lead not in self.noise and staged.isdisjoint((lead, *lead.around)):
                    yield one.linked, lead

    def conflicts(self) -> tuple[list[Place], Marks]:
        """Return what stands in the way, and the marks of what does not. Raises RehearsalError."""
        return conflicts(self.real, self.wanted, self.noise)

    def _refuse_reappeared(self) -> None:
        """Insist that what is to be deleted is still deleted in the copy. Raises RehearsalError."""
        for place, one in self.wanted.items():
            over, marks = self.over[place.layer], self.marks[place.layer]
            if (
                one.becomes is None
                and over.stat(place.path)
                and not marks.deleted(over, place.path)
            ):
                raise RehearsalError(f"{one.path}: the copy no longer is what was shown")

    def apply(self, plan: CommitPlan) -> None:
        """Do every step, and look for the last time. Raises RehearsalError, OSError."""
        self._forget()
        steps = Steps(self.real, self.stage, self.reached)
        for one in plan.operations:
            steps.keep(one)
        for one in plan.operations:
            steps.do(one)
        for one in plan.operations:
            self._look(one)
        self._sync(plan)
        self.reached("synced")

    def take_back(self, plan: CommitPlan) -> list[str]:
        """Take every step back, and return the paths of what somebody changed since."""
        steps = Steps(self.real, self.stage, self.reached)
        left = [
            self.real[one.layer].shown(read(one.path)) if self._grown(one) else steps.undo(one)
            for one in reversed(plan.operations)
        ]
        self._sync(plan)
        return [path for path in left if path]

    def clear(self) -> None:
        """Remove the stage folders, and everything in them."""
        for tree in self.real:
            tree.forget()
            if tree.stat(self.stage) is not None:
                _remove(tree, self.stage)
                os.fsync(tree.folder(b""))
        self.reached("cleared")

    def settle(self, times: Iterable[FolderTime], back: bool) -> None:
        """Give folders the times that they are to have, or had (``back``)."""
        for one in times:
            tree, path = self.real[one.layer], read(one.path)
            seen, time = tree.stat(path), one.then if back else one.wanted
            if seen is not None and time is not None and kind_of(seen) == "folder":
                with suppress(PermissionError):  # others' folders keep the time of the commit
                    os.utime(tree.folder(path), ns=(seen.st_atime_ns, time))

    def _forget(self) -> None:
        for tree in self.real:
            tree.forget()

    def _look(self, one: Operation) -> None:
        """Insist that what was moved away is as it was when it was looked at."""
        tree, old = self.real[one.layer], join(self.stage, b"old-%d" % one.number)
        now = mark(tree, old)
        if one.kind not in ("take", "swap") or now is None:
            return
        wrong = now != one.then
        if one.kind == "take" and one.was is not None and one.was.entry == "folder":
            wrong = wrong or self._differs(Place(one.layer, read(one.path)), tree, old)
        if wrong:
            raise RehearsalError(f"{tree.shown(read(one.path))} changed while it was committed")

    def _grown(self, one: Operation) -> bool:
        """Tell whether somebody worked in a folder that was put in place."""
        tree, path = self.real[one.layer], read(one.path)
        seen = tree.stat(path)
        if one.kind != "put" or seen is None or seen.st_ino != one.fresh:
            return False
        return self._differs(Place(one.layer, path), tree, path, after=True)

    def _differs(self, top: Place, tree: Tree, at: bytes, after: bool = False) -> bool:
        """Tell whether what lies in a folder is not what was there before (or is to be, after)."""
        for below in _walk(tree, at):
            one = self.wanted.get(Place(top.layer, top.path + below[len(at) :]))
            then = None if one is None else one.becomes if after else one.was
            seen = tree.stat(below)
            if then is None or seen is None or then.entry != kind_of(seen):
                return True
            now = (seen.st_size, seen.st_mtime_ns)
            if (
                then.entry == "file"
                and one
                and not one.linked
                and (then.size, then.mtime_ns) != now
            ):
                return True
        return False

    def _sync(self, plan: CommitPlan) -> None:
        """Return when what was done is on the disk."""
        folders = {(one.layer, split(read(one.path))[0]) for one in plan.operations}
        if len(folders) > _FEW:
            for layer in sorted({layer for layer, _path in folders}):
                sync_file_system(self.real[layer].folder(b""))
            return
        for layer, path in folders:
            if self.real[layer].stat(path) is not None:
                os.fsync(self.real[layer].folder(path))


def _walk(tree: Tree, top: bytes) -> Iterator[bytes]:
    pending = [top]
    while pending:
        for name in tree.names(folder := pending.pop()):
            below = join(folder, name)
            yield below
            seen = tree.stat(below)
            if seen is not None and kind_of(seen) == "folder":
                pending.append(below)


def _remove(tree: Tree, top: bytes) -> None:
    """Remove a folder of our own, with everything in it."""
    everything = [top, *_walk(tree, top)]
    for path in everything:
        seen = tree.stat(path)
        if seen is not None and kind_of(seen) == "folder":
            os.fchmod(tree.folder(path), 0o700)
    for path in reversed(everything):
        above, name = split(path)
        try:
            os.unlink(name, dir_fd=tree.folder(above))
        except IsADirectoryError:
            tree.forget()
            os.rmdir(name, dir_fd=tree.folder(above))
