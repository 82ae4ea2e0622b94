"""The live tree: every change that putting back makes to folders that are in use.

Promises
- Each change is one step that is either done or not.
- Nothing outside the roots and their stages is reached: no link is followed below them.

Does not promise
- That a step that was done is on the disk before ``sync``.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

from handrail.sandbox.file_dress import REACHABLE, dress
from handrail.sandbox.file_places import (
    above,
    folder_of,
    last,
    names_in,
    opened,
    opened_above,
    parent_of,
    root_of,
)
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.plan import Mark
from handrail.sandbox.snapshot.store import sync_file_system

_LOOK = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK)


class LiveTree:
    """Changes folders; tests put one in its place that stops, or fails, at a chosen step."""

    def __init__(self, roots: Sequence[bytes]) -> None:
        self.roots = roots

    def mark(self, path: bytes) -> Mark | None:
        """Return the mark of what is at a path, None where nothing is. Raises OSError."""
        try:
            with self._at(path) as (outer, name):
                info = os.stat(name, dir_fd=outer, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISDIR(info.st_mode):
            return info.st_ino, 0, 0
        return info.st_ino, info.st_size if stat.S_ISREG(info.st_mode) else 0, info.st_mtime_ns

    def empty(self, path: bytes) -> bool:
        """Tell whether a folder has nothing in it. Raises OSError."""
        with self._at(path) as (outer, name), opened(name, outer) as folder:
            return not names_in(folder)

    def unlock(self, path: bytes) -> None:
        """Let its owner make and remove things in a folder. Raises OSError."""
        with suppress(FileNotFoundError, NotADirectoryError), self._at(path) as (outer, name):
            mode = os.stat(name, dir_fd=outer, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) and mode & REACHABLE != REACHABLE:
                with opened(name, outer) as folder:
                    os.fchmod(folder, stat.S_IMODE(mode) | REACHABLE)

    def rename(self, source: bytes, target: bytes) -> None:
        """Give a thing another name, in the stead of what has that. Raises OSError."""
        with self._at(source) as (there, name), self._at(target) as (here, wanted):
            os.replace(name, wanted, src_dir_fd=there, dst_dir_fd=here)

    def link(self, source: bytes, target: bytes) -> bool:
        """Give a thing one more name, where nothing has that, and tell whether the system can.

        Raises OSError.
        """
        with self._at(source) as (there, name), self._at(target) as (here, wanted):
            try:
                os.link(name, wanted, src_dir_fd=there, dst_dir_fd=here, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                return False
        return True

    def remove(self, path: bytes) -> None:
        """Remove a name, of a folder where nothing is in it. Raises OSError."""
        with self._at(path) as (outer, name):
            _remove(outer, name)

    def dress(self, path: bytes, entry: Entry) -> None:
        """Give what is at a path an entry's owner, attributes, mode and time. Raises OSError."""
        with self._at(path) as (outer, name):
            dress(outer, name, entry)

    def set_folder(self, path: bytes, mode: int, mtime: int) -> None:
        """Give a folder a mode and a time; those of others keep their time. Raises OSError."""
        with folder_of(root_of(self.roots, path), path) as folder:
            if stat.S_IMODE(os.fstat(folder).st_mode) != stat.S_IMODE(mode):
                os.fchmod(folder, stat.S_IMODE(mode))
            with suppress(PermissionError):
                os.utime(folder, ns=(os.fstat(folder).st_atime_ns, mtime))

    def sync(self, path: bytes) -> None:
        """Return when a file or a folder is on the disk, if it is there. Raises OSError."""
        with suppress(FileNotFoundError, NotADirectoryError), self._at(path) as (outer, name):
            if path in self.roots:
                os.fsync(outer)  # that it is there, or no longer: no other folder's sync does that
            mode = os.stat(name, dir_fd=outer, follow_symlinks=False).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                sync_file_system(outer)  # opened, a fifo would be told to whoever waits at it
                return
            try:
                descriptor = os.open(name, _LOOK, dir_fd=outer)
            except PermissionError:
                sync_file_system(outer)
                return
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def sync_stage(self, stage: bytes) -> None:
        """Return when the list of what is in a stage is on the disk. Raises OSError."""
        with self.stage(stage) as folder:
            os.fsync(folder)

    def sync_all(self, root: bytes) -> None:
        """Return when the whole file system that a root lies on is on the disk. Raises OSError."""
        with opened_above(root) as outer:
            sync_file_system(outer)
            around = os.fstat(outer).st_dev
        with suppress(FileNotFoundError), folder_of(root, root) as folder:
            if os.fstat(folder).st_dev != around:
                sync_file_system(folder)

    def make_stage(self, stage: bytes) -> None:
        """Make a folder for what will be put in place, if it is not there. Raises OSError."""
        with self._above_stage(stage) as outer:
            with suppress(FileExistsError):
                os.mkdir(last(stage), 0o700, dir_fd=outer)
            os.fsync(outer)

    def remove_stage(self, stage: bytes) -> None:
        """Remove such a folder, and what is left in it, if it is there. Raises OSError."""
        with suppress(FileNotFoundError):
            with self.stage(stage) as folder:
                for name in names_in(folder):
                    _remove(folder, name)
            with self._above_stage(stage) as outer:
                os.rmdir(last(stage), dir_fd=outer)

    @contextmanager
    def stage(self, stage: bytes) -> Iterator[int]:
        """Lend the folder of what will be put in place. Raises OSError."""
        with self._above_stage(stage) as outer, opened(last(stage), outer) as folder:
            yield folder

    def _above_stage(self, stage: bytes) -> AbstractContextManager[int]:
        root = above(stage)
        return folder_of(root, root) if root in self.roots else opened_above(stage)

    @contextmanager
    def _at(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        for root in self.roots:
            if path == root or path.startswith(root + b"/"):
                with parent_of(root, path) as place:
                    yield place
                return
        with self.stage(above(path)) as folder:  # it lies beside its root
            yield folder, last(path)


def _remove(outer: int, name: bytes) -> None:
    try:
        os.unlink(name, dir_fd=outer)
    except IsADirectoryError:
        os.rmdir(name, dir_fd=outer)
