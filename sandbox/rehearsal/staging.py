"""Staging: every new content beside the real folder, whole and on the disk, before one is used.

Promises
- What is staged is what was shown: each content is hashed while it is copied, and a layer that no
  longer has it is refused.
- Holes of a file stay holes. A link is made anew and never followed.

Does not promise
- To stage a device: it is refused.
"""

import errno
import hashlib
import os
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.commit_record import Operation
from handrail.sandbox.rehearsal.consequences import EntryState, FileConsequence
from handrail.sandbox.rehearsal.dressing import dress
from handrail.sandbox.rehearsal.items import Items, Place
from handrail.sandbox.rehearsal.syncing import sync_file_system
from handrail.sandbox.rehearsal.tree import Tree, join, split

_PIECE = 1 << 20
_FEW = 200


@dataclass
class Stager:
    """Copies into the stage folder of each layer; ``stage`` is its name below the real folder.

    ``leads``: where each file that has several names is (a written path, and its place).
    """

    real: Sequence[Tree]
    over: Sequence[Tree]
    stage: bytes
    wanted: Items
    reached: Callable[[str], None]
    leads: dict[str, Place] = field(default_factory=dict)
    _count: int = 0

    def stage_all(self, operations: Sequence[Operation], paths: Sequence[bytes]) -> list[int]:
        """Stage what the operations need, durably, and return the inode of each (0: none).

        ``paths``: of the operations, below their layers. Raises RehearsalError, OSError.
        """
        inodes = []
        for operation, path in zip(operations, paths, strict=True):
            inode = 0
            if operation.kind in ("put", "swap"):
                inode = self._tree(operation, path)
                self.reached(f"staged {operation.number}")
            inodes.append(inode)
        self._sync(operations)
        return inodes

    def _tree(self, operation: Operation, path: bytes) -> int:
        """Stage one entry with all that is wanted in it."""
        top = Place(operation.layer, path)
        target = join(self.stage, b"new-%d" % operation.number)
        inside = [place for place in self._wanted_in(top) if self.wanted[place].becomes]
        for place in inside:
            self._entry(place, target + place.path[len(path) :])
        tree = self.real[operation.layer]
        for place in reversed(inside):  # what is in a folder before the folder: its time stays
            becomes = self.wanted[place].becomes
            if becomes is not None and becomes.entry == "folder":
                dress(tree, target + place.path[len(path) :], becomes)
        seen = tree.stat(target)
        assert seen is not None, "it was just made"
        return seen.st_ino

    def _wanted_in(self, top: Place) -> Iterator[Place]:
        yield top
        becomes = self.wanted[top].becomes
        if becomes is not None and becomes.entry == "folder":
            places = list(self.wanted)
            for index in range(bisect_left(places, Place(top.layer, top.path + b"/")), len(places)):
                if not top.holds(places[index]):
                    return
                yield places[index]

    def _entry(self, place: Place, target: bytes) -> None:
        one = self.wanted[place]
        state, tree = one.becomes, self.real[place.layer]
        assert state is not None, "only what is to be there is staged"
        above, name = split(target)
        folder = tree.folder(above)
        self._count += 1
        lead = self.leads.get(one.linked or one.path)
        if lead is not None:
            there, lead_name = split(lead.path)
            os.link(lead_name, name, src_dir_fd=tree.folder(there), dst_dir_fd=folder,
                    follow_symlinks=False)  # fmt: skip
            return
        self.leads[one.linked or one.path] = Place(place.layer, target)
        if state.entry == "folder":
            os.mkdir(name, 0o700, dir_fd=folder)
            return  # dressed when it is full
        if state.entry == "file":
            self._file(place, one, folder, name)
        elif state.entry == "link":
            self._link(place, one, folder, name)
        else:
            _special(one, state, folder, name)
        dress(tree, target, state)

    def _file(self, place: Place, one: FileConsequence, folder: int, name: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with self.over[place.layer].opened(place.path) as source:
            target = os.open(name, flags, 0o600, dir_fd=folder)
            try:
                if copied(source, target) != one.after:
                    raise _no_longer(one)
                if self._count <= _FEW:
                    os.fsync(target)
            finally:
                os.close(target)

    def _link(self, place: Place, one: FileConsequence, folder: int, name: bytes) -> None:
        text = self.over[place.layer].target(place.path)
        if hashlib.sha256(text).hexdigest() != one.after:
            raise _no_longer(one)
        os.symlink(text, name, dir_fd=folder)

    def _sync(self, operations: Sequence[Operation]) -> None:
        """Return when all that was staged is on the disk."""
        for layer in sorted({operation.layer for operation in operations}):
            if self._count > _FEW:
                sync_file_system(self.real[layer].folder(b""))
                continue
            for folder in _folders(self.real[layer], self.stage):
                os.fsync(self.real[layer].folder(folder))


def copied(source: int, target: int) -> str:
    """Copy a whole file, its holes as holes, and return the SHA-256 of its content."""
    digest, size, at = hashlib.sha256(), os.fstat(source).st_size, 0
    os.ftruncate(target, size)
    while at < size:
        start, end = _data(source, at, size)
        for gap in range(at, start, _PIECE):
            digest.update(bytes(min(_PIECE, start - gap)))
        while start < end:
            piece = os.pread(source, min(_PIECE, end - start), start)
            if not piece:
                raise RehearsalError("a file became shorter while it was copied")
            digest.update(piece)
            written = 0
            while written < len(piece):
                written += os.pwrite(target, piece[written:], start + written)
            start += len(piece)
        at = end
    return digest.hexdigest()


def _data(source: int, at: int, size: int) -> tuple[int, int]:
    """Return where the next data begin and end; both the size where only a hole is left."""
    try:
        start = os.lseek(source, at, os.SEEK_DATA)
        return min(start, size), min(os.lseek(source, start, os.SEEK_HOLE), size)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return size, size


def _special(one: FileConsequence, state: EntryState, folder: int, name: bytes) -> None:
    if state.content == "fifo":
        os.mkfifo(name, 0o600, dir_fd=folder)
    elif state.content == "socket":
        os.mknod(name, 0o140600, dir_fd=folder)
    else:
        raise RehearsalError(f"{one.path} is a device: devices are not committed")


def _folders(tree: Tree, top: bytes) -> Iterator[bytes]:
    pending = [top]
    while pending:
        folder = pending.pop()
        yield folder
        for name in tree.names(folder):
            below = join(folder, name)
            seen = tree.stat(below)
            if seen is not None and seen.st_mode & 0o170000 == 0o040000:
                pending.append(below)


def _no_longer(one: FileConsequence) -> RehearsalError:
    return RehearsalError(f"{one.path}: the copy no longer holds what was shown; rehearse again")
