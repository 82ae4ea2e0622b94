"""What a rehearsal changed in a folder: every entry that would be created, changed or deleted.

Promises
- What is told is what a look at the merged folder would show: names that are hidden count as
  deleted with everything in them, a folder that replaces another hides what was in it, and a file
  that was copied up and is the same in content, metadata and links is no change.
- Everything is told, in the order of the paths; noise is marked (``noise.py``).
- An entry of the real folder that is not as it was when the rehearsal began is told too.

Does not promise
- Renames: they are told as what is deleted and what is created.
- Owners, where a copy was made by a user who cannot keep them.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.baseline import Baseline
from handrail.sandbox.rehearsal.consequences import EntryState, FileConsequence
from handrail.sandbox.rehearsal.hard_links import Names
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.noise_marking import marked
from handrail.sandbox.rehearsal.overlay_marks import OverlayMarks
from handrail.sandbox.rehearsal.tree import Tree, join, kind_of


@dataclass(frozen=True)
class Told:
    """What was found, and the paths of what changed in the real folders meanwhile.

    ``beside``: further names of files that would be changed or deleted; they are not.
    """

    found: tuple[FileConsequence, ...]
    disturbed: tuple[str, ...]
    beside: tuple[str, ...] = ()


def differences(layers: Sequence[Layer], baselines: Sequence[Baseline]) -> Told:
    """Tell what changed in every layer, each beside its baseline. Raises RehearsalError."""
    found: list[FileConsequence] = []
    disturbed: list[str] = []
    beside: list[str] = []
    for layer, baseline in zip(layers, baselines, strict=True):
        marks = OverlayMarks(layer)
        with Tree(layer.real) as real, Tree(layer.changed, marks.prefixes) as over:
            comparison = _Comparison(layer, marks, real, over, baseline)
            told = comparison.told()
            files = (path for path, one in told.items() if one.was and one.was.entry == "file")
            beside += map(real.shown, baseline.other_names(files))
            found += marked(told)
            disturbed += map(real.shown, sorted(comparison.disturbed))
    return Told(tuple(found), tuple(disturbed), tuple(beside))


class _Comparison:
    """One layer's; ``found`` by path below the real folder."""

    def __init__(
        self, layer: Layer, marks: OverlayMarks, real: Tree, over: Tree, baseline: Baseline
    ) -> None:
        self.layer = layer
        self.marks = marks
        self.real = real
        self.over = over
        self.baseline = baseline
        self.found: dict[bytes, FileConsequence] = {}
        self.disturbed: set[bytes] = set()
        self.linked = Names()
        # A copy that another user made of a file is that user's: no change of the program's.
        self.owned = layer.form == "overlay" or os.geteuid() == 0

    def told(self) -> dict[bytes, FileConsequence]:
        """Compare all of it; what was found is in the order of the paths."""
        pending = [(b"", self.marks.replaced(self.over, b""))]
        self._compare(b"", self.over.state(b""))
        while pending:
            path, whole = pending.pop()
            pending += self._folder(path, whole)
        self._link()
        return {path: one for path, one in sorted(self.found.items()) if self._copied(path)}

    def _copied(self, path: bytes) -> bool:
        """Tell whether a path, and all above it, came into the copy."""
        whole = Path(os.fsdecode(self.real.prefix + path))
        return not any(whole.is_relative_to(one) for one in self.layer.left_out)

    def _folder(self, path: bytes, whole: bool) -> list[tuple[bytes, bool]]:
        """Compare what is in a folder, and return the folders in it."""
        names = self.marks.names(self.over, path)
        folders = []
        for name, deleted in names.items():
            below = join(path, name)
            if deleted:
                self._delete(below)
            elif self._entry(below):
                folders.append((below, whole or self.marks.replaced(self.over, below)))
        if whole:
            for name in self.real.names(path):
                if name not in names:
                    self._delete(join(path, name))
        return folders

    def _entry(self, path: bytes) -> bool:
        """Compare one entry of the folder of changes, and tell whether it is a folder."""
        seen = self.over.stat(path)
        if seen is None:
            raise RehearsalError(f"{self.over.shown(path)} vanished: the rehearsal still goes on")
        if kind_of(seen) == "file":
            self.marks.refuse_elsewhere(self.over, path)
            self.linked.add(path, seen)
            if self.baseline.untouched(path, seen, self.real.stat(path)):
                return False
        self._compare(path, self.over.state(path))
        return kind_of(seen) == "folder"

    def _compare(self, path: bytes, new: EntryState | None) -> None:
        old = self._real(path)
        assert new is not None, "it was seen"
        if old is not None and not self.owned:
            new = new.model_copy(update={"owner": old.owner, "group": old.group})
        if old == new:
            return
        if old is not None and old.entry == "folder" != new.entry:
            self._delete_below(path)
        self._tell(path, old, new)

    def _tell(self, path: bytes, old: EntryState | None, new: EntryState | None) -> None:
        one = new or old
        assert one is not None, "there is something on one side"
        metadata = old is not None and new is not None and _same_content(old, new)
        self.found[path] = FileConsequence(
            change="created" if old is None else "deleted" if new is None else "changed",
            entry=one.entry,
            path=self.real.shown(path),
            before="" if old is None else old.content,
            after="" if new is None else new.content,
            metadata=metadata,
            was=old,
            becomes=new,
        )

    def _delete(self, path: bytes) -> None:
        old = self._real(path)
        if old is None:
            return  # it was never in the real folder, or is gone: that is told as a disturbance
        self._tell(path, old, None)
        if old.entry == "folder":
            self._delete_below(path)

    def _delete_below(self, path: bytes) -> None:
        pending = [path]
        while pending:
            folder = pending.pop()
            for name in self.real.names(folder):
                below = join(folder, name)
                old = self._real(below)
                self._tell(below, old, None)
                if old is not None and old.entry == "folder":
                    pending.append(below)
        for below in self.baseline.below(path):
            if below not in self.found:
                self.disturbed.add(below)

    def _real(self, path: bytes) -> EntryState | None:
        """Return how an entry of the real folder is, and note whether it was so."""
        seen = self.real.stat(path)
        if not self.baseline.holds(path, seen):
            self.disturbed.add(path)
        return None if seen is None else self.real.state(path)

    def _link(self) -> None:
        """Note which files became further names of others, and where only that changed."""
        for leader, others in self.linked.groups(self.found):
            for path in others:
                if path in self.found:
                    one = self.found[path]
                elif self._is_linked(path, leader):
                    continue
                else:
                    state = self._real(path)
                    self._tell(path, state, state)
                    one = self.found[path]
                self.found[path] = one.model_copy(update={"linked": self.real.shown(leader)})

    def _is_linked(self, path: bytes, leader: bytes) -> bool:
        one, other = self.real.stat(path), self.real.stat(leader)
        return one is not None and other is not None and one.st_ino == other.st_ino


def _same_content(old: EntryState, new: EntryState) -> bool:
    return (old.entry, old.content) == (new.entry, new.content)
