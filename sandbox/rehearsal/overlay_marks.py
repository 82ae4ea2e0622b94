"""The marks that an overlay leaves in its folder of changes: what is deleted, what is replaced.

Promises
- Only the marks of the way in which the overlay was mounted count: a program in the copy cannot
  write one of them (the kernel and ``fuse-overlayfs`` refuse it there).
- A mark that says that content lies elsewhere (a redirected folder, a file of metadata alone) is
  refused: it would be told wrongly.

Does not promise
- To read folders of changes of other programs.
"""

import os
import stat

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.tree import Tree, attribute_names, join

_DELETED, _REPLACED = b".wh.", b".wh..wh..opq"
_PREFIXES = {
    "trusted": (b"trusted.overlay.",),
    "user": (b"user.overlay.",),
    "names": (b"trusted.overlay.", b"user.overlay.", b"user.fuseoverlayfs."),
}
_ELSEWHERE = (b"redirect", b"metacopy")


class OverlayMarks:
    """Reads the marks in a layer's folder of changes; a copy has none."""

    def __init__(self, layer: Layer) -> None:
        self.prefixes = () if layer.form == "copy" else _PREFIXES[layer.marks]
        self._names = layer.form == "overlay" and layer.marks == "names"
        self._whole = layer.form == "copy"

    def names(self, tree: Tree, path: bytes) -> dict[bytes, bool]:
        """Return the names in a folder of changes, and whether each is the mark of a deletion."""
        found: dict[bytes, bool] = {}
        for name in tree.names(path):
            if self._names and name.startswith(_DELETED):
                if name != _REPLACED:
                    found.setdefault(name.removeprefix(_DELETED), True)
            else:
                found[name] = self.deleted(tree, join(path, name))
        return found

    def deleted(self, tree: Tree, path: bytes) -> bool:
        """Tell whether an entry of the folder of changes is the mark of a deletion."""
        seen = tree.stat(path)
        return (
            not self._whole
            and seen is not None
            and stat.S_ISCHR(seen.st_mode)
            and seen.st_rdev == 0
        )

    def replaced(self, tree: Tree, path: bytes) -> bool:
        """Tell whether a folder hides all that is below it in the real one.

        Raises RehearsalError where it is one that points elsewhere.
        """
        if self._whole:
            return True
        place = tree.place(path)
        opaque = self._names and tree.stat(join(path, _REPLACED)) is not None
        for name in attribute_names(place):
            mark = next((name[len(p) :] for p in self.prefixes if name.startswith(p)), b"")
            if mark in _ELSEWHERE:
                raise _elsewhere(tree, path)
            if mark == b"opaque":
                opaque |= os.getxattr(place, name, follow_symlinks=False) == b"y"
        return opaque

    def refuse_elsewhere(self, tree: Tree, path: bytes) -> None:
        """Raise RehearsalError for a file whose content lies elsewhere."""
        for name in attribute_names(tree.place(path)):
            if any(name == prefix + mark for prefix in self.prefixes for mark in _ELSEWHERE):
                raise _elsewhere(tree, path)


def _elsewhere(tree: Tree, path: bytes) -> RehearsalError:
    return RehearsalError(
        f"{tree.shown(path)} only points to what changed: mount the overlay with redirect_dir=off "
        "and metacopy=off"
    )
