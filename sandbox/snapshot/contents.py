"""Contents: the bytes of files, read once, hashed, and copied with their holes.

Promises
- A copy and its SHA-256 are of the same bytes, whatever writes to the source meanwhile.
- Holes of a source are holes of its copy, and cost neither reading nor room.
- Where the file system shares blocks between files (Btrfs, XFS), a copy shares its source's.

Does not promise
- That the bytes are of one moment: who needs that compares the source's times before and after.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

_CHUNK = 1 << 20
_ZEROS = bytes(_CHUNK)
_BLOCK = 4096
_FICLONE = 0x40049409  # from linux/fs.h; CPython 3.11 has no name for it
_NO_CLONE = {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM}
Holes = Literal["as found", "made", "filled"]


@dataclass(frozen=True)
class Content:
    """The bytes of a file: their SHA-256, their number, and whether there were holes."""

    sha256: str
    size: int
    sparse: bool


def measured(source: int) -> Content:
    """Return what a file holds. Raises OSError."""
    return _passed(source, None, "as found")


def copied(source: int, target: int) -> Content:
    """Copy a file into an empty one, and return what was copied. Raises OSError."""
    if cloned(source, target):
        return measured(target)  # and not the source, which may have changed by now
    return _passed(source, target, "as found")


def laid_out(source: int, target: int, sparse: bool) -> Content:
    """Copy a kept file into an empty one; ``sparse``: blocks of zeros become holes there."""
    if cloned(source, target):
        return measured(target)
    return _passed(source, target, "made" if sparse else "filled")


def cloned(source: int, target: int) -> bool:
    """Let a file share another's blocks where the file system can, and tell whether it does."""
    import fcntl

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno not in _NO_CLONE:
            raise
        return False
    return True


def write_all(target: int, data: memoryview | bytes, at: int) -> None:
    """Write bytes at a place of a file. Raises OSError."""
    while data:
        written = os.pwrite(target, data, at)
        data, at = data[written:], at + written


def _passed(source: int, target: int | None, holes: Holes) -> Content:
    """Read a file piece by piece, and write it where there is a target."""
    digest, at, sparse = hashlib.sha256(), 0, False
    size = os.fstat(source).st_size
    buffer = memoryview(bytearray(min(_CHUNK, size)))
    for start, end in _pieces(source, size):
        sparse |= start > at
        _zeros(digest.update, target if holes == "filled" else None, at, start)
        at = start
        while at < end and (count := os.preadv(source, [buffer[: min(_CHUNK, end - at)]], at)):
            digest.update(buffer[:count])
            if target is not None:
                _write(target, buffer[:count], at, holes == "made")
            at += count
        if at < end:
            break  # it was cut meanwhile
    if target is not None:
        os.ftruncate(target, at)
    return Content(digest.hexdigest(), at, sparse)


def _pieces(source: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield where a file has data, and last an empty piece at its end."""
    at = 0
    while at < size:
        try:
            start = os.lseek(source, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            break  # nothing but a hole from here on
        at = min(size, os.lseek(source, start, os.SEEK_HOLE))
        yield min(start, size), at
    yield size, size


def _zeros(update: Callable[[bytes], None], target: int | None, at: int, end: int) -> None:
    """Hash a hole, and write its zeros where there is a target."""
    while at < end:
        zeros = _ZEROS[: end - at]
        update(zeros)
        if target is not None:
            write_all(target, zeros, at)
        at += len(zeros)


def _write(target: int, data: memoryview, at: int, make_holes: bool) -> None:
    if not make_holes:
        write_all(target, data, at)
        return
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        if block != _ZEROS[: len(block)]:
            write_all(target, block, at + start)
