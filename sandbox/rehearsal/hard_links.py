"""Hard links: which names in a folder of changes stand for one file.

Promises
- Two names are told to be one file exactly where they are one there.

Does not promise
- Names of the same file outside of the folder. That an overlay parts two names of one file when
  one of them is written to shows as that: the one is changed, the other is not.
"""

import os
from collections import defaultdict
from collections.abc import Container, Iterator


class Names:
    """Collects the names of files that have several."""

    def __init__(self) -> None:
        self._names: defaultdict[tuple[int, int], list[bytes]] = defaultdict(list)

    def add(self, path: bytes, seen: os.stat_result) -> None:
        """Note a file."""
        if seen.st_nlink > 1:
            self._names[seen.st_dev, seen.st_ino].append(path)

    def groups(self, changed: Container[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
        """Yield one name of each file that has several, and the others, in order.

        The one is a name that did not change, where there is such.
        """
        for names in self._names.values():
            leader, *others = sorted(names, key=lambda path: (path in changed, path))
            if others:
                yield leader, sorted(others)
