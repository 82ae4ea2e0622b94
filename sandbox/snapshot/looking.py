"""Looking: what is at one path now, as an entry.

Promises
- A file's entry is of one moment: its times before and after it was read are the same, or it is
  read again; one that never stops changing is an error that names it.
- No link is followed, and nothing but files is opened to be read.

Does not promise
- To see bytes that a program writes through a memory map that it wrote to before.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_dress import attributes_of
from handrail.sandbox.file_names import written
from handrail.sandbox.file_places import beside, folder_of, parent_of
from handrail.sandbox.snapshot.contents import Content
from handrail.sandbox.snapshot.entries import Entry, Kind
from handrail.sandbox.snapshot.known import Known

Reader = Callable[[int], Content]
TRIES = 5
GONE = FileNotFoundError, NotADirectoryError
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def look(root: bytes, path: bytes, reader: Reader, known: Known) -> Entry | None:
    """Return what is at a path now, None where nothing is. Raises RestoreError.

    What is known is not read again. Where the folder that it would lie in is gone, or is a link,
    there is nothing.
    """
    try:
        with readable(path), parent_of(root, path) as (folder, name):
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(info.st_mode):
                if path != root and info.st_dev != os.fstat(folder).st_dev:
                    return plain_entry(path, "mount", info)
                with folder_of(root, path) as inner:
                    return folder_entry(path, info, inner)
            if stat.S_ISREG(info.st_mode):
                still = known.still(path, info)
                if still is not None:
                    return replace(still, first=b"")
                return read_file(path, folder, name, reader)
            return other_entry(path, info, folder, name)
    except GONE:
        return None


def read_file(path: bytes, folder: int, name: bytes, reader: Reader) -> Entry:
    """Return the entry of a file, read until it did not change meanwhile.

    Raises FileNotFoundError where it went away, RestoreError.
    """
    for _ in range(TRIES):
        with readable(path):
            entry = _read_once(path, folder, name, reader)
        if entry is not None:
            return entry
    raise RestoreError(
        f"{written(path)}: never stopped changing while it was read; end what writes to it, or "
        "leave its folder out"
    )


def _read_once(path: bytes, folder: int, name: bytes, reader: Reader) -> Entry | None:
    """Return the entry of a file, None where it changed meanwhile. Raises OSError."""
    descriptor = os.open(name, _READ, dir_fd=folder)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            return None
        attributes = attributes_of(descriptor)
        content = reader(descriptor)
        if moment(os.fstat(descriptor)) != moment(before) or content.size != before.st_size:
            return None
        return replace(
            plain_entry(path, "file", before),
            size=content.size,
            sha256=content.sha256,
            sparse=content.sparse,
            attributes=attributes,
        )
    finally:
        os.close(descriptor)


def grouped(found: Mapping[bytes, Entry], paths: Iterable[bytes]) -> dict[bytes, Entry]:
    """Return entries in order; those of ``paths`` that share an inode name the first of them.

    An inode number that was given anew meanwhile has another time.
    """
    entries = dict(sorted(found.items()))
    names: dict[tuple[int, int, int], list[bytes]] = {}
    for path in sorted({*paths} & entries.keys()):
        entry = entries[path]
        if entry.kind in ("file", "link"):
            names.setdefault((entry.dev, entry.ino, entry.ctime), []).append(path)
    for group in names.values():
        if len(group) > 1:
            for path in group:
                entries[path] = replace(entries[path], first=group[0])
    return entries


def plain_entry(path: bytes, kind: Kind, info: os.stat_result) -> Entry:
    """Return an entry with what ``stat`` knows."""
    return Entry(
        path,
        kind,
        info.st_mode,
        info.st_uid,
        info.st_gid,
        info.st_mtime_ns,
        dev=info.st_dev,
        ino=info.st_ino,
        ctime=info.st_ctime_ns,
        names=info.st_nlink,
    )


def folder_entry(path: bytes, info: os.stat_result, folder: int) -> Entry:
    """Return the entry of an open folder. Raises OSError."""
    return replace(plain_entry(path, "folder", info), attributes=attributes_of(folder))


def other_entry(path: bytes, info: os.stat_result, folder: int, name: bytes) -> Entry:
    """Return the entry of a link, or of what can only be named. Raises OSError."""
    attributes = attributes_of(beside(folder, name), follow=False)
    if not stat.S_ISLNK(info.st_mode):
        entry = plain_entry(path, "special", info)
        return replace(entry, device=info.st_rdev, attributes=attributes)
    target = os.readlink(name, dir_fd=folder)
    return replace(plain_entry(path, "link", info), target=target, attributes=attributes)


@contextmanager
def readable(path: bytes) -> Iterator[None]:
    """Turn an error of the system into one that names the place, but for what went away."""
    try:
        yield
    except GONE:
        raise
    except OSError as error:
        why = error.strerror or str(error)
        message = f"{written(path)}: cannot be read, so it cannot be kept: {why}"
        raise RestoreError(message) from error


def moment(info: os.stat_result) -> tuple[int, ...]:
    """Return what changes with any change."""
    return info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
