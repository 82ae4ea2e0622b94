"""The record of a commit: how far it is, in the folder of its run.

Promises
- ``commit.json`` says durably how far a commit is, and between which restore points it goes, before
  the first entry of a real folder is touched.

Does not promise
- That a commit that says ``applying`` goes on: it may have been killed, and is then finished or
  taken back by the next one.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.sandbox.disk import Disk, replace_file
from handrail.sandbox.errors import RehearsalError

STATE_NAME = "commit.json"

Phase = Literal["staging", "applying", "taking back", "refused", "applied", "closed", "undone"]


class CommitState(BaseModel):
    """How far it is.

    ``staging``: new contents are taken into the store, nothing of the real folders was touched.
    ``applying``: they are being put in place. ``taking back``: something was in the way, and what
    was put in place is being taken out again. ``refused``: nothing is changed; ``reason`` says why.
    ``applied``: all is in place. ``closed``: and what was kept for taking it back is removed.
    ``undone``: and all was put back from the restore points.
    ``before`` and ``after``: the restore points that it goes between, empty where there are none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: Literal[1] = 1
    phase: Phase
    digest: str
    noise: bool = False
    entries: int = 0
    reason: str = ""
    before: str = ""
    after: str = ""


def read_state(folder: Path) -> CommitState | None:
    """Return how far a run's commit is, None where none was begun. Raises RehearsalError."""
    path = folder / STATE_NAME
    try:
        return CommitState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RehearsalError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise RehearsalError(f"{path} is not the record of a commit: {why}") from error


def keep_state(folder: Path, state: CommitState, disk: Disk) -> None:
    """Write down how far it is, durably. Raises RehearsalError."""
    path = folder / STATE_NAME
    try:
        replace_file(path, state.model_dump_json().encode(), disk)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RehearsalError(f"cannot write {path}: {reason}") from error
