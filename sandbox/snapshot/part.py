"""The keeper of a part of the world that can be read and written entry by entry.

Such are a browser's storage, a clipboard, the fake screen: small, and nothing but named texts.

Promises
- Only entries that differ between two points are written; none is, where any of them is neither as
  the newer nor as the older point has it.
- That entries are about to be written is on the disk before the first one is. Interrupted between
  them, a second call takes what it finds in them for its own doing, and writes them all.

Does not promise
- To see a change that is made between its look and its writing.
- To put back what can no longer be written: ``lost`` names it.
- That a value is shown: it may be a secret; a difference tells an entry's name alone.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from handrail.actuators.base import sanitise
from handrail.actuators.errors import ActuatorError
from handrail.sandbox.disk import replace_file
from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.snapshot.keeper import Change, Difference, Keeper
from handrail.sandbox.snapshot.texts import KeptTexts

Entries = dict[str, str]


class Part(Protocol):
    """A part of the world as named texts; ``name`` is its keeper's, ``kind`` that of an entry."""

    @property
    def name(self) -> str:
        """Return what the journal calls it."""
        ...

    @property
    def kind(self) -> str:
        """Return what an entry is, as ``Difference.kind``."""
        ...

    def read(self, wanted: Collection[str]) -> Entries:
        """Return every entry that is there; look for those ``wanted``, wherever they would be.

        Raises ActuatorError.
        """
        ...

    def write(self, entries: Mapping[str, str | None]) -> None:
        """Make these entries so; None takes one away. Raises ActuatorError."""
        ...

    def writable(self, entry: str, value: str | None) -> bool:
        """Tell whether an entry can be made so now."""
        ...


@dataclass(frozen=True)
class PartKeeper:
    """Keeps a part as texts."""

    part: Part
    texts: KeptTexts

    @property
    def name(self) -> str:
        """Return what it keeps."""
        return self.part.name

    def keep(self, like: str = "") -> str:
        """Keep every entry as it is now; those of the point ``like`` are looked for everywhere.

        Raises RestoreError.
        """
        wanted = self._entries(like) if like else ()
        return self.texts.keep(json.dumps(self._read(wanted), sort_keys=True))

    def differences(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return what differs between two points, in order. Raises RestoreError."""
        was, came = self._entries(older), self._entries(newer)
        return tuple(self._told(name, was, came) for name in _differing(was, came))

    def lost(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return the entries that cannot be made so any more. Raises RestoreError."""
        was, came = self._entries(older), self._entries(newer)
        can = self._names(was, came)
        return tuple(self._told(n, was, came) for n in _differing(was, came) if n not in can)

    def conflicts(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return what of that is now neither as one point has it nor as the other."""
        return self._look(older, newer)[1]

    def put_back(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Write what differs between the points as ``older`` has it, and return what that was.

        Raises UndoConflict (nothing was touched), RestoreError.
        """
        now, changed = self._look(older, newer)
        if changed:
            named = ", ".join(one.what for one in changed[:5])
            raise UndoConflict(f"{self.name}: changed meanwhile: {named}; nothing was touched")
        was, came = self._entries(older), self._entries(newer)
        names = self._names(was, came)
        turned = {n: was.get(n) for n in names if now.get(n) != was.get(n)}
        if turned:
            self._mark(older, newer)
            try:
                self.part.write(turned)
            except ActuatorError as error:
                raise RestoreError(f"{self.name}: {error}; undo again to finish it") from error
        self._mark("", "")
        return tuple(self._told(name, was, came) for name in names)

    def _look(self, older: str, newer: str) -> tuple[Entries, tuple[Difference, ...]]:
        """Return what is there now, and what of it is neither as one point has it nor the other."""
        was, came = self._entries(older), self._entries(newer)
        names = self._names(was, came)
        if not names:
            return {}, ()
        now = self._read(names)
        if self._underway(older, newer):
            return now, ()
        changed = [n for n in names if now.get(n) not in (was.get(n), came.get(n))]
        return now, tuple(self._told(name, came, now) for name in changed)

    def _read(self, wanted: Collection[str]) -> Entries:
        try:
            return self.part.read(wanted)
        except ActuatorError as error:
            raise RestoreError(f"{self.name}: {error}") from error

    def _names(self, was: Entries, came: Entries) -> list[str]:
        """Return which entries differ and can be put back."""
        return [n for n in _differing(was, came) if self.part.writable(n, was.get(n))]

    def _entries(self, point: str) -> Entries:
        entries: Entries = json.loads(self.texts.read(point))
        return entries

    def _told(self, name: str, before: Entries, after: Entries) -> Difference:
        change: Change = "changed"
        if name not in before:
            change = "created"
        elif name not in after:
            change = "deleted"
        return Difference(change, self.part.kind, sanitise(name))

    def _mark(self, older: str, newer: str) -> None:
        """Keep which points are being put back; empty names: none are."""
        place = self.texts.folder / f"{self.name}.underway"
        if not older and not place.exists():
            return
        try:
            replace_file(place, f"{older} {newer}".encode(), self.texts.disk)
        except OSError as error:
            raise RestoreError(f"{place}: cannot be written: {error.strerror or error}") from error

    def _underway(self, older: str, newer: str) -> bool:
        try:
            told = (self.texts.folder / f"{self.name}.underway").read_text(encoding="utf-8")
        except OSError:
            return False
        return told == f"{older} {newer}"


def _differing(was: Entries, came: Entries) -> list[str]:
    return sorted(n for n in was.keys() | came.keys() if was.get(n) != came.get(n))


def kept_now(keeper: Keeper, like: str) -> str:
    """Keep what is there now of all that a point has. Raises RestoreError."""
    return keeper.keep(like) if isinstance(keeper, PartKeeper) else keeper.keep()
