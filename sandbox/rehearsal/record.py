"""The record of a rehearsal: ``rehearsal.json`` in the folder of its run.

Promises
- It is there before anything of the rehearsal is, and says ``begun`` until the end: one that was
  killed is known by that, and so is where it kept what it changed.
- What a commit applies is what stands here, and nothing else: each entry with the content and the
  metadata that it would have. The folders of changes are only where the contents are taken from.
- It is replaced whole or not at all, and is on the disk when ``keep_record`` returns.

Does not promise
- That the layers are still there: a run that was tidied away keeps its record, and cannot be
  committed any more.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from handrail.sandbox.disk import Disk, replace_file
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_names import read, written
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.layer import Form, Layer, Marks

SCHEMA = 1
RECORD_NAME = "rehearsal.json"
BASELINE_NAME = "baseline"
Stage = Literal["begun", "ended", "failed"]
Kind = Literal["desktop", "browser"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LayerRow(_Part):
    """A layer; its folders as ``file_names.written`` returns them."""

    real: str
    changed: str
    form: Form
    marks: Marks = "trusted"

    @classmethod
    def of(cls, layer: Layer) -> Self:
        """Return the row of a layer."""
        real, changed = (written(bytes(path)) for path in (layer.real, layer.changed))
        return cls(real=real, changed=changed, form=layer.form, marks=layer.marks)

    @property
    def layer(self) -> Layer:
        """Return the layer."""
        return Layer(_path(self.real), _path(self.changed), self.form, self.marks)


class RehearsalRecord(_Part):
    """What was rehearsed, on what, and what came of it.

    ``on``: the kind of copy. ``stage``: ``begun`` until its end; ``failed`` where it broke off, and
    then there is nothing to commit; ``reason`` says why. ``disturbed``: paths that changed in the
    real folders while it went on, so that what was found may not be what would happen. ``plan``:
    the actions and screens of a rehearsal that is committed by doing it again. ``left_out``: in
    words, what the copy did not have. ``scratch``: the folder of what it keeps, written as the
    layers' are and named before it is made; empty where there is none. ``beside``: further names of
    files that are changed or deleted, from which these would part.
    """

    schema_version: int = SCHEMA
    run: str
    on: Kind
    stage: Stage = "begun"
    reason: str = ""
    layers: tuple[LayerRow, ...] = ()
    consequences: Consequences = Consequences()
    disturbed: tuple[str, ...] = ()
    plan: dict[str, JsonValue] | None = None
    left_out: tuple[str, ...] = ()
    scratch: str = ""
    beside: tuple[str, ...] = ()

    @property
    def scratch_folder(self) -> Path | None:
        """Return the folder of what it keeps, None where it never kept anything."""
        return _path(self.scratch) if self.scratch else None


def keep_record(folder: Path, record: RehearsalRecord, disk: Disk) -> None:
    """Write the record into a run's folder, durably. Raises RehearsalError."""
    path = folder / RECORD_NAME
    try:
        replace_file(path, record.model_dump_json(indent=1).encode(), disk)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RehearsalError(f"cannot write {path}: {reason}") from error


def read_record(folder: Path) -> RehearsalRecord:
    """Read the record of a run. Raises RehearsalError where there is none, or it cannot be read."""
    path = folder / RECORD_NAME
    try:
        return RehearsalRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise RehearsalError(f"{folder.name} rehearsed nothing: it has no {path.name}") from error
    except OSError as error:
        raise RehearsalError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise RehearsalError(f"{path} is not the record of a rehearsal: {why}") from error


def _path(text: str) -> Path:
    return Path(read(text).decode("utf-8", "surrogateescape"))
