"""A tree of folders, read and changed without following a link.

Promises
- Every name is looked up in its open folder, one after the other: a link on the way, or another
  file system mounted there, ends in an error and never in a file outside of the tree.
- A file that changed while it was read is never told as if it had one content.

Does not promise
- That what was read is still so.
"""

import base64
import errno
import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_dress import HIDDEN
from handrail.sandbox.file_names import written
from handrail.sandbox.rehearsal.consequences import EntryKind, EntryState

LONGEST_PATH = 4_000
_KEPT_OPEN = 24


class Tree:
    """The folders below one root; paths are bytes below it, ``b""`` is the root itself.

    ``hidden`` begins names of attributes that are marks of an overlay, and no one else's.
    """

    def __init__(self, root: Path, hidden: tuple[bytes, ...] = ()) -> None:
        self.root = root
        self._hidden = (*HIDDEN, *hidden)
        self.prefix = bytes(root).rstrip(b"/") + b"/"
        self._open: OrderedDict[bytes, int] = OrderedDict()
        try:
            self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise RehearsalError(f"cannot open the folder {root}: {error.strerror}") from error
        self.device = os.fstat(self._root).st_dev

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every folder."""
        self.forget()
        os.close(self._root)

    def forget(self) -> None:
        """Look folders up anew from now on: one was moved, made or removed."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def shown(self, path: bytes) -> str:
        """Return the whole path as text for a record or a person."""
        return written(self.prefix + path if path else bytes(self.root))

    def folder(self, path: bytes) -> int:
        """Return the descriptor of a folder; it stays the tree's. Raises OSError, RehearsalError.

        ``NotADirectoryError`` also stands for a link in its place.
        """
        if not path:
            return self._root
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        if len(path) > LONGEST_PATH:
            raise RehearsalError(f"a path is too long: {self.shown(path)[:200]}...")
        above, name = split(path)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = self._below(above, name, flags)
        self._open[path] = descriptor
        if len(self._open) > _KEPT_OPEN:
            os.close(self._open.popitem(last=False)[1])
        return descriptor

    def _below(self, above: bytes, name: bytes, flags: int) -> int:
        descriptor = os.open(name, flags, dir_fd=self.folder(above))
        if os.fstat(descriptor).st_dev != self.device:
            os.close(descriptor)
            place = self.shown(join(above, name))
            raise RehearsalError(f"another file system is mounted at {place}: it is left alone")
        return descriptor

    def names(self, path: bytes) -> list[bytes]:
        """Return the names in a folder, in order; none where there is no folder."""
        try:
            with os.scandir(self.folder(path)) as found:
                return sorted(os.fsencode(entry.name) for entry in found)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def stat(self, path: bytes) -> os.stat_result | None:
        """Return what the system tells of an entry itself; None where it is absent."""
        above, name = split(path)
        try:
            if not path:
                return os.fstat(self._root)
            return os.stat(name, dir_fd=self.folder(above), follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    @contextmanager
    def opened(self, path: bytes) -> Iterator[int]:
        """Lend a file opened to be read. Raises OSError."""
        above, name = split(path)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = self._below(above, name, flags)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def target(self, path: bytes) -> bytes:
        """Return what a link points to."""
        above, name = split(path)
        return os.readlink(name, dir_fd=self.folder(above))

    def place(self, path: bytes) -> bytes:
        """Return a name for calls that know no open folders; its last part may be a link."""
        above, name = split(path)
        return b"/proc/self/fd/%d/%s" % (self.folder(above), name or b".")

    def state(self, path: bytes) -> EntryState | None:
        """Return how an entry is, None where it is absent. Raises RehearsalError."""
        try:
            return self._state(path)
        except OSError as error:
            raise RehearsalError(f"cannot read {self.shown(path)}: {error.strerror}") from error

    def _state(self, path: bytes) -> EntryState | None:
        seen = self.stat(path)
        if seen is None:
            return None
        kind, content = kind_of(seen), ""
        if kind == "file":
            content = self._content(path)
        elif kind == "link":
            content = hashlib.sha256(self.target(path)).hexdigest()
        elif kind == "special":
            content = sort_of(seen)
        return EntryState(
            entry=kind,
            content=content,
            size=seen.st_size if kind == "file" else 0,
            mode=stat.S_IMODE(seen.st_mode),
            owner=seen.st_uid,
            group=seen.st_gid,
            mtime_ns=seen.st_mtime_ns,
            attributes=tuple(sorted(self._attributes(path))),
        )

    def _content(self, path: bytes) -> str:
        with self.opened(path) as descriptor, os.fdopen(os.dup(descriptor), "rb", 0) as file:
            before = os.fstat(descriptor)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if identity(before) != identity(os.fstat(descriptor)):
                raise RehearsalError(f"{self.shown(path)} is being written: close the program")
        return digest

    def _attributes(self, path: bytes) -> Iterator[tuple[str, str]]:
        place = self.place(path)
        for name in attribute_names(place):
            if not name.startswith(self._hidden):
                value = os.getxattr(place, name, follow_symlinks=False)
                yield written(name), base64.b64encode(value).decode("ascii")


def attribute_names(place: bytes, follow: bool = False) -> list[bytes]:
    """Return the names of an entry's extended attributes; none where the system has none."""
    try:
        return [os.fsencode(name) for name in os.listxattr(place, follow_symlinks=follow)]
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOSYS):
            return []
        raise


def split(path: bytes) -> tuple[bytes, bytes]:
    """Return the path of the folder above, and the name in it."""
    above, _slash, name = path.rpartition(b"/")
    return above, name


def join(above: bytes, name: bytes) -> bytes:
    """Return the path of a name in a folder."""
    return above + b"/" + name if above else name


def kind_of(seen: os.stat_result) -> EntryKind:
    """Return what an entry is."""
    if stat.S_ISREG(seen.st_mode):
        return "file"
    if stat.S_ISDIR(seen.st_mode):
        return "folder"
    return "link" if stat.S_ISLNK(seen.st_mode) else "special"


def sort_of(seen: os.stat_result) -> str:
    """Return what sort of special entry it is."""
    if stat.S_ISFIFO(seen.st_mode):
        return "fifo"
    return "socket" if stat.S_ISSOCK(seen.st_mode) else "device"


def identity(seen: os.stat_result) -> tuple[int, int, int, int, int]:
    """Return what changes with any change of an entry: inode, size, mode and both times."""
    return seen.st_ino, seen.st_size, seen.st_mode, seen.st_mtime_ns, seen.st_ctime_ns
