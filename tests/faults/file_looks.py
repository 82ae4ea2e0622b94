"""How a folder looks: everything of it that putting back has to bring back."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Look:
    """Everything that can be seen of a name, and that putting back has to bring back."""

    mode: int
    owner: tuple[int, int]
    mtime: int
    content: bytes
    attributes: tuple[tuple[str, bytes], ...]


def seen(root: Path) -> dict[bytes, Look | frozenset[bytes]]:
    """Return how a folder looks, with the sets of names that share an inode."""
    looks: dict[bytes, Look | frozenset[bytes]] = {}
    names: dict[int, set[bytes]] = {}
    for path in [root, *root.rglob("*")]:
        info = path.lstat()
        content = b""
        if stat.S_ISREG(info.st_mode):
            content = path.read_bytes()
        elif stat.S_ISLNK(info.st_mode):
            content = bytes(path.readlink())
        if not stat.S_ISDIR(info.st_mode):
            names.setdefault(info.st_ino, set()).add(bytes(path))
        attributes = tuple(
            (name, os.getxattr(path, name, follow_symlinks=False))
            for name in sorted(os.listxattr(path, follow_symlinks=False))
        )
        owner = info.st_uid, info.st_gid
        looks[bytes(path)] = Look(info.st_mode, owner, info.st_mtime_ns, content, attributes)
    for group in names.values():
        looks[b"names of " + min(group)] = frozenset(group)
    return looks
