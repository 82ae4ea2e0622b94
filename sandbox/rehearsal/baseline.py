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
import stat
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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
    """What was in one folder: for each path below it, its ``tree.identity``.

    ``copied``: likewise of a full copy of it, as soon as it was made; empty where there is none.
    """

    entries: dict[bytes, Seen]
    copied: dict[bytes, Seen] = field(default_factory=dict)

    @classmethod
    def take(cls, root: Path) -> Self:
        """Look at everything below a folder. Raises RehearsalError."""
        return cls(_all(root))

    def with_copy(self, copy: Path) -> "Baseline":
        """Look at a full copy too: what is untouched there need not be read to be compared.

        The folder itself must have been looked at before the copy was made.
        """
        return Baseline(self.entries, _all(copy))

    def untouched(self, path: bytes, there: os.stat_result, real: os.stat_result | None) -> bool:
        """Tell whether an entry of the copy, and the real one, are as they were."""
        then = self.copied.get(path)
        return then is not None and then == identity(there) and self.holds(path, real)

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

    def other_names(self, paths: Iterable[bytes]) -> list[bytes]:
        """Return the further names that files at these paths had, without these, in order."""
        here = set(paths)
        files = {self.entries[path][0] for path in here if path in self.entries}
        return sorted(
            path
            for path, (inode, _size, mode, *_times) in self.entries.items()
            if inode in files and stat.S_ISREG(mode) and path not in here
        )

    @cached_property
    def _ordered(self) -> list[bytes]:
        return sorted(self.entries)

    def keep(self, path: Path, disk: Disk) -> None:
        """Write it down. Raises RehearsalError."""
        rows = [*_rows(b"r", self.entries), *_rows(b"c", self.copied)]
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
            sides: dict[bytes, dict[bytes, Seen]] = {b"r": {}, b"c": {}}
            for row in rows:
                side, *numbers, name = row.split(b" ", 6)
                inode, size, mode, modified, changed = map(int, numbers)
                sides[side][name] = (inode, size, mode, modified, changed)
            return cls(sides[b"r"], sides[b"c"])
        except OSError as error:
            raise RehearsalError(f"cannot read {path}: {error.strerror}") from error
        except (ValueError, KeyError) as error:
            raise RehearsalError(f"{path} is not the baseline of a rehearsal") from error


def _rows(side: bytes, entries: dict[bytes, Seen]) -> Iterator[bytes]:
    return (b"%b %d %d %d %d %d %b" % (side, *seen, name) for name, seen in entries.items())


def _all(root: Path) -> dict[bytes, Seen]:
    entries: dict[bytes, Seen] = {}
    pending = [b""]
    with Tree(root) as tree:
        while pending:
            pending += _look(tree, pending.pop(), entries)
    return entries


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
