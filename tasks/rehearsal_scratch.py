"""The folders in which rehearsals keep what they changed, until it is committed or let go."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.commit_record import read_state
from handrail.sandbox.rehearsal.record import RECORD_NAME, read_record
from handrail.sandbox.rehearsal.removal import remove
from handrail.tasks.runs import RunFolder, list_runs

PREFIX = "handrail-rehearsal-"


def scratch_of(folder: RunFolder) -> Path | None:
    """Return where a rehearsal keeps its changes, None where it keeps none any more.

    Only a folder that Handrail named, and this user made, is one. Raises RehearsalError.
    """
    for row in read_record(folder.path).layers:
        scratch = row.layer.changed.parent
        with suppress(OSError):
            mine = scratch.lstat().st_uid == os.geteuid()
            if mine and scratch.name.startswith(PREFIX) and not scratch.is_symlink():
                return scratch
    return None


def discard(folder: RunFolder) -> bool:
    """Remove what a rehearsal keeps, if it keeps something. Raises RehearsalError."""
    if not (folder.path / RECORD_NAME).exists():
        return False
    scratch = scratch_of(folder)
    if scratch is None:
        return False
    remove(scratch)
    return True


def forgotten(root: Path, age: float) -> Iterator[RunFolder]:
    """Yield rehearsals older than some seconds that keep changes, and whose commit is not at work.

    Raises RunFolderError.
    """
    for folder in list_runs(root):
        record = folder.path / RECORD_NAME
        with suppress(RehearsalError, FileNotFoundError):
            if time.time() - record.stat().st_mtime > age and scratch_of(folder) is not None:
                state = read_state(folder.path)
                if state is None or state.phase in {"refused", "closed", "undone"}:
                    yield folder
