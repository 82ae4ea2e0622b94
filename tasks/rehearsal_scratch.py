"""The folders in which rehearsals keep what they changed, until it is committed or let go."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.commit_record import read_state
from handrail.sandbox.rehearsal.record import RECORD_NAME, read_record
from handrail.sandbox.rehearsal.removal import remove
from handrail.tasks.runs import RunFolder, held, list_runs

PREFIX = "handrail-rehearsal-"
LOCK_NAME = "rehearsal.lock"


def fresh_scratch(place: Path) -> Path:
    """Return a name for such a folder that nobody can guess; it is not made yet."""
    return place / f"{PREFIX}{secrets.token_hex(8)}"


def scratch_of(folder: RunFolder) -> Path | None:
    """Return where a rehearsal keeps its changes, None where it keeps none any more.

    Only a folder that Handrail named, and this user made, is one. Raises RehearsalError.
    """
    scratch = read_record(folder.path).scratch_folder
    if scratch is not None:
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


@dataclass(frozen=True)
class Leftover:
    """A rehearsal that keeps what nobody may commit any more, and why."""

    folder: RunFolder
    why: str


def leftovers(root: Path, age: float) -> Iterator[Leftover]:
    """Yield rehearsals that keep changes for nothing, or for longer than some seconds.

    Those that go on, or whose commit was begun, are none. Raises RunFolderError.
    """
    for folder in list_runs(root):
        with suppress(RehearsalError, FileNotFoundError):
            why = _why(folder, age)
            if why and scratch_of(folder) is not None:
                yield Leftover(folder, why)


def _why(folder: RunFolder, age: float) -> str:
    """Say why what a rehearsal keeps is of no use, or return an empty string."""
    record, state = read_record(folder.path), read_state(folder.path)
    old = time.time() - (folder.path / RECORD_NAME).stat().st_mtime > age
    if record.stage != "ended":
        return "" if held(folder.path / LOCK_NAME, not old) else "it was interrupted"
    if state is not None and state.phase in {"closed", "undone"}:
        return "it was committed"
    return "it is too old" if old and (state is None or state.phase == "refused") else ""
