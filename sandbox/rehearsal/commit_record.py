"""The record of a commit: how far it is, and what is to be done, in the folder of its run.

Promises
- ``commit.json`` says durably how far a commit is; ``commit-plan.json`` is whole before the first
  entry of a real folder is touched.

Does not promise
- That a commit that says ``applying`` goes on: it may have been killed, and is then finished or
  taken back by the next one.
"""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.sandbox.disk import Disk, replace_file
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.consequences import EntryState

STATE_NAME, PLAN_NAME = "commit.json", "commit-plan.json"

Phase = Literal["staging", "applying", "taking back", "refused", "applied", "closed", "undone"]
StepKind = Literal["take", "put", "swap", "dress"]
Mark = tuple[int, int, int]
"""Inode, size and time of an entry."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CommitState(_Part):
    """How far it is.

    ``staging``: new contents are copied beside the real folders, nothing of theirs was touched.
    ``applying``: they are being put in place. ``taking back``: something was in the way, and what
    was put in place is being taken out again. ``refused``: nothing is changed; ``reason`` says why.
    ``applied``: all is in place. ``closed``: and what was kept for taking it back is removed.
    ``undone``: and all was put back from the restore points.
    ``before`` and ``after``: the restore points around it, empty where nobody kept any.
    """

    schema_version: Literal[1] = 1
    phase: Phase
    digest: str
    noise: bool = False
    entries: int = 0
    reason: str = ""
    before: str = ""
    after: str = ""


class Operation(_Part):
    """One thing to do with one path of one layer.

    ``take``: move it away. ``put``: place what was staged where nothing is. ``swap``: place what
    was staged in its stead. ``dress``: change its metadata. ``then``: the mark of what is there
    before; ``fresh``: the inode of what was staged; ``shared``: that is a file of the real folder,
    of which this becomes a further name.
    """

    kind: StepKind
    layer: int
    path: str
    number: int
    was: EntryState | None = None
    becomes: EntryState | None = None
    then: Mark | None = None
    fresh: int = 0
    shared: bool = False


class FolderTime(_Part):
    """The time of a folder in which something is to be done.

    ``then``: as it was; ``wanted``: as it is to be in the end, None where the commit's own will do.
    """

    layer: int
    path: str
    then: int
    wanted: int | None


class CommitPlan(_Part):
    """All that is to be done, in order."""

    operations: tuple[Operation, ...]
    times: tuple[FolderTime, ...]


def read_state(folder: Path) -> CommitState | None:
    """Return how far a run's commit is, None where none was begun. Raises RehearsalError."""
    path = folder / STATE_NAME
    return _read(path, CommitState) if path.exists() else None


def keep_state(folder: Path, state: CommitState, disk: Disk) -> None:
    """Write down how far it is, durably. Raises RehearsalError."""
    _keep(folder / STATE_NAME, state, disk)


def read_plan(folder: Path) -> CommitPlan:
    """Return what is to be done. Raises RehearsalError."""
    return _read(folder / PLAN_NAME, CommitPlan)


def keep_plan(folder: Path, plan: CommitPlan, disk: Disk) -> None:
    """Write down what is to be done, durably. Raises RehearsalError."""
    _keep(folder / PLAN_NAME, plan, disk)


_Kept = TypeVar("_Kept", bound=_Part)


def _read(path: Path, kind: type[_Kept]) -> _Kept:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RehearsalError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise RehearsalError(f"{path} is not the record of a commit: {why}") from error


def _keep(path: Path, content: _Part, disk: Disk) -> None:
    try:
        replace_file(path, content.model_dump_json().encode(), disk)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RehearsalError(f"cannot write {path}: {reason}") from error
