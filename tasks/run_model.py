"""Load a checkpoint, and choose the proposer that fits it."""

import hashlib
import os
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from handrail.agent.history import SCREENSHOTS
from handrail.agent.pocket_proposer import PocketProposer
from handrail.agent.proposer import ModelProposer, Proposer
from handrail.model.tile_format import load_format
from handrail.tasks.models import is_name, models_folder, pulled_folder

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.engine import Engine
    from handrail.model.remote import Endpoint

POCKET = "pocket"
ADAPTER = "adapter_config.json"


@dataclass(frozen=True)
class ModelChoice:
    """Which checkpoint, where it computes, and how many screenshots it is shown at most.

    ``model`` is a folder, or ``pocket`` for the model that comes with Handrail; with ``remote``,
    the endpoint decides instead and nothing is loaded here. ``skip_ground``: pictures are shown
    without their plain ground, whatever the checkpoint says of that. ``hints``: it may hear of the
    controls that the surface names.
    """

    model: str = POCKET
    device: str = "cpu"
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    threads: int | None = None
    screenshots: int = SCREENSHOTS
    skip_ground: bool = False
    remote: "Endpoint | None" = None
    hints: bool = False

    @property
    def shown(self) -> str:
        """Return what people are told about which model it is."""
        return self.model if self.remote is None else f"{self.remote.model} at {self.remote.url}"


def model_folder(model: str) -> Path:
    """Return the checkpoint's folder; it may not be there.

    A name of the form OWNER/NAME means the model that was pulled, unless there is such a folder.
    """
    if model != POCKET:
        if is_name(model) and not Path(model).exists():
            return pulled_folder(model, models_folder(os.environ))
        try:
            return Path(model).expanduser()
        except RuntimeError:
            return Path(model)  # the home of a user that there is not
    with as_file(files("handrail.model.pocket") / "weights") as folder:
        return folder


def config_hash(folder: Path) -> str:
    """Return the SHA-256 (hex) of the checkpoint's config.json, or of an adapter's own.

    Empty where it cannot be read.
    """
    try:
        name = ADAPTER if (folder / ADAPTER).is_file() else "config.json"
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()
    except OSError:
        return ""


def load_proposer(choice: ModelChoice) -> Proposer:
    """Load the model and return a proposer on it. Raises ModelError."""
    if choice.remote is not None:
        from handrail.model.remote import RemoteModel

        return ModelProposer(RemoteModel(choice.remote), choice.screenshots)
    folder = model_folder(choice.model)
    return make_proposer(chosen_engine(choice, folder), folder, choice.screenshots)


def chosen_engine(choice: ModelChoice, folder: Path) -> "Engine":
    """Load the engine of a choice whose folder is known. Raises ModelError."""
    from handrail.model.grounder import open_engine

    engine = open_engine(folder, choice.device, choice.dtype, choice.threads)
    if choice.skip_ground:
        engine.skip_ground()
    return engine


def make_proposer(engine: "Engine", folder: Path, screenshots: int) -> Proposer:
    """Return the proposer that fits a loaded checkpoint: the one place that chooses it.

    A folder with a ``handrail.json`` holds a checkpoint that looks at tiles. Raises
    CheckpointError.
    """
    form = load_format(folder)
    if form is None:
        return ModelProposer(engine, screenshots)
    from handrail.model.tile_grounder import TileGrounder

    return PocketProposer(engine, form, TileGrounder(engine, form))
