"""An exact look at a home: every byte, mode, time, extended attribute and link."""

import os
import stat
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple


class Seen(NamedTuple):
    """An entry: ``content`` is a file's, or a link's target; ``names``: all of the same file."""

    mode: int
    mtime_ns: int
    content: bytes
    attributes: tuple[tuple[str, bytes], ...]
    names: frozenset[str]


Look = dict[str, Seen]
"""Each entry by its path below the home."""


def look(home: Path) -> Look:
    """Look at everything in a home, without following a link."""
    paths = [
        Path(folder, name)
        for folder, folders, files in os.walk(home)
        for name in (*folders, *files)
    ]
    linked: defaultdict[int, set[str]] = defaultdict(set)
    for path in paths:
        linked[path.lstat().st_ino].add(str(path.relative_to(home)))
    return {str(path.relative_to(home)): _seen(path, linked) for path in paths}


def _seen(path: Path, linked: dict[int, set[str]]) -> Seen:
    found = path.lstat()
    content = b""
    if stat.S_ISLNK(found.st_mode):
        content = os.fsencode(path.readlink())
    elif stat.S_ISREG(found.st_mode):
        content = path.read_bytes()
    names = sorted(os.listxattr(path, follow_symlinks=False))
    attributes = tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    same = frozenset(linked[found.st_ino])
    return Seen(found.st_mode, found.st_mtime_ns, content, attributes, same)


def differing(one: Look, other: Look) -> list[str]:
    """Return the paths at which two looks differ."""
    return sorted(path for path in one | other if one.get(path) != other.get(path))
