"""Trees: folders as they are now, read entry by entry.

Promises
- A file's entry is of one moment: its times before and after it was read are the same, or it is
  read again; one that never stops changing is an error that names it.
- What has device, inode, size and both times of an earlier point is not read again, unless it
  changed so close to that point that it may have changed once more within one tick of the clock
  (the "racy" rule of git's index), or the clock was turned back since.

Does not promise
- One moment for all files together: what is written while a tree is read is of before or after.
- To see bytes that a program writes through a memory map that it wrote to before.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_names import written
from handrail.sandbox.snapshot.contents import Content
from handrail.sandbox.snapshot.entries import Entry, Kind
from handrail.sandbox.snapshot.places import above, beside, folder_of, last, parent_of

Reader = Callable[[int], Content]
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_TRIES = 5
_CHUNK = 64
_TICK = 50_000_000
_WHOLE_SECONDS = 2_000_000_000


@dataclass(frozen=True)
class Known:
    """What an earlier point knows, and when its reading began."""

    entries: Mapping[bytes, Entry] = field(default_factory=dict)
    began: int = 0

    def still(self, path: bytes, now: os.stat_result) -> Entry | None:
        """Return the entry of a file that has certainly not changed."""
        entry = self.entries.get(path)
        if entry is None:
            return None
        then = (entry.dev, entry.ino, entry.mode, entry.mtime, entry.ctime)
        if then != (now.st_dev, now.st_ino, now.st_mode, now.st_mtime_ns, now.st_ctime_ns):
            return None
        # File systems that count whole seconds show no part of one.
        tick = _TICK if entry.ctime % 1_000_000_000 else _WHOLE_SECONDS
        racy = entry.ctime >= self.began - tick
        return None if racy or (entry.kind == "file" and entry.size != now.st_size) else entry


class Tree:
    """Reads folders; ``reader`` is given each file that has to be read."""

    def __init__(self, known: Known, reader: Reader) -> None:
        self.known = known
        self.reader = reader
        self._found: dict[bytes, Entry] = {}
        self._unread: list[tuple[bytes, bytes]] = []
        self._names: dict[tuple[int, int], list[bytes]] = {}

    def read(self, roots: Sequence[bytes]) -> dict[bytes, Entry]:
        """Return every entry of the folders by its path, in order. Raises RestoreError."""
        for root in roots:
            self._walk(root)
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            chunks = [pool.submit(self._read_files, *chunk) for chunk in self._chunks()]
            try:
                for chunk in chunks:
                    self._found.update((entry.path, entry) for entry in chunk.result())
            finally:
                pool.shutdown(cancel_futures=True)
        return grouped(self._found, self._names.values())

    def _walk(self, root: bytes) -> None:
        try:
            info = os.lstat(root)
        except FileNotFoundError:
            return
        except OSError as error:
            raise unread(root, error) from error
        if not stat.S_ISDIR(info.st_mode):
            what = "a link: name the folder that it leads to" if _is_link(info) else "no folder"
            raise RestoreError(f"{written(root)}: is {what}")
        waiting = [root]
        while waiting:
            path = waiting.pop()
            waiting += self._settled(root, path, info.st_dev)

    def _settled(self, root: bytes, path: bytes, device: int) -> list[bytes]:
        """Note a folder and what is in it, and return the folders among that."""
        for _ in range(_TRIES):
            try:
                with folder_of(root, path) as folder:
                    before = os.fstat(folder)
                    entries = [(os.fsencode(e.name), e.stat(follow_symlinks=False))
                               for e in os.scandir(folder)]  # fmt: skip
                    made = folder_entry(path, before, folder)
                    below = self._note(folder, root, path, entries, device)
                    if _times(os.fstat(folder)) == _times(before):
                        self._found[path] = made
                        return below
            except FileNotFoundError:
                continue  # the folder, or something in it, went away while it was read
            except OSError as error:
                raise unread(path, error) from error
        raise RestoreError(f"{written(path)}: never stopped changing while it was read")

    def _note(
        self,
        folder: int,
        root: bytes,
        path: bytes,
        entries: list[tuple[bytes, os.stat_result]],
        device: int,
    ) -> list[bytes]:
        """Note what is in a folder; files that have to be read are left for later."""
        below, found, unread_, names = [], {}, [], []
        for name, info in entries:
            inner = path + b"/" + name
            if stat.S_ISDIR(info.st_mode):
                if info.st_dev == device:
                    below.append(inner)
                else:
                    found[inner] = plain_entry(inner, "mount", info)
                continue
            if info.st_nlink > 1:
                names.append(((info.st_dev, info.st_ino), inner))
            known = self.known.still(inner, info)
            if known is not None:
                found[inner] = replace(known, first=b"") if known.first else known
            elif stat.S_ISREG(info.st_mode):
                unread_.append((root, inner))
            else:
                found[inner] = other_entry(inner, info, folder, name)
        self._found.update(found)
        self._unread += unread_
        for key, inner in names:
            self._names.setdefault(key, []).append(inner)
        return below

    def _chunks(self) -> Iterator[tuple[bytes, bytes, list[bytes]]]:
        """Yield the files to read, some of one folder at a time."""
        for (root, outer), pairs in groupby(self._unread, lambda p: (p[0], above(p[1]))):
            paths = [path for _, path in pairs]
            for start in range(0, len(paths), _CHUNK):
                yield root, outer, paths[start : start + _CHUNK]

    def _read_files(self, root: bytes, outer: bytes, paths: list[bytes]) -> list[Entry]:
        try:
            with folder_of(root, outer) as folder:
                return [read_file(p, folder, last(p), self.reader) for p in paths]
        except OSError as error:
            raise unread(outer, error) from error


def look(root: bytes, path: bytes, reader: Reader) -> Entry | None:
    """Return what is at a path now, None where nothing is. Raises RestoreError.

    Where the folder that it would lie in is gone, or is a link, there is nothing.
    """
    try:
        with parent_of(root, path) as (folder, name):
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(info.st_mode):
                if path != root and info.st_dev != os.fstat(folder).st_dev:
                    return plain_entry(path, "mount", info)
                with folder_of(root, path) as inner:
                    return folder_entry(path, info, inner)
            if stat.S_ISREG(info.st_mode):
                return read_file(path, folder, name, reader)
            return other_entry(path, info, folder, name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise unread(path, error) from error


def read_file(path: bytes, folder: int, name: bytes, reader: Reader) -> Entry:
    """Return the entry of a file, read until it did not change meanwhile. Raises RestoreError."""
    for _ in range(_TRIES):
        try:
            descriptor = os.open(name, _READ, dir_fd=folder)
        except OSError as error:
            raise unread(path, error) from error
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                continue
            attributes = attributes_of(descriptor)
            content = reader(descriptor)
            if _times(os.fstat(descriptor)) == _times(before) and content.size == before.st_size:
                entry = plain_entry(path, "file", before)
                return replace(
                    entry,
                    size=content.size,
                    sha256=content.sha256,
                    sparse=content.sparse,
                    attributes=attributes,
                )
        except OSError as error:
            raise unread(path, error) from error
        finally:
            os.close(descriptor)
    raise RestoreError(
        f"{written(path)}: never stopped changing while it was read; end what writes to it, or "
        "leave its folder out"
    )


def grouped(found: Mapping[bytes, Entry], names: Iterable[list[bytes]]) -> dict[bytes, Entry]:
    """Return entries in order, those that share an inode with the first of their names."""
    entries = dict(sorted(found.items()))
    for group in names:
        if len(group) > 1:
            for path in group:
                entries[path] = replace(entries[path], first=min(group))
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
    )


def folder_entry(path: bytes, info: os.stat_result, folder: int) -> Entry:
    """Return the entry of an open folder. Raises OSError."""
    return replace(plain_entry(path, "folder", info), attributes=attributes_of(folder))


def other_entry(path: bytes, info: os.stat_result, folder: int, name: bytes) -> Entry:
    """Return the entry of a link, or of what can only be named. Raises OSError."""
    if not _is_link(info):
        return replace(plain_entry(path, "special", info), device=info.st_rdev)
    return replace(
        plain_entry(path, "link", info),
        target=os.readlink(name, dir_fd=folder),
        attributes=attributes_of(beside(folder, name)),
    )


def attributes_of(place: int | str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the extended attributes, access lists among them. Raises OSError."""
    follow = isinstance(place, int)
    try:
        names = sorted(os.listxattr(place, follow_symlinks=follow))
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        return ()
    return tuple((os.fsencode(n), os.getxattr(place, n, follow_symlinks=follow)) for n in names)


def unread(path: bytes, error: OSError) -> RestoreError:
    """Return the error of something that cannot be read."""
    why = error.strerror or str(error)
    return RestoreError(f"{written(path)}: cannot be read, so it cannot be kept: {why}")


def _is_link(info: os.stat_result) -> bool:
    return stat.S_ISLNK(info.st_mode)


def _times(info: os.stat_result) -> tuple[int, ...]:
    return info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
