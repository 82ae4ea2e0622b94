"""A plain copy of a folder: what is left where nothing can be laid over it.

Promises
- Content, modes, times, extended attributes and links come along; what is hidden does not.
- What was not copied is told, and is not there.
- It ends with an error, and in good time, where there is more than may be copied.

Does not promise
- Sockets, pipes and devices, which stay out; files that nobody may read stay out, too.
- That hard links are still links of each other.
"""

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from handrail.sandbox.errors import RehearsalError

_NAMES = 200_000


def copy_plainly(real: Path, copy: Path, hidden: Iterable[Path], limit: int) -> tuple[Path, ...]:
    """Copy a folder into one that is there, and return what of it was left out.

    Raises RehearsalError where it holds more than ``limit`` bytes or too many names, or cannot be
    written.
    """
    copying = _Copying(real, frozenset(hidden), limit)
    try:
        copying.folder(real, copy)
    except OSError as error:
        raise RehearsalError(f"{real} cannot be copied: {error}") from error
    return tuple(copying.left_out)


class _Copying:
    def __init__(self, real: Path, hidden: frozenset[Path], limit: int) -> None:
        self._real, self._hidden, self._limit = real, hidden, limit
        self._bytes = self._names = 0
        self.left_out: list[Path] = []

    def folder(self, source: Path, target: Path) -> None:
        """Copy what lies in a folder into one that is there, then its mode and times."""
        for path in sorted(source.iterdir()):
            try:
                copied = path not in self._hidden and self._entry(path, target / path.name)
            except PermissionError:
                copied = False
            if not copied:
                self.left_out.append(path)
        shutil.copystat(source, target)

    def _entry(self, path: Path, made: Path) -> bool:
        """Copy one thing, and tell whether it is of a kind that is copied."""
        found = path.lstat()
        self._names += 1
        self._bytes += found.st_blocks * 512
        self._insist()
        if stat.S_ISDIR(found.st_mode):
            os.scandir(path).close()  # one that may not be read is not half there
            made.mkdir(mode=0o700)
            self.folder(path, made)
            return True
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISLNK(found.st_mode):
            return False
        shutil.copy2(path, made, follow_symlinks=False)
        return True

    def _insist(self) -> None:
        """Refuse to go on with too much. Raises RehearsalError."""
        if self._bytes > self._limit or self._names > _NAMES:
            raise RehearsalError(
                f"{self._real} holds more than {self._limit >> 20} MiB or {_NAMES} names, too much "
                "for a plain copy: allow user namespaces, or install fuse-overlayfs, so that "
                "changes can be laid over it instead"
            )
