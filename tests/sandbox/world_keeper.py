"""A keeper of a dictionary: a world of named texts, for tests of what is done with keepers."""

import json

from handrail.sandbox.errors import RestoreError, UndoConflict
from handrail.sandbox.snapshot.keeper import Change, Difference

World = dict[str, str]


class WorldKeeper:
    """Keeps a dictionary; ``watchful`` is its look at what changed meanwhile."""

    def __init__(self, world: World, name: str = "files", watchful: bool = True) -> None:
        self.world, self.name, self.watchful = world, name, watchful
        self.full = False
        self.refusing = ""
        self.forgotten: set[str] = set()
        self.fixed: set[str] = set()
        self.touched = 0

    def keep(self) -> str:
        if self.full:
            raise RestoreError("the disk is full")
        return json.dumps(self.world, sort_keys=True)

    def differences(self, older: str, newer: str) -> tuple[Difference, ...]:
        was, came = self._point(older), self._point(newer)
        return tuple(
            Difference(_change(was.get(name), came.get(name)), "entry", name)
            for name in sorted(was.keys() | came.keys())
            if was.get(name) != came.get(name)
        )

    def lost(self, older: str, newer: str) -> tuple[Difference, ...]:
        return tuple(one for one in self.differences(older, newer) if one.what in self.fixed)

    def conflicts(self, older: str, newer: str) -> tuple[Difference, ...]:
        was, came = self._point(older), self._point(newer)
        return tuple(
            one
            for one in self.differences(older, newer)
            if self.watchful
            and self.world.get(one.what) not in (was.get(one.what), came.get(one.what))
        )

    def put_back(self, older: str, newer: str) -> tuple[Difference, ...]:
        if self.refusing:
            raise RestoreError(self.refusing)
        if changed := self.conflicts(older, newer):
            raise UndoConflict(f"{changed[0].what} changed meanwhile")
        was = self._point(older)
        found = self.differences(older, newer)
        for one in found:
            self.touched += 1
            if one.what in was:
                self.world[one.what] = was[one.what]
            else:
                self.world.pop(one.what, None)
        return found

    def _point(self, name: str) -> World:
        if name in self.forgotten:
            raise RestoreError("the restore point was removed")
        found: World = json.loads(name)
        return found


def _change(before: str | None, after: str | None) -> Change:
    if before is None:
        return "created"
    return "deleted" if after is None else "changed"
