"""Open a checkpoint for grounding, and know how large pictures must be for it."""

from pathlib import Path

from handrail.model.engine import Engine
from handrail.model.grounding import Grounder, Scale
from handrail.model.json_grounder import JsonGrounder
from handrail.model.precision import DtypeName
from handrail.model.tile_format import load_format
from handrail.model.tile_grounder import TileGrounder

LEAST_IMAGE_TOKENS = 1024
"""Below this, published Qwen3-VL checkpoints ground badly (llama.cpp, issue 16842)."""


def open_engine(
    folder: Path, device: str = "cpu", dtype: DtypeName = "auto", threads: int | None = None
) -> Engine:
    """Load a checkpoint for looking at screens: small pictures are enlarged where that helps.

    One that was trained on tiles says itself how it looks. Raises ModelError.
    """
    least = LEAST_IMAGE_TOKENS if load_format(folder) is None else 0
    return Engine.load(folder, device, dtype, threads, least)


def grounder(engine: Engine, folder: Path, scale: Scale = 1000) -> Grounder:
    """Return how the checkpoint of a folder is asked where things are.

    ``scale``: in what a published or tuned checkpoint writes coordinates; one that was trained on
    tiles says so itself. Raises CheckpointError.
    """
    form = load_format(folder)
    return JsonGrounder(engine, scale) if form is None else TileGrounder(engine, form)
