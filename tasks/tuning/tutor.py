"""The two kinds of models that can be tuned, behind one face: what each needs, and what it leaves.

The pocket model learns whole, and its result is a checkpoint like the one that ships. A published
Qwen3-VL learns by LoRA, and its result is an adapter in PEFT's format beside its base.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from handrail.agent.tool import computer_use
from handrail.model.adapter import is_adapter
from handrail.model.errors import UnsupportedError
from handrail.model.gguf_checkpoint import GgufCheckpoint, open_checkpoint
from handrail.model.learning import Pupil
from handrail.model.stored import SINGLE_FILE
from handrail.model.tile_format import load_format
from handrail.tasks.errors import PackagesMissing, UsageError
from handrail.tasks.tuning.example import Example, LeftOut

_NEEDED = "tuning needs {}, which is not installed: pip install 'handrail[train]'"


@dataclass(frozen=True)
class Terms:
    """What every tutor is told: the base's folder, the seed and the device."""

    base: Path
    seed: int
    device: str


class Tutor(Protocol):
    """Teaches one model, and writes what became of it."""

    @property
    def rate(self) -> float:
        """Return how fast it learns at most."""
        ...

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Return what it cannot learn."""
        ...

    @property
    def count(self) -> int:
        """Return how many examples it learns."""
        ...

    def pupil(self) -> Pupil:
        """Load the model. Raises ModelError."""
        ...

    def write(self, folder: Path) -> None:
        """Write the checkpoint, last of all what makes it one. Raises OSError."""
        ...


def tutor_of(examples: Sequence[Example], terms: Terms) -> Tutor:
    """Return the tutor of a checkpoint. Raises CheckpointError, UnsupportedError, PackagesMissing.

    Nothing large is loaded yet.
    """
    if is_adapter(terms.base):
        raise UnsupportedError(
            f"{terms.base} is an adapter: tune its base model on all rows instead"
        )
    if isinstance(open_checkpoint(terms.base), GgufCheckpoint):
        raise UnsupportedError(
            f"{terms.base} is a GGUF file, whose weights are packed: tune the original checkpoint"
        )
    try:
        if load_format(terms.base) is None:
            return _LoraTutor(examples, terms)
        if terms.device != "cpu":
            raise UsageError("the pocket model is small, and is tuned on the CPU: leave --device")
        return _PocketTutor(examples, terms)
    except ModuleNotFoundError as error:
        raise PackagesMissing(_NEEDED.format(error.name)) from error


class _PocketTutor:
    """Teaches a model that looks at tiles."""

    rate = 5e-4

    def __init__(self, examples: Sequence[Example], terms: Terms) -> None:
        from handrail.model.pocket import tuning as teaching
        from handrail.tasks.tuning.pocket_lessons import lessons_of
        from handrail.tasks.tuning.pocket_words import speech_of

        self._teaching, self._terms = teaching, terms
        form = load_format(terms.base)
        assert form is not None
        self._rows, self.left_out = lessons_of(examples, speech_of(terms.base, form))
        self.count = len(examples) - len(self.left_out)

    def pupil(self) -> Pupil:
        """Load the model and its training heads."""
        form = load_format(self._terms.base)
        assert form is not None
        self._net = self._teaching.load_net(self._terms.base, self._terms.seed)
        return self._teaching.PocketPupil(self._net, self._rows, form, self._terms.seed)

    def write(self, folder: Path) -> None:
        """Write the weights in bfloat16, as they ship, beside the base's other files."""
        from handrail.model.pocket.export import write_weights
        from handrail.model.pocket.states import HEADS_FILE, save_heads

        for file in sorted(self._terms.base.iterdir()):
            if file.suffix in (".json", ".jinja") and file.name != "tuning.json":
                shutil.copyfile(file, folder / file.name)
        save_heads(self._net, folder / HEADS_FILE)
        write_weights(self._net, folder / SINGLE_FILE)


class _LoraTutor:
    """Teaches a published checkpoint by LoRA."""

    rate = 2e-4
    _BATCH = 4

    def __init__(self, examples: Sequence[Example], terms: Terms) -> None:
        from handrail.model import lora
        from handrail.tasks.tuning.turns import turns_of

        self._lora, self._terms = lora, terms
        self._turns, self.left_out = turns_of(examples)
        self.count = len(self._turns)

    def pupil(self) -> Pupil:
        """Load the model, and put the small matrices in."""
        from handrail.model.grounder import open_engine

        engine = open_engine(self._terms.base, self._terms.device)
        turns = self._lora.Turns(self._turns, self._BATCH, (computer_use(),), self._terms.seed)
        self._pupil = self._lora.LoraPupil(engine, turns)
        return self._pupil

    def write(self, folder: Path) -> None:
        """Write the adapter."""
        self._pupil.write(folder, self._terms.base.resolve())
