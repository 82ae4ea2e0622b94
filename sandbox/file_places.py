"""Places: folders that are opened name by name, so that no link leads out of what is kept.

Promises
- Nothing below a root is reached through a symbolic link: each folder is opened from the one above,
  and a link in its place is an error.
- A path is as long as the file system allows, however long that is as text.

Does not promise
- Anything of the folders above a root: whoever named it named them.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def opened(name: bytes, outer: int | None = None) -> Iterator[int]:
    """Lend a folder's descriptor; a link in its place is refused. Raises OSError."""
    descriptor = os.open(name, FOLDER | getattr(os, "O_CLOEXEC", 0), dir_fd=outer)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def folder_of(root: bytes, path: bytes) -> Iterator[int]:
    """Lend the folder at a path that lies below a root, or is the root. Raises OSError."""
    descriptor = os.open(root, FOLDER)
    try:
        for name in filter(None, path[len(root) :].split(b"/")):
            below = os.open(name, FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def parent_of(root: bytes, path: bytes) -> Iterator[tuple[int, bytes]]:
    """Lend the folder that a path lies in, and its name there. Raises OSError."""
    with opened_above(root) if path == root else folder_of(root, above(path)) as descriptor:
        yield descriptor, last(path)


@contextmanager
def opened_above(root: bytes) -> Iterator[int]:
    """Lend the folder that a root lies in; links above a root are whoever's who named it."""
    descriptor = os.open(above(root), os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def beside(folder: int, name: bytes) -> str:
    """Return a path for calls that take no descriptor: the name in the folder that is open."""
    return f"/proc/self/fd/{folder}/{os.fsdecode(name)}"


def root_of(roots: Sequence[bytes], path: bytes) -> bytes:
    """Return the root that a path lies below, or is."""
    return next(root for root in roots if path == root or path.startswith(root + b"/"))


def above(path: bytes) -> bytes:
    """Return the path of the folder that a path lies in."""
    return path.rpartition(b"/")[0] or b"/"


def last(path: bytes) -> bytes:
    """Return the last name of a path."""
    return path.rpartition(b"/")[2]


def names_in(folder: int) -> list[bytes]:
    """Return the names in an open folder. Raises OSError."""
    with os.scandir(folder) as entries:
        return [os.fsencode(entry.name) for entry in entries]
