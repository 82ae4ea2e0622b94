"""``run.json``: what a run was asked, what it did and how it ended, for machines.

Texts that a screen or a model chose stand here as they came; whoever shows them uses the sanitiser.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from handrail.actuators.actions import Action
from handrail.actuators.observation import storable
from handrail.agent.result import EndKind
from handrail.agent.verify import Finding
from handrail.sandbox.disk import Disk, replace_file
from handrail.sandbox.records import AlertRule
from handrail.tasks.errors import RunFolderError

SCHEMA = 1
RunKind = Literal["run", "rehearsal"]
RunState = EndKind | Literal["running"]
Words = Annotated[str, BeforeValidator(lambda given: _words(given))]
"""Text that a model, a screen or a command line chose."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Seconds(_Part):
    """How long one step took: until the screen was still, until the reply, until the outcome."""

    look: float = 0.0
    think: float = 0.0
    act: float = 0.0


class StepRow(_Part):
    """One reply and what became of it; ``frame`` names the picture that it was decided on.

    ``verdict``: whether the world changed as intended, empty where nothing was to change.
    ``edited``: what a person made of the action, where they changed it. ``tried``: what came of it
    on a copy, empty where no rule wanted that.
    """

    number: int
    attempt: int = 1
    frame: str = ""
    width: int = 0
    height: int = 0
    line: Words = ""
    action: Action | None = None
    edited: Action | None = None
    confidence: float | None = None
    problem: Words = ""
    reply: Words = ""
    effect: str = ""
    outcome: str = ""
    reason: Words = ""
    tried: Words = ""
    verdict: Finding | Literal[""] = ""
    verdict_reason: Words = ""
    seconds: Seconds = Seconds()
    prompt_tokens: int = 0
    image_tokens: int = 0
    reply_tokens: int = 0


class Asked(_Part):
    """What was asked for: the goal, where, with which model, under which policy and bounds.

    ``kind``: a rehearsal happened on a copy.
    """

    kind: RunKind = "run"
    goal: Words
    target: Words
    model: Words
    model_config_sha256: str = ""
    device: str = ""
    dtype: str = ""
    screenshots: int = 1
    hints: bool = False
    policy: Words
    max_steps: int
    max_seconds: float
    max_calls: int
    expect: tuple[Words, ...] = ()


class CheckRow(_Part):
    """A declared check, and why it does not hold; empty where it does."""

    check: Words
    problem: Words = ""


class AlertRow(_Part):
    """What a rule found unusual, within which step, and the journal's record that raised it."""

    step: int
    rule: AlertRule
    record: int
    reason: Words


class Used(_Part):
    """What the run used."""

    steps: int = 0
    seconds: float = 0.0
    calls: int = 0


class RunFile(_Part):
    """The whole record; while the run goes on, ``outcome`` is ``running``.

    ``started`` and ``ended`` are ISO 8601 in UTC; ``last_frame`` is the last screen that was seen;
    ``coordinates`` is the space in which the model's replies name points.
    """

    schema_version: int = SCHEMA
    run: str
    asked: Asked
    started: str
    ended: str = ""
    outcome: RunState = "running"
    exit_code: int | None = None
    reason: Words = ""
    answer: str | None = None
    checks: tuple[CheckRow, ...] = ()
    steps: tuple[StepRow, ...] = ()
    alerts: tuple[AlertRow, ...] = ()
    last_frame: str = ""
    used: Used = Used()
    journal_head: str = ""
    coordinates: str = ""
    versions: dict[str, str] = Field(default_factory=dict)


def _words(given: object) -> object:
    return storable(given) if isinstance(given, str) else given


def write_run_file(path: Path, content: RunFile) -> None:
    """Replace the record in one go: a reader sees the old one or the new one."""
    fresh = path.with_suffix(".json.new")
    try:
        fresh.write_bytes(_written(content))
        fresh.replace(path)
    except OSError as error:
        raise RunFolderError(f"cannot write {path}: {error.strerror}") from error


def keep_run_file(path: Path, content: RunFile, disk: Disk) -> None:
    """Replace the record so that it is on the disk when this returns, before its anchor is."""
    try:
        replace_file(path, _written(content), disk)
    except OSError as error:
        raise RunFolderError(f"cannot write {path}: {error.strerror or error}") from error


def _written(content: RunFile) -> bytes:
    return content.model_dump_json(indent=1).encode("utf-8")


def read_run_file(path: Path) -> RunFile:
    """Read a record. Raises RunFolderError where it is absent or not one."""
    try:
        return RunFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RunFolderError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        raise RunFolderError(
            f"{path} is not the record of a run: {error.errors()[0]['msg']}"
        ) from error
