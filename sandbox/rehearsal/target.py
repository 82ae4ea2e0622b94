"""The target of a commit: how the real folders would be, made of how they are and what was shown.

Promises
- What the target holds is what was shown: each new content is hashed while it is taken into the
  store, and a layer that no longer has it is refused.
- An entry that would be changed or deleted must be as the rehearsal saw it, in kind, content and
  metadata; where one would be created nothing may be; in a folder that would go there may be
  nothing new. Telling that changes nothing.
- Nothing but what is concerned is kept: those entries, the folders around them, and files of which
  they become further names.

Does not promise
- That it stays so: putting it in place looks again (``snapshot/putting_back.py``).
- To commit a device: it is refused.
"""

import hashlib
import stat
from base64 import b64decode
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_names import read
from handrail.sandbox.file_places import above
from handrail.sandbox.rehearsal.consequences import EntryState, FileConsequence
from handrail.sandbox.rehearsal.items import Items, Place, items, lead_of, place_of
from handrail.sandbox.rehearsal.overlay_marks import OverlayMarks
from handrail.sandbox.rehearsal.record import LayerRow, RehearsalRecord
from handrail.sandbox.rehearsal.tree import Tree
from handrail.sandbox.snapshot.comparing import Comparison, Found
from handrail.sandbox.snapshot.entries import Entry
from handrail.sandbox.snapshot.manifest import Manifest, plain
from handrail.sandbox.snapshot.selection import Selection
from handrail.sandbox.snapshot.store import Batch

_KINDS = {"file": stat.S_IFREG, "folder": stat.S_IFDIR, "link": stat.S_IFLNK}
_SORTS = {"fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK, "device": stat.S_IFCHR}


@dataclass(frozen=True)
class Target:
    """What is committed; ``roots`` are the real folders as a keeper names them.

    ``left_out``: noise that stays as it is. ``leads``: of each further name its place, and that of
    the file whose name it becomes.
    """

    record: RehearsalRecord
    roots: tuple[bytes, ...]
    wanted: Items
    left_out: Items
    leads: Mapping[Place, Place]

    @classmethod
    def of(cls, record: RehearsalRecord, noise: bool) -> Self:
        """Return the target; ``noise``: also of what is noise. Raises RehearsalError."""
        roots = tuple(plain((row.layer.real,), None)[0] for row in record.layers)
        every = items(record, noise=True)
        wanted = {place: one for place, one in every.items() if noise or not one.noise}
        left_out = {place: one for place, one in every.items() if place not in wanted}
        found = ((at, one) for at, one in wanted.items() if one.linked and one.becomes)
        leads = {place: lead_of(record, place, one) for place, one in found}
        return cls(record, roots, wanted, left_out, leads)

    def path(self, place: Place) -> bytes:
        """Return the whole path of a place."""
        root = self.roots[place.layer]
        return root + b"/" + place.path if place.path else root

    @cached_property
    def was(self) -> dict[bytes, EntryState | None]:
        """Return how everything has to be that is concerned."""
        unmoved = {
            lead: self.wanted[place].becomes
            for place, lead in self.leads.items()
            if lead not in self.wanted and lead not in self.left_out
        }
        found = {place: one.was for place, one in self.wanted.items()}
        return {self.path(place): state for place, state in (unmoved | found).items()}

    @property
    def selection(self) -> Selection:
        """Return what has to be kept: further names too, which an undo makes names of one file."""
        named = (self.path(place_of(self.record, name)) for name in self.record.beside)
        paths = {*self.was, *self.roots, *named}
        return Selection(paths | {above(path) for path in self.was if path not in self.roots})

    def conflicts(self, now: Mapping[bytes, Entry] | None = None) -> list[str]:
        """Return the paths that are not as they were; ``now``: how all is. Raises RestoreError."""
        roots = tuple(sorted(self.roots))
        was = {path: _entry(path, state) for path, state in self.was.items() if state}
        after = Manifest("", 0, roots, self._after(was))
        comparison = Comparison(after, Manifest("", 0, roots, was))
        there = comparison.present(comparison.concerned()) if now is None else now
        return sorted(one.what for one in comparison.unfit(there, self._fits))

    def _fits(self, now: Found, older: Found, newer: Found) -> bool:
        entry = now or newer or older
        assert entry is not None, "it is concerned"
        return _fits(now, self.was[entry.path])

    def made(self, base: Manifest, batch: Batch) -> dict[bytes, Entry]:
        """Return what is to be where, its new contents in the batch.

        Raises RehearsalError, RestoreError.
        """
        entries = self._after(base.entries)
        with ExitStack() as stack:
            layers = [_Changes(stack, row) for row in self.record.layers]
            for place, one in self.wanted.items():
                path, changes = self.path(place), layers[place.layer]
                if one.becomes is None:
                    changes.insist_deleted(place, one)
                elif one.metadata:
                    known = base.entries[path]
                    entries[path] = replace(entries[path], target=known.target, sparse=known.sparse)
                else:
                    entries[path] = changes.filled(entries[path], place, one, batch)
        # What is made or removed in a folder gives it a time of its own, unless one was shown.
        filled = {above(self.path(place)) for place, one in self.wanted.items() if not one.metadata}
        for path in filled & {self.path(place) for place in self.left_out}:
            entries[path] = replace(entries[path], mtime=base.began)
        return entries

    def _after(self, base: Mapping[bytes, Entry]) -> dict[bytes, Entry]:
        """Return what is to be where, as far as the record knows it."""
        entries = dict(base)
        for place, one in self.wanted.items():
            path = self.path(place)
            if one.becomes is None:
                entries.pop(path, None)
            else:
                entries[path] = _entry(path, one.becomes)
        return self._named(dict(sorted(entries.items())), base)

    def _named(
        self, entries: dict[bytes, Entry], base: Mapping[bytes, Entry]
    ) -> dict[bytes, Entry]:
        """Return the entries; those that are to share an inode name the first of them."""
        groups: defaultdict[tuple[bool, bytes], list[bytes]] = defaultdict(list)
        leads = {self.path(place): self.path(lead) for place, lead in self.leads.items()}
        moved = {self.path(place) for place in self.wanted}
        for path in entries:
            lead = leads.get(path, path)
            stays = lead in base and lead not in moved
            groups[stays, (stays and base[lead].first) or lead].append(path)
        for names in groups.values():
            for path in names:
                entries[path] = replace(entries[path], first=names[0] if names[1:] else b"")
        return entries


class _Changes:
    """Reads what a rehearsal left of one layer."""

    def __init__(self, stack: ExitStack, row: LayerRow) -> None:
        self._marks = OverlayMarks(row.layer)
        self._tree = stack.enter_context(Tree(row.layer.changed, self._marks.prefixes))

    def insist_deleted(self, place: Place, one: FileConsequence) -> None:
        """Insist that what is to be deleted is still deleted in the copy. Raises RehearsalError."""
        there = self._tree.stat(place.path) is not None
        if there and not self._marks.deleted(self._tree, place.path):
            raise RehearsalError(f"{one.path}: the copy no longer is what was shown")

    def filled(self, entry: Entry, place: Place, one: FileConsequence, batch: Batch) -> Entry:
        """Return an entry with its content, in the batch. Raises RehearsalError, RestoreError."""
        try:
            if entry.kind == "file":
                with self._tree.opened(place.path) as source:
                    content = batch.take(source)
                entry, found = replace(entry, sparse=content.sparse), content.sha256
            elif entry.kind == "link":
                target = self._tree.target(place.path)
                entry, found = replace(entry, target=target), hashlib.sha256(target).hexdigest()
            else:
                found = one.after
        except OSError as error:
            raise RehearsalError(
                f"{one.path}: the copy cannot be read: {error.strerror}"
            ) from error
        if found != one.after:
            raise RehearsalError(
                f"{one.path}: the copy no longer holds what was shown; rehearse again"
            )
        if not entry.copied:
            raise RehearsalError(f"{one.path} is a device: devices are not committed")
        return entry


def _entry(path: bytes, state: EntryState) -> Entry:
    """Return the entry of a state; the target of a link is not in it, but its hash."""
    file, link = state.entry == "file", state.entry == "link"
    pairs = ((read(name), b64decode(value)) for name, value in state.attributes)
    return Entry(
        path,
        state.entry,
        _KINDS.get(state.entry, _SORTS.get(state.content, 0)) | state.mode,
        state.owner,
        state.group,
        state.mtime_ns,
        size=state.size,
        sha256=state.content if file else "",
        target=state.content.encode() if link else b"",
        attributes=tuple(sorted(pairs)),
    )


def _fits(entry: Entry | None, state: EntryState | None) -> bool:
    """Tell whether a thing is as it was; a folder's time follows what happens in it."""
    if entry is None or state is None:
        return entry is None and state is None
    then = _entry(entry.path, state)
    if entry.kind == "link":
        entry = replace(entry, target=hashlib.sha256(entry.target).hexdigest().encode())
    return replace(entry, first=b"", device=0).like(then)
