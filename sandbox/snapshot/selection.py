"""Selections: which things of some folders are kept, where not all of them are.

Promises
- What is selected is kept by itself: a folder without what lies in it, unless that is selected too.
- Folders above what is selected are passed through, and not kept.

Does not promise
- That what is selected exists.
"""

from collections.abc import Iterable

from handrail.sandbox.file_places import above


class Selection:
    """Some paths, or everything (None)."""

    def __init__(self, paths: Iterable[bytes] | None = None) -> None:
        self._paths = None if paths is None else frozenset(paths)
        self._around: set[bytes] = set()
        for path in self._paths or ():
            while (path := above(path)) not in self._around and len(path) > 1:
                self._around.add(path)

    @property
    def whole(self) -> bool:
        """Tell whether everything is selected."""
        return self._paths is None

    def holds(self, path: bytes) -> bool:
        """Tell whether a thing is kept."""
        return self._paths is None or path in self._paths

    def leads(self, path: bytes) -> bool:
        """Tell whether what is kept may lie in a folder."""
        return self._paths is None or path in self._around


EVERYTHING = Selection()
