"""Comparing: what differs between two points, and what the world has done to that since.

Promises
- Names that share an inode belong together: where one of them differs, all are concerned.
- What is now as the newer or as the older point has it is no conflict; anything else is, and so is
  anything foreign in a folder that would have to go, and a folder that is missing or is a link.

Does not promise
- A conflict for a folder's time alone: that changes with whatever is made in it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_dress import REACHABLE, WRITABLE
from handrail.sandbox.file_names import written
from handrail.sandbox.file_places import above, folder_of, names_in, root_of
from handrail.sandbox.snapshot.contents import measured
from handrail.sandbox.snapshot.entries import Entry, difference
from handrail.sandbox.snapshot.keeper import Difference
from handrail.sandbox.snapshot.known import Known
from handrail.sandbox.snapshot.looking import GONE, grouped, look, readable
from handrail.sandbox.snapshot.manifest import Manifest

Found = Entry | None
Fits = Callable[[Found, Found, Found], bool]


class Comparison:
    """Two points of the same folders. Raises RestoreError where they are of other folders.

    ``known``: what need not be read again to tell how it is now.
    """

    def __init__(self, older: Manifest, newer: Manifest, known: Known | None = None) -> None:
        if older.roots != newer.roots:
            raise RestoreError("the two restore points are of different folders")
        self.roots = older.roots
        self.known = known or Known()
        self.older, self.newer = older.entries, newer.entries
        paths = sorted({**self.older, **self.newer})
        self.differing = tuple(p for p in paths if self.older.get(p) != self.newer.get(p))

    def told(self) -> tuple[Difference, ...]:
        """Return what differs, without folders of which only the content differs."""
        full = {above(path) for path in self.differing}
        changes = ((p, self.older.get(p), self.newer.get(p)) for p in self.differing)
        return tuple(
            difference(older, newer)
            for path, older, newer in changes
            if not (path in full and alike(older, newer))
        )

    def lost(self) -> tuple[Difference, ...]:
        """Return what of that cannot be put back: devices, mounts."""
        changes = ((self.older.get(p), self.newer.get(p)) for p in self.differing)
        return tuple(difference(older, newer) for older, newer in changes if _lost(older, newer))

    def concerned(self) -> tuple[bytes, ...]:
        """Return every path that putting back may touch, in order."""
        paths = {p for p in self.differing if not _lost(self.older.get(p), self.newer.get(p))}
        groups = self.groups(self.older) + self.groups(self.newer)
        return tuple(sorted(closed(paths, groups)))

    def groups(self, entries: Mapping[bytes, Entry]) -> list[set[bytes]]:
        """Return the sets of names that share an inode."""
        found: dict[bytes, set[bytes]] = {}
        for entry in entries.values():
            if entry.first:
                found.setdefault(entry.first, set()).add(entry.path)
        return list(found.values())

    def looked(self, fits: Fits) -> tuple[dict[bytes, Entry], tuple[Difference, ...]]:
        """Return what is there now, and what of it is not as it may be. Raises RestoreError."""
        now = self.present(self.concerned())
        return now, self.unfit(now, fits)

    def unfit(self, now: Mapping[bytes, Entry], fits: Fits) -> tuple[Difference, ...]:
        """Return what is not as it may be. Raises RestoreError."""
        paths = self.concerned()
        found = [
            difference(self.newer.get(path), now.get(path))
            for path in paths
            if not fits(now.get(path), self.older.get(path), self.newer.get(path))
        ]
        return (*found, *self._foreign(set(paths), now), *self._missing(set(paths)))

    def present(self, paths: Iterable[bytes]) -> dict[bytes, Entry]:
        """Return what is at the paths now. Raises RestoreError."""
        found: dict[bytes, Entry] = {}
        for path in paths:
            entry = look(self._root(path), path, measured, self.known)
            if entry is not None:
                found[path] = entry
        return grouped(found, found)

    def _foreign(
        self, paths: Collection[bytes], now: Mapping[bytes, Entry]
    ) -> Iterator[Difference]:
        """Yield what lies in folders that would go, and was in neither point."""
        for path in sorted(paths):
            older, here = self.older.get(path), now.get(path)
            if here is None or here.kind != "folder" or (older and older.kind == "folder"):
                continue
            inner: set[bytes] = set()
            with suppress(*GONE), readable(path), folder_of(self._root(path), path) as folder:
                inner.update(path + b"/" + name for name in names_in(folder))
            for child in sorted(inner.difference(paths)):
                yield Difference("created", "file", written(child))

    def _missing(self, paths: Collection[bytes]) -> Iterator[Difference]:
        """Yield folders that what is to be put back would lie in, and that are gone."""
        needed = {above(p) for p in paths if p not in self.roots and p in self.older}
        for path in sorted(needed - set(paths)):
            try:
                with folder_of(self._root(path), path):
                    continue
            except OSError:
                yield Difference("deleted", "folder", written(path))

    def _root(self, path: bytes) -> bytes:
        return root_of(self.roots, path)


def settled(now: Found, older: Found, newer: Found) -> bool:
    """Tell whether a thing is as one of the two points has it."""
    return alike(now, newer) or alike(now, older)


def staged(now: Found, older: Found, newer: Found) -> bool:
    """Tell the same when everything is staged: a root may have been unlocked for that."""
    ways = [way for way in (older, newer) if way is not None and way.kind == "folder"]
    unlocked = [replace(way, mode=way.mode | REACHABLE) for way in ways]
    return settled(now, older, newer) or any(alike(now, way) for way in unlocked)


def underway(now: Found, older: Found, newer: Found) -> bool:
    """Tell whether a thing may be on its way from the newer point to the older."""
    if now is None:
        kinds = {entry.kind == "folder" for entry in (older, newer) if entry is not None}
        return older is None or newer is None or len(kinds) == 2
    ways = [entry for entry in (older, newer) if entry is not None and entry.kind == now.kind]
    if not ways or now.kind == "folder":
        return bool(ways)
    fields = ("uid", "gid", "mtime", "sha256", "target", "device")
    modes = {mode for way in ways for mode in (way.mode, way.mode | WRITABLE)}
    return now.mode in modes and all(
        getattr(now, name) in {getattr(way, name) for way in ways} for name in fields
    )


def alike(one: Found, other: Found) -> bool:
    """Tell whether two things are the same, or both are not there."""
    return other is None if one is None else one.like(other)


def _lost(older: Found, newer: Found) -> bool:
    gone = older is not None and not older.copied
    return gone or (newer is not None and newer.kind == "mount")


def closed(paths: set[bytes], groups: list[set[bytes]]) -> set[bytes]:
    """Return the paths with every group that one of them is in."""
    around: defaultdict[bytes, list[set[bytes]]] = defaultdict(list)
    for group in groups:
        for path in group:
            around[path].append(group)
    found, waiting = set(paths), list(paths)
    while waiting:
        for group in around.get(waiting.pop(), ()):
            waiting += group - found
            found |= group
    return found
