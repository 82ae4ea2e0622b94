"""The steps of a commit, and the way back: each can be done again after any interruption.

Promises
- Each step looks before it acts: what is there must be what was there before, or the work of this
  very step. Anything else is somebody's, and is left as it is.
- A step replaces an entry in one go. What was there is kept under another name until all is done,
  and can be put back.

Does not promise
- That a reader sees all the steps at once: each file is old or new, the folder may be half and half
  in between.
"""

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_names import read
from handrail.sandbox.rehearsal.commit_record import Operation
from handrail.sandbox.rehearsal.conflicts import mark
from handrail.sandbox.rehearsal.consequences import EntryState
from handrail.sandbox.rehearsal.dressing import dress
from handrail.sandbox.rehearsal.tree import Tree, join, kind_of, split

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK)


class Steps:
    """Works in the real folders; ``stage`` is the name of the stage folder in each."""

    def __init__(self, real: Sequence[Tree], stage: bytes, reached: Callable[[str], None]) -> None:
        self.real = real
        self.stage = stage
        self.reached = reached

    def keep(self, one: Operation) -> None:
        """Keep what a swap will replace under a second name. Raises RehearsalError, OSError."""
        tree, path, old = self._names(one, b"old")
        if one.kind != "swap" or tree.stat(old) is not None or self._inode(tree, path) == one.fresh:
            return
        self._insist(tree, path, one)
        self._link(tree, path, old)
        self.reached(f"kept {one.number}")

    def do(self, one: Operation) -> None:
        """Do one step, unless it is done. Raises RehearsalError, OSError."""
        tree, path, old = self._names(one, b"old")
        if one.kind == "take":
            if tree.stat(old) is None:
                self._insist(tree, path, one)
                self._rename(tree, path, old)
        elif one.kind == "dress":
            self._dress(tree, path, one, one.becomes)
        elif self._inode(tree, path) != one.fresh:
            self._place(tree, path, old, one)
        self.reached(f"did {one.number} {one.kind}")

    def _place(self, tree: Tree, path: bytes, old: bytes, one: Operation) -> None:
        new = join(self.stage, b"new-%d" % one.number)
        if one.kind == "swap":
            if tree.stat(path) is not None:
                self._insist(tree, path, one)
                if tree.stat(old) is None:
                    self._rename(tree, path, old)
                    self.reached(f"moved {one.number}")
            self._rename(tree, new, path)
        elif tree.stat(path) is not None:
            raise self._changed(tree, path)
        elif self._is_folder(tree, new) or not self._link(tree, new, path):
            self._rename(tree, new, path)

    def undo(self, one: Operation) -> str:
        """Take one step back, unless it is back; return the path of what cannot be."""
        try:
            left = self._undo(one)
        except OSError:
            left = True  # the folder around it is gone, say: what was there stays in the stage
        self.reached(f"undid {one.number} {one.kind}")
        return self.real[one.layer].shown(read(one.path)) if left else ""

    def _undo(self, one: Operation) -> bool:
        """Take one step back, and tell whether somebody else's work had to be left."""
        tree, path, old = self._names(one, b"old")
        new = join(self.stage, b"new-%d" % one.number)
        now = self._inode(tree, path)
        if one.kind == "dress":
            with suppress(RehearsalError):  # it is another's now, and was never dressed
                self._dress(tree, path, one, one.was)
        elif one.kind == "put":
            if now and now == one.fresh:
                if not self._untouched(tree, path, one):
                    return True
                self._unput(tree, path, new)
        elif tree.stat(old) is not None:
            if now == self._inode(tree, old):
                self._unlink(tree, old)
            elif now and (one.kind == "take" or not self._untouched(tree, path, one)):
                return True
            else:
                self._rename(tree, old, path)
        return False

    def _dress(self, tree: Tree, path: bytes, one: Operation, state: EntryState | None) -> None:
        """Dress what is still the same file, dressed or not: its time is given last."""
        assert one.then is not None, "it was there"
        assert one.becomes is not None, "it stays there"
        assert state is not None, "it has two sides"
        dressed = (*one.then[:2], one.becomes.mtime_ns)
        folder = one.becomes.entry == "folder"
        if mark(tree, path) not in (one.then, one.then if folder else dressed):
            raise self._changed(tree, path)
        dress(tree, path, state)

    def _untouched(self, tree: Tree, path: bytes, one: Operation) -> bool:
        """Tell whether an entry that a step placed is still as it placed it."""
        now, state = mark(tree, path), one.becomes
        if now is None or now[0] != one.fresh or state is None:
            return False
        return one.shared or state.entry == "folder" or now[2] == state.mtime_ns

    def _unput(self, tree: Tree, path: bytes, new: bytes) -> None:
        if tree.stat(new) is None:
            self._rename(tree, path, new)
        else:
            self._unlink(tree, path)

    def _names(self, one: Operation, kind: bytes) -> tuple[Tree, bytes, bytes]:
        return self.real[one.layer], read(one.path), join(self.stage, b"%s-%d" % (kind, one.number))

    def _insist(self, tree: Tree, path: bytes, one: Operation) -> None:
        if mark(tree, path) != one.then:
            raise self._changed(tree, path)

    def _changed(self, tree: Tree, path: bytes) -> RehearsalError:
        return RehearsalError(f"{tree.shown(path)} changed while it was committed")

    def _inode(self, tree: Tree, path: bytes) -> int:
        seen = tree.stat(path)
        return 0 if seen is None else seen.st_ino

    def _is_folder(self, tree: Tree, path: bytes) -> bool:
        seen = tree.stat(path)
        return seen is not None and kind_of(seen) == "folder"

    def _rename(self, tree: Tree, source: bytes, target: bytes) -> None:
        (there, name), (above, wanted) = split(source), split(target)
        os.rename(name, wanted, src_dir_fd=tree.folder(there), dst_dir_fd=tree.folder(above))
        if self._is_folder(tree, target):
            tree.forget()

    def _link(self, tree: Tree, source: bytes, target: bytes) -> bool:
        """Give a file a second name, and tell whether the file system can."""
        (there, name), (above, wanted) = split(source), split(target)
        try:
            os.link(name, wanted, src_dir_fd=tree.folder(there), dst_dir_fd=tree.folder(above),
                    follow_symlinks=False)  # fmt: skip
        except OSError as error:
            if error.errno in _NO_LINKS:
                return False
            raise
        return True

    def _unlink(self, tree: Tree, path: bytes) -> None:
        above, name = split(path)
        os.unlink(name, dir_fd=tree.folder(above))
