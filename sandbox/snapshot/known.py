"""What is known of folders from an earlier look, so that it need not be read again.

Promises
- What has device, inode, size and both times of an earlier look is taken to be the same, unless it
  changed so close to that look that it may have changed once more within one tick of the clock
  (the "racy" rule of git's index).

Does not promise
- To see every change where times come from the clock of another machine, and that one is behind.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from handrail.sandbox.snapshot.entries import Entry

_TICK = 50_000_000
_WHOLE_SECONDS = 2_000_000_000


@dataclass(frozen=True)
class Known:
    """What an earlier look knows, and when it began, in nanoseconds since 1970."""

    entries: Mapping[bytes, Entry] = field(default_factory=dict)
    began: int = 0

    def still(self, path: bytes, now: os.stat_result) -> Entry | None:
        """Return the entry of a thing that has certainly not changed."""
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
