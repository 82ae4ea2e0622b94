"""Trees: folders as they are now, read entry by entry.

Promises
- What has certainly not changed since an earlier point is not read again (``known.py``).
- What goes away while it is looked at has no entry, as if it had gone before.

Does not promise
- One moment for all files together: what is written while a tree is read is of before or after.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_names import written
from handrail.sandbox.file_places import above, folder_of, last
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.known import Known
from handrail.sandbox.snapshot.looking import (
    GONE,
    TRIES,
    Reader,
    folder_entry,
    grouped,
    moment,
    other_entry,
    plain_entry,
    read_file,
    readable,
)
from handrail.sandbox.snapshot.selection import EVERYTHING, Selection

_CHUNK = 64


@dataclass
class _Found:
    """What was found: entries, files that have to be read, folders to go on in.

    ``linked``: what may share its inode with another name.
    """

    entries: dict[bytes, Entry] = field(default_factory=dict)
    unread: list[tuple[bytes, bytes]] = field(default_factory=list)
    linked: list[bytes] = field(default_factory=list)
    folders: list[bytes] = field(default_factory=list)

    def add(self, other: "_Found") -> None:
        """Take over what another has."""
        self.entries.update(other.entries)
        self.unread += other.unread
        self.linked += other.linked
        self.folders += other.folders


class Tree:
    """Reads what is selected of folders; ``reader`` is given each file that has to be read."""

    def __init__(self, known: Known, reader: Reader, selection: Selection = EVERYTHING) -> None:
        self.known = known
        self.reader = reader
        self.selection = selection
        self._found = _Found()

    def read(self, roots: Sequence[bytes]) -> dict[bytes, Entry]:
        """Return every entry of the folders by its path, in order. Raises RestoreError."""
        for root in roots:
            self._walk(root)
        entries = self._found.entries
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            chunks = [pool.submit(self._read_files, *chunk) for chunk in self._chunks()]
            try:
                for chunk in chunks:
                    entries.update((entry.path, entry) for entry in chunk.result())
            finally:
                pool.shutdown(cancel_futures=True)
        return grouped(entries, self._found.linked)

    def _walk(self, root: bytes) -> None:
        try:
            with readable(root):
                info = os.lstat(root)
        except GONE:
            return
        if not stat.S_ISDIR(info.st_mode):
            link = stat.S_ISLNK(info.st_mode)
            what = "a link: name the folder that it leads to" if link else "no folder"
            raise RestoreError(f"{written(root)}: is {what}")
        waiting = self._found.folders
        waiting.append(root)
        while waiting:
            self._settle(root, waiting.pop())

    def _settle(self, root: bytes, path: bytes) -> None:
        """Find a folder and what is in it, at a moment at which that did not change."""
        for _ in range(TRIES):
            try:
                with readable(path), folder_of(root, path) as folder:
                    found = self._look_into(folder, root, path)
            except GONE:
                return
            if found is not None:
                self._found.add(found)
                return
        raise RestoreError(f"{written(path)}: never stopped changing while it was read")

    def _look_into(self, folder: int, root: bytes, path: bytes) -> _Found | None:
        """Return an open folder and what is in it, None where that changed meanwhile."""
        before = os.fstat(folder)
        found = _Found()
        if self.selection.holds(path):
            found.entries[path] = folder_entry(path, before, folder)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name, info = os.fsencode(entry.name), entry.stat(follow_symlinks=False)
                    inner = path + b"/" + name
                    if not (self.selection.holds(inner) or self.selection.leads(inner)):
                        continue
                    if not stat.S_ISDIR(info.st_mode):
                        self._note(found, root, inner, info, folder)
                    elif info.st_dev == before.st_dev:
                        found.folders.append(inner)
                    else:
                        found.entries[inner] = plain_entry(inner, "mount", info)
        except FileNotFoundError:
            return None
        return found if moment(os.fstat(folder)) == moment(before) else None

    def _note(
        self, found: _Found, root: bytes, inner: bytes, info: os.stat_result, folder: int
    ) -> None:
        """Note what is no folder; a file that has to be read is left for later."""
        if info.st_nlink > 1:
            found.linked.append(inner)
        known = self.known.still(inner, info)
        if known is not None:
            found.entries[inner] = replace(known, first=b"") if known.first else known
        elif stat.S_ISREG(info.st_mode):
            found.unread.append((root, inner))
        else:
            found.entries[inner] = other_entry(inner, info, folder, last(inner))

    def _chunks(self) -> Iterator[tuple[bytes, bytes, list[bytes]]]:
        """Yield the files to read, some of one folder at a time."""
        for (root, outer), pairs in groupby(self._found.unread, lambda p: (p[0], above(p[1]))):
            paths = [path for _, path in pairs]
            for start in range(0, len(paths), _CHUNK):
                yield root, outer, paths[start : start + _CHUNK]

    def _read_files(self, root: bytes, outer: bytes, paths: list[bytes]) -> list[Entry]:
        found = []
        with suppress(*GONE), readable(outer), folder_of(root, outer) as folder:
            for path in paths:
                with suppress(*GONE):
                    found.append(read_file(path, folder, last(path), self.reader))
        return found
