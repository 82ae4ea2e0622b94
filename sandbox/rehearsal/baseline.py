"""The baseline: what real folders look like when a rehearsal begins.

Promises
- Whether an entry is still the one that was there is told by its inode, size, mode and both times;
  a clock that jumps can make an unchanged entry look changed, and never a changed one unchanged,
  for the inode's own time moves with every change and is compared for being the same.
- It reads no file: a hundred thousand entries take about a second.

Does not promise
- To know contents: they are read when it is known what changed, and count only where the entry is
  still the one of the baseline.
"""

import os
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from handrail.sandbox.disk import Disk, replace_file
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.tree import Tree, identity, join, kind_of

Seen = tuple[int, int, int, int, int]
_HEAD = b"handrail baseline 1"


@dataclass(frozen=True)
class Baseline:
    """What was in one folder: for each path below it, its ``tree.identity``."""

    entries: dict[bytes, Seen]

    @classmethod
    def take(cls, root: Path) -> Self:
        """Look at everything below a folder. Raises RehearsalError."""
        entries: dict[bytes, Seen] = {}
        pending = [b""]
        with Tree(root) as tree:
            while pending:
                path = pending.pop()
                pending += _look(tree, path, entries)
        return cls(entries)

    def holds(self, path: bytes, now: os.stat_result | None) -> bool:
        """Tell whether an entry is still the one that was there, or still is not there.

        Of a folder its inode and mode count: what is in it is another entry's matter.
        """
        then = self.entries.get(path)
        if then is None or now is None or not path:
            return not path or (then is None and now is None)
        if kind_of(now) == "folder":
            return (then[0], then[2]) == (now.st_ino, now.st_mode)
        return then == identity(now)

    def below(self, path: bytes) -> Iterator[bytes]:
        """Yield the paths of everything that was below a folder, in order."""
        head = path + b"/"
        for index in range(bisect_left(self._ordered, head), len(self._ordered)):
            if not self._ordered[index].startswith(head):
                return
            yield self._ordered[index]

    @cached_property
    def _ordered(self) -> list[bytes]:
        return sorted(self.entries)

    def keep(self, path: Path, disk: Disk) -> None:
        """Write it down. Raises RehearsalError."""
        rows = [b"%d %d %d %d %d %s" % (*seen, name) for name, seen in self.entries.items()]
        try:
            replace_file(path, b"\0".join([_HEAD, *rows]), disk)
        except OSError as error:
            reason = error.strerror or str(error)
            raise RehearsalError(f"cannot write {path}: {reason}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what ``keep`` wrote. Raises RehearsalError."""
        try:
            head, *rows = path.read_bytes().split(b"\0")
            if head != _HEAD:
                raise ValueError
            return cls(dict(_row(row) for row in rows))
        except OSError as error:
            raise RehearsalError(f"cannot read {path}: {error.strerror}") from error
        except ValueError as error:
            raise RehearsalError(f"{path} is not the baseline of a rehearsal") from error


def _row(row: bytes) -> tuple[bytes, Seen]:
    inode, size, mode, modified, changed, name = row.split(b" ", 5)
    return name, (int(inode), int(size), int(mode), int(modified), int(changed))


def _look(tree: Tree, path: bytes, entries: dict[bytes, Seen]) -> list[bytes]:
    """Note what is in one folder, and return the folders in it."""
    folders = []
    try:
        with os.scandir(tree.folder(path)) as found:
            for entry in found:
                below = join(path, os.fsencode(entry.name))
                seen = entry.stat(follow_symlinks=False)
                entries[below] = identity(seen)
                # What is mounted there is not part of the copy, and is left alone.
                if entry.is_dir(follow_symlinks=False) and seen.st_dev == tree.device:
                    folders.append(below)
    except FileNotFoundError:
        pass  # gone since it was listed: what is not here is not there
    except PermissionError as error:
        raise RehearsalError(
            f"cannot look into {tree.shown(path)}: {error.strerror}; name a folder that is yours"
        ) from error
    return folders
