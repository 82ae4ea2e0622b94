"""Are a pulled model's files what was published? Told without a network.

The Hub's client notes beside each file the hash under which it was published: SHA-256 for large
files, git's blob hash for small ones (huggingface_hub, ``local_dir`` downloads).
"""

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from handrail.model.errors import CheckpointError
from handrail.tasks.models import WANTED

_NOTES = Path(".cache/huggingface/download")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Compared:
    """How many files are as published, and the names of files that were not published with them."""

    same: int
    strangers: tuple[str, ...]


def published(folder: Path) -> dict[str, str]:
    """Return the published hash of each file that was pulled, none where nothing is noted.

    Raises CheckpointError where a note cannot be read.
    """
    notes = folder / _NOTES
    found = {}
    for note in sorted(notes.rglob("*.metadata")):
        if not note.is_file():
            continue
        try:
            lines = note.read_text("utf-8", "replace").splitlines()
        except OSError as error:
            raise CheckpointError(f"{note} cannot be read: {error}") from error
        if len(lines) > 1 and len(lines[1]) in (40, 64):
            found[str(note.relative_to(notes)).removesuffix(".metadata")] = lines[1]
    return found


def compare(folder: Path) -> Compared:
    """Compare every pulled file with what was published.

    Raises CheckpointError naming a file that is absent or differs.
    """
    wanted = published(folder)
    for name, wished in wanted.items():
        try:
            same = _hash(folder / name, len(wished)) == wished
        except OSError as error:
            raise CheckpointError(f"{folder / name} cannot be read: pull it again") from error
        if not same:
            raise CheckpointError(
                f"{folder / name} differs from what was published: delete it and pull it again"
            )
    here = sorted(f.name for f in folder.glob("*") if any(fnmatch(f.name, w) for w in WANTED))
    return Compared(len(wanted), tuple(name for name in here if name not in wanted))


def _hash(file: Path, digits: int) -> str:
    if digits == 64:
        made = hashlib.sha256()
    else:
        made = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False)
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            made.update(block)
    return made.hexdigest()
