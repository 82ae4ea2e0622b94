"""One tuning, from what a user names to a folder with a model and ``tuning.json``.

While it goes on the folder holds ``unfinished/``: the state to go on from, and the examination
before. It is removed last of all.
"""

import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from handrail.model.errors import TuningError
from handrail.model.learning import Course, StateFile, learn
from handrail.tasks.errors import UsageError
from handrail.tasks.results.machine import hardware, versions
from handrail.tasks.results.result import Figure
from handrail.tasks.run_model import ModelChoice, load_proposer, model_folder
from handrail.tasks.tuning.examination import Answer, Change, change, examine, figures
from handrail.tasks.tuning.example import LeftOut
from handrail.tasks.tuning.sources import read_sources
from handrail.tasks.tuning.split import Split, split
from handrail.tasks.tuning.tutor import Terms, Tutor, tutor_of

RESULT = "tuning.json"
_UNFINISHED, _STATE, _BEFORE = "unfinished", "state.pt", "before.json"
_ANSWERS: TypeAdapter[tuple[Answer, ...]] = TypeAdapter(tuple[Answer, ...])
STEPS = 300
_EVERY = 60.0
_ROOM = 2.5
"""How many times the learned weights' bytes are needed: weights, optimizers and the result."""


class View(Protocol):
    """Who is told how far it is."""

    def begin(self, what: str, total: int) -> None:
        """Begin a part of so many units."""
        ...

    def done(self, count: int, note: str = "") -> None:
        """Say that so many units of the part are done."""
        ...

    def tell(self, line: str) -> None:
        """Tell something."""
        ...


@dataclass(frozen=True)
class TuningRequest:
    """What is asked for. ``every``: seconds between two states that are kept."""

    sources: tuple[str, ...]
    model: str
    output: Path
    runs: Path
    steps: int = STEPS
    seed: int = 1
    held_out: float = 0.2
    device: str = "cpu"
    threads: int | None = None
    every: float = _EVERY

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError(f"--steps must be at least 1, not {self.steps}")
        if not 0 <= self.held_out < 1:
            raise UsageError(f"--held-out must be at least 0 and less than 1, not {self.held_out}")


@dataclass(frozen=True)
class Tuned:
    """What came of it: the figures of what was held out, before and after."""

    file: Path
    before: tuple[Figure, ...]
    after: tuple[Figure, ...]
    changed: Change | None


def tune(request: TuningRequest, view: View) -> Tuned:
    """Tune a model, or go on where an earlier try was cut off.

    Raises UsageError, RunFolderError, PackagesMissing and ModelError, of which TuningError says
    that the folder cannot be written.
    """
    import torch

    if request.threads is not None:
        torch.set_num_threads(request.threads)
    found = read_sources(request.sources, request.runs)
    parts = split(found.examples, request.held_out, request.seed)
    base = model_folder(request.model)
    tutor = tutor_of(parts.learned, Terms(base, request.seed, request.device))
    left_out = (*found.left_out, *parts.repeated, *tutor.left_out)
    if not tutor.count:
        raise UsageError(f"there is nothing that this model can learn: {_most(left_out)}")
    subject = _subject(request, base, parts, torch.get_num_threads())
    work = _work_folder(request.output)
    view.tell(f"learned from: {tutor.count}; held out: {len(parts.held_out)}")
    for reason, count in Counter(one.reason for one in left_out).most_common():
        view.tell(f"left out: {count}, for {reason}")
    began = time.monotonic()
    try:
        before = _examined_before(request, parts, work / _BEFORE, subject, view)
        _learn(request, tutor, StateFile(work / _STATE, subject, request.every), view)
        tutor.write(request.output)
    except OSError as error:
        raise _unwritable(request.output, error) from error
    after = _examined(request, str(request.output), parts, "after", view)
    changed = change(before, after) if after else None
    told = Tuned(request.output / RESULT, figures(before), figures(after), changed)
    content = _content(request, tutor, left_out, parts, told)
    content["seconds"] = round(time.monotonic() - began, 1)
    content["answers"] = {
        "before": _ANSWERS.dump_python(before), "after": _ANSWERS.dump_python(after),
    }  # fmt: skip
    try:
        _write(told.file, json.dumps(content, indent=1, ensure_ascii=False))
        shutil.rmtree(work)
    except OSError as error:
        raise _unwritable(request.output, error) from error
    return told


def _learn(request: TuningRequest, tutor: Tutor, kept: StateFile, view: View) -> None:
    course = Course(request.steps, tutor.rate, request.seed)
    pupil = tutor.pupil()
    _check_room(request.output, sum(w.numel() * w.element_size() for w in pupil.weights()))
    view.begin("learning", request.steps)

    def told(step: int, loss: float) -> None:
        view.done(step, "" if loss != loss else f"loss {loss:.3f}")

    learn(pupil, course, kept, told)


def _check_room(folder: Path, weights: int) -> None:
    """Raise TuningError where the disk has no room for the states and the result."""
    free, needed = shutil.disk_usage(folder).free, int(_ROOM * 2 * weights)
    if free < needed:
        raise TuningError(
            f"{folder} needs {needed / 2**20:,.0f} MiB of room while the model learns, and "
            f"{free / 2**20:,.0f} MiB are free: make room, or name a folder on another disk"
        )


def _examined_before(
    request: TuningRequest, parts: Split, file: Path, subject: str, view: View
) -> tuple[Answer, ...]:
    """Examine the base, or read what it answered before a kill."""
    if file.is_file():
        try:
            kept = json.loads(file.read_text("utf-8"))
            if kept["subject"] == subject:
                return _ANSWERS.validate_python(kept["answers"])
        except (ValueError, KeyError, TypeError, ValidationError):
            view.tell(f"{file} cannot be read: the model is examined again")
    answers = _examined(request, request.model, parts, "before", view)
    kept = {"subject": subject, "answers": _ANSWERS.dump_python(answers)}
    _write(file, json.dumps(kept))
    return answers


def _examined(
    request: TuningRequest, model: str, parts: Split, when: str, view: View
) -> tuple[Answer, ...]:
    if not parts.held_out:
        return ()
    view.begin(f"examining {when}", len(parts.held_out))
    choice = ModelChoice(model, request.device, "auto", request.threads, screenshots=1)
    return examine(load_proposer(choice), parts.held_out, view.done)


def _work_folder(output: Path) -> Path:
    """Make the folder, or take one up that an earlier try left. Raises UsageError, TuningError."""
    work = output / _UNFINISHED
    try:
        if output.exists() and not output.is_dir():
            raise UsageError(f"{output} is a file: name a folder that is not there yet")
        if output.is_dir() and any(output.iterdir()) and not work.is_dir():
            what = "holds a finished tuning" if (output / RESULT).exists() else "is not empty"
            raise UsageError(f"{output} {what}: name a folder that is not there yet")
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(output, error) from error
    return work


def _unwritable(output: Path, error: OSError) -> TuningError:
    why = error.strerror or str(error)
    return TuningError(
        f"{error.filename or output} cannot be written ({why}): see to that, and run the same "
        "command again; it goes on from what was kept"
    )


def _subject(request: TuningRequest, base: Path, parts: Split, threads: int) -> str:
    """Return the hash of all that decides what is learned."""
    files = sorted(f for f in base.iterdir() if f.suffix in (".json", ".safetensors"))
    model = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    told = (model, parts, request.steps, request.seed, request.device, threads)
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def _content(
    request: TuningRequest, tutor: Tutor, left_out: Sequence[LeftOut], parts: Split, told: Tuned
) -> dict[str, object]:
    return {
        "model": request.model,
        "sources": list(request.sources),
        "steps": request.steps,
        "seed": request.seed,
        "held_out": request.held_out,
        "learned": tutor.count,
        "examined": len(parts.held_out),
        "left_out": dict(Counter(one.reason for one in left_out).most_common()),
        "before": [figure.model_dump(mode="json") for figure in told.before],
        "after": [figure.model_dump(mode="json") for figure in told.after],
        "change": None
        if told.changed is None
        else {**told.changed.model_dump(), "words": told.changed.words},
        "hardware": hardware().model_dump(),
        "versions": versions(),
    }


def _most(left_out: Sequence[LeftOut]) -> str:
    first = left_out[0] if left_out else LeftOut("", "no row is left to learn")
    return f"{first.where}: {first.reason} ({len(left_out)} left out)"


def _write(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(file)
