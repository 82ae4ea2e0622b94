"""Keepers: whoever keeps one part of the world, and can put it back.

Promises
- What one keeper does is the same for all: a point is durable when it is returned, is named by a
  text, and stands for that part of the world at one moment.
- Putting back touches only what differs between two points, and nothing of it where any of it is no
  longer as the newer point has it: then the world changed meanwhile, and nothing is overwritten.

Does not promise
- To see a change that is made and taken back between two points.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

Change = Literal["created", "changed", "deleted"]


@dataclass(frozen=True)
class Difference:
    """One thing that differs between two moments: a file, an entry of a storage, a text.

    ``what`` names it for a person and is fit to be written down: a path as ``file_names.written``
    returns it, an origin and a key, a word such as ``clipboard``. ``kind``: ``file``, ``folder``,
    ``link``, ``special``, ``entry`` (of a storage), ``text``, ``window``.
    """

    change: Change
    kind: str
    what: str


class Keeper(Protocol):
    """Keeps one part of the world."""

    @property
    def name(self) -> str:
        """Return what it keeps, as the journal names it: ``files``, ``storage``, ``clipboard``."""
        ...

    def keep(self) -> str:
        """Keep the part as it is now, durably, and return the point's name.

        Raises RestoreError where it cannot be kept: a full disk, too large, no permission.
        """
        ...

    def differences(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return what differs between two points, in order. Raises RestoreError."""
        ...

    def lost(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return what of that cannot be put back, such as a socket. Raises RestoreError."""
        ...

    def conflicts(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Return what of that is now neither as ``newer`` nor as ``older`` has it.

        Raises RestoreError.
        """
        ...

    def put_back(self, older: str, newer: str) -> tuple[Difference, ...]:
        """Make what differs between the points as ``older`` has it, and return what was done.

        All of it or nothing. Interrupted at any moment, a second call comes to the same end. Raises
        UndoConflict (nothing was touched), RestoreError.
        """
        ...
