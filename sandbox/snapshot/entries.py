"""Entries: one file, folder or link as it was, with everything that is put back of it.

Promises
- Two entries are equal exactly where bytes, mode, owner, time of change, extended attributes, link
  target and hard links are: what putting back brings back.
- Where a thing was found (device, inode, ctime) is kept beside that, to tell quickly whether it is
  still the same; it never makes two entries differ.

Does not promise
- Times of access and of birth, inode numbers, and flags of a file system (``chattr``).
"""

import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from typing import Literal

from handrail.sandbox.file_names import read, written
from handrail.sandbox.snapshot.keeper import Change, Difference

Kind = Literal["file", "folder", "link", "special", "mount"]
Row = list[object]
CONTENT = 7
"""Where in a row the SHA-256 stands."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is at a path. ``mode`` is the whole ``st_mode``; ``special``: a fifo, socket or device.

    ``first`` is the first path of the names that share its inode, empty where it has one name.
    ``names``: how many it has, wherever they are. ``sparse``: it had holes. A ``mount`` is a folder
    of another file system, and never looked into.
    """

    path: bytes
    kind: Kind
    mode: int
    uid: int
    gid: int
    mtime: int
    size: int = 0
    sha256: str = ""
    target: bytes = b""
    attributes: tuple[tuple[bytes, bytes], ...] = ()
    first: bytes = b""
    device: int = 0
    sparse: bool = field(default=False, compare=False)
    dev: int = field(default=0, compare=False)
    ino: int = field(default=0, compare=False)
    ctime: int = field(default=0, compare=False)
    names: int = field(default=1, compare=False)

    @property
    def copied(self) -> bool:
        """Tell whether it can be put back: devices and mounts cannot."""
        fit = stat.S_ISFIFO(self.mode) or stat.S_ISSOCK(self.mode)
        return fit if self.kind == "special" else self.kind != "mount"

    def like(self, other: "Entry | None") -> bool:
        """Tell whether it equals another; a folder's time changes with what is in it."""
        if other is None:
            return False
        if self.kind == other.kind == "folder":
            return replace(self, mtime=other.mtime) == other
        return self == other

    def row(self) -> Row:
        """Return it as JSON can hold it."""
        attributes = [[written(n), b64encode(v).decode()] for n, v in self.attributes]
        where = [self.sparse, self.dev, self.ino, self.ctime, self.names]
        what = [self.mode, self.uid, self.gid, self.mtime, self.size, self.sha256]
        links = [written(self.target), attributes, written(self.first), self.device]
        return [written(self.path), self.kind, *what, *links, *where]


def entry_of(row: list[object]) -> Entry:
    """Return the entry that was written so. Raises ValueError, TypeError."""
    path, kind, mode, uid, gid, mtime, size, sha256, target, attributes, first, *rest = row
    pairs = tuple((read(n), b64decode(v)) for n, v in attributes)  # type: ignore[attr-defined]
    head = (read(path), kind, mode, uid, gid, mtime, size, sha256)  # type: ignore[arg-type]
    return Entry(*head, read(target), pairs, read(first), *rest)  # type: ignore[arg-type]


def difference(before: Entry | None, after: Entry | None) -> Difference:
    """Return how a thing differs at two moments, at one of which it is there."""
    change: Change = "created" if before is None else "deleted" if after is None else "changed"
    entry = after or before
    assert entry is not None
    kind = "special" if entry.kind == "mount" else entry.kind
    return Difference(change, kind, written(entry.path))
