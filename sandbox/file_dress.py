"""Dress: what a file, folder or link has beside its content: owner, attributes, mode, time.

Promises
- Afterwards the thing has exactly what was asked for, or an error was raised.
- A link is dressed itself, never what it leads to.

Does not promise
- One moment: killed between, a file may be left with its owner allowed to read and write it.
- Times of access and of birth, flags of a file system (``chattr``), and the attributes of
  ``HIDDEN``: an overlay's own marks, and labels that the system gives by itself.
"""

import errno
import os
import stat
from pathlib import Path
from typing import Protocol

from handrail.sandbox.file_places import beside

Attributes = tuple[tuple[bytes, bytes], ...]
WRITABLE = 0o600
"""What its owner must be allowed before a file's attributes can be changed."""
REACHABLE = 0o300
"""What its owner must be allowed before things in a folder can be made and removed."""
HIDDEN = (b"trusted.overlay.", b"security.selinux", b"system.nfs4_acl")
"""How attributes begin that are an overlay's, or that the system gives by itself."""


class Dress(Protocol):
    """What is given: ``mode`` as ``st_mode``, ``mtime`` in nanoseconds since 1970."""

    @property
    def mode(self) -> int: ...

    @property
    def uid(self) -> int: ...

    @property
    def gid(self) -> int: ...

    @property
    def mtime(self) -> int: ...

    @property
    def attributes(self) -> Attributes: ...


def attributes_of(place: int | str, follow: bool = True) -> Attributes:
    """Return the extended attributes of an open file or a path, in order. Raises OSError.

    Access lists are among them, and those of ``HIDDEN`` are not; ``follow``: a link at the end of
    the path.
    """
    try:
        names = sorted(map(os.fsencode, os.listxattr(place, follow_symlinks=follow)))
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        return ()
    found = []
    for name in names:
        if name.startswith(HIDDEN):
            continue
        try:
            found.append((name, os.getxattr(place, name, follow_symlinks=follow)))
        except OSError as error:
            if error.errno != errno.ENODATA:  # that one was removed meanwhile
                raise
    return tuple(found)


def dress(folder: int, name: bytes, wanted: Dress) -> None:
    """Give a name in an open folder an owner, attributes, a mode and a time. Raises OSError.

    In this order: a change of owner takes bits of the mode away, and access lists are part of it.
    """
    flags = getattr(os, "O_PATH", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(name, flags, dir_fd=folder)
    try:
        info, mode = os.fstat(descriptor), stat.S_IMODE(wanted.mode)
        link = stat.S_ISLNK(info.st_mode)
        if link != stat.S_ISLNK(wanted.mode):
            raise NotADirectoryError(errno.ENOTDIR, "a link for another thing, or the other way")
        # By its descriptor, what was looked at is what is changed; links have calls only by name.
        place = beside(folder, name) if link else f"/proc/self/fd/{descriptor}"
        if (info.st_uid, info.st_gid) != (wanted.uid, wanted.gid):
            os.chown(place, wanted.uid, wanted.gid, follow_symlinks=not link)
        if attributes_of(place, follow=not link) != wanted.attributes:
            if not link and info.st_mode & WRITABLE != WRITABLE:
                Path(place).chmod(mode | WRITABLE)
            _give(place, wanted.attributes, follow=not link)
        if not link and stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
            Path(place).chmod(mode)
        os.utime(place, ns=(info.st_atime_ns, wanted.mtime), follow_symlinks=not link)
    finally:
        os.close(descriptor)


def _give(place: str, attributes: Attributes, follow: bool) -> None:
    wanted, there = dict(attributes), dict(attributes_of(place, follow))
    for name in there.keys() - wanted.keys():
        os.removexattr(place, name, follow_symlinks=follow)
    for name, value in wanted.items():
        if there.get(name) != value:
            os.setxattr(place, name, value, follow_symlinks=follow)
