"""The live tree: every change that putting back makes to folders that are in use.

Promises
- Each change is one step that is either done or not, and doing it again does no harm.
- Nothing outside the roots is reached: no link is followed below them.

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
from handrail.sandbox.snapshot.store import sync_file_system

_LOOK = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class LiveTree:
    """Changes folders; tests put one in its place that stops, or fails, at a chosen step."""

    def __init__(self, roots: Sequence[bytes]) -> None:
        self.roots = roots

    def unlock(self, path: bytes) -> None:
        """Let its owner make and remove things in a folder. Raises OSError."""
        with suppress(FileNotFoundError, NotADirectoryError), self._at(path) as (outer, name):
            mode = os.stat(name, dir_fd=outer, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) and mode & REACHABLE != REACHABLE:
                with opened(name, outer) as folder:
                    os.fchmod(folder, stat.S_IMODE(mode) | REACHABLE)

    def remove(self, path: bytes, folder: bool) -> None:
        """Remove a folder, or something else; not one where the other is wanted. Raises OSError."""
        with suppress(FileNotFoundError, NotADirectoryError), self._at(path) as (outer, name):
            is_folder = stat.S_ISDIR(os.stat(name, dir_fd=outer, follow_symlinks=False).st_mode)
            if is_folder and folder:
                os.rmdir(name, dir_fd=outer)
            elif not is_folder and not folder:
                os.unlink(name, dir_fd=outer)

    def make_folder(self, path: bytes) -> None:
        """Make a folder for its owner alone, if it is not there. Raises OSError."""
        with self._at(path) as (outer, name):
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=outer)
            with opened(name, outer):  # a link, or a file, in its place is an error
                pass

    def replace(self, staged: bytes, path: bytes) -> None:
        """Put what was staged at a path; nothing where that was done before. Raises OSError."""
        stage, fresh = os.path.split(staged)
        with suppress(FileNotFoundError), self.stage(stage) as source:
            os.stat(fresh, dir_fd=source, follow_symlinks=False)
            with self._at(path) as (outer, name):
                os.replace(fresh, name, src_dir_fd=source, dst_dir_fd=outer)

    def dress(self, path: bytes, entry: Entry) -> None:
        """Give what is at a path an entry's owner, attributes, mode and time. Raises OSError."""
        with self._at(path) as (outer, name):
            dress(outer, name, entry)

    def set_folder(self, path: bytes, mode: int, mtime: int) -> None:
        """Give a folder a mode and a time. Raises OSError."""
        with folder_of(root_of(self.roots, path), path) as folder:
            if stat.S_IMODE(os.fstat(folder).st_mode) != stat.S_IMODE(mode):
                os.fchmod(folder, stat.S_IMODE(mode))
            os.utime(folder, ns=(os.fstat(folder).st_atime_ns, mtime))

    def sync(self, path: bytes) -> None:
        """Return when a file or a folder is on the disk, if it is there. Raises OSError."""
        with suppress(FileNotFoundError, NotADirectoryError), self._at(path) as (outer, name):
            if path in self.roots:
                os.fsync(outer)  # that it is there, or no longer: no other folder's sync does that
            try:
                descriptor = os.open(name, _LOOK, dir_fd=outer)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.EACCES):
                    raise
                sync_file_system(outer)  # a link, or one that may not be opened
                return
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

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
                    os.unlink(name, dir_fd=folder)
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

    def _at(self, path: bytes) -> AbstractContextManager[tuple[int, bytes]]:
        return parent_of(root_of(self.roots, path), path)
