"""Keep and find again what training made: whole states, and the shipped weights with their heads.

A state (``.pt``) holds weights, heads, optimizers, and how far its stage has come: from it a stage
goes on where it was. The repository keeps less: the checkpoint that ships and, beside it, the
auxiliary heads in bfloat16, from which a training can be taken up with fresh optimizers.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from handrail.model import learning
from handrail.model.learning import Optimizers
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.course import Reached
from handrail.model.pocket.network import TrainingNetwork

HEADS_FILE = "heads.safetensors"
HEADS = Path(__file__).parent / HEADS_FILE
_MODEL = "model."
_FRESH = 0.06
"""Standard deviation of a token's row that nothing has been taught yet."""


def save_heads(net: TrainingNetwork, file: Path) -> None:
    """Write the auxiliary heads in bfloat16."""
    heads = {n: w for n, w in net.state_dict().items() if not n.startswith(_MODEL)}
    save_file({n: w.to(torch.bfloat16).contiguous() for n, w in heads.items()}, file)


def load(net: TrainingNetwork, source: Path) -> list[dict[str, Any]] | None:
    """Load a state, or a checkpoint folder with its own heads, else the ones that ship.

    Returns the optimizers' state, None where the source has none.
    """
    if source.is_dir():
        own = source / HEADS_FILE
        heads = load_file(own if own.is_file() else HEADS)
        shipped = {_MODEL + n: w for n, w in load_file(source / "model.safetensors").items()}
        shipped[_MODEL + "lm_head.weight"] = shipped[
            _MODEL + "model.language_model.embed_tokens.weight"
        ]
        net.load_state_dict({n: w.float() for n, w in {**shipped, **heads}.items()})
        return None
    state = torch.load(source, map_location=net.embedding.device)
    net.load_state_dict(state["net"])
    optimizer: list[dict[str, Any]] = state["optimizer"]
    return optimizer


@dataclass(frozen=True)
class Kept:
    """The state of one stage on the disk; ``subject`` tells its settings from any others."""

    file: Path
    subject: str

    def save(self, net: TrainingNetwork, optimizer: Optimizers, reached: Reached) -> None:
        """Write it, so that a reader never sees half of it. Raises TuningError."""
        content = {
            "subject": self.subject, "minutes": reached.minutes, "steps": list(reached.steps),
            "net": net.state_dict(), "optimizer": optimizer.state(),
        }  # fmt: skip
        learning.save(content, self.file)

    def resume(self, net: TrainingNetwork, optimizer: Optimizers) -> Reached | None:
        """Take it back; return how far the stage has come, None where nothing is kept yet.

        Raises TuningError where it is of other settings, or cannot be read.
        """
        state = learning.kept(self.file, self.subject)
        if state is None:
            return None
        net.load_state_dict(state["net"])
        optimizer.restore(state["optimizer"])
        return Reached(state["minutes"], tuple(state["steps"]))


def begin_later(net: TrainingNetwork, seed: int) -> int:
    """Give every later token that was never taught a row of its own; return how many those are.

    The rows behind the last token are never said. All that was not said either was learned alike:
    to be unlikely, as one and the same row. Rows that differ from it are left as they are.
    """
    rows = net.embedding.detach()[v.FIRST_LATER :]
    untaught = (rows[: len(v.LATER)] == rows[-1]).all(-1)
    drawn = torch.randn(rows.shape, generator=torch.Generator().manual_seed(seed), device="cpu")
    with torch.no_grad():
        rows[: len(v.LATER)][untaught] = drawn[: len(v.LATER)].to(rows)[untaught] * _FRESH
    return int(untaught.sum())
