"""Manifests: what was where in some folders at one moment, as a file.

Promises
- A manifest is named by the SHA-256 of its file, and holds the SHA-256 of every content it needs:
  who has written its name down can tell whether any of it was changed.

Does not promise
- To be read by a Handrail of another format number: that is refused, with its number.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_names import read, written
from handrail.sandbox.snapshot.entries import CONTENT, Entry, entry_of

FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """Folders at one moment: ``roots`` that do not exist have no entry.

    ``began``: nanoseconds since 1970 at which the reading of the folders began.
    """

    run: str
    began: int
    roots: tuple[bytes, ...]
    entries: Mapping[bytes, Entry]

    def written(self) -> bytes:
        """Return the manifest's file."""
        head = {"format": FORMAT, "run": self.run, "began": self.began}
        rows = [entry.row() for entry in self.entries.values()]
        whole = {**head, "roots": [written(root) for root in self.roots], "entries": rows}
        return zlib.compress(json.dumps(whole, separators=(",", ":")).encode(), 1)


@dataclass(frozen=True)
class Needs:
    """What a manifest needs, without all that it says of it."""

    run: str
    began: int
    contents: frozenset[str]


def read_manifest(data: bytes, name: str) -> Manifest:
    """Return the manifest of a file whose name was compared. Raises RestoreError."""
    with _reading(name):
        whole = _whole(data, name)
        entries = {entry.path: entry for entry in map(entry_of, whole["entries"])}
        roots = tuple(read(root) for root in whole["roots"])
        return Manifest(whole["run"], whole["began"], roots, entries)


def read_needs(data: bytes, name: str) -> Needs:
    """Return what the manifest of a file needs. Raises RestoreError."""
    with _reading(name):
        whole = _whole(data, name)
        contents = frozenset(row[CONTENT] for row in whole["entries"] if row[CONTENT])
        return Needs(whole["run"], whole["began"], contents)


def _whole(data: bytes, name: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(zlib.decompress(data))
    if whole["format"] != FORMAT:
        raise RestoreError(
            f"the restore point {name[:12]} is of format {whole['format']!a}, and this Handrail "
            f"reads format {FORMAT}: use the one that made it"
        )
    return whole


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (zlib.error, ValueError, TypeError, KeyError, IndexError) as error:
        raise RestoreError(f"the restore point {name[:12]} is no list of files: {error}") from error


def plain(roots: tuple[Path, ...], store: Path | None) -> tuple[bytes, ...]:
    """Return folders as absolute paths without links above them. Raises RestoreError.

    Refused: a path that is not absolute, a folder inside another one, and one around the store,
    unless that is None.
    """
    real = []
    for root in roots:
        if not root.is_absolute() or not root.name:
            raise RestoreError(f"{root}: folders to keep are named by their whole path, and not /")
        real.append(root.parent.resolve() / root.name)
    inner = None if store is None else store.resolve()
    for root in real:
        around = [other for other in real if other != root and root.is_relative_to(other)]
        if around or real.count(root) > 1:
            raise RestoreError(f"{root}: is kept twice: leave it out, or what is around it")
        if inner is not None and (inner.is_relative_to(root) or root.is_relative_to(inner)):
            raise RestoreError(
                f"{root}: holds the restore points themselves ({inner}) or lies among them: name "
                "the folders inside that matter, or let XDG_STATE_HOME point elsewhere"
            )
    return tuple(bytes(root) for root in sorted(real))
