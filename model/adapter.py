"""A LoRA adapter in PEFT's format, shown as the checkpoint that it makes of its base model.

The folder holds ``adapter_config.json``, which names the base, and ``adapter_model.safetensors``.
Where it is read, each adapted matrix is the base's with the product of its two small ones added
(Hu and others, "LoRA", ICLR 2022); everything else is the base's own. So whatever reads a
checkpoint folder reads an adapter's, and memory holds one model.
Format: https://huggingface.co/docs/peft/developer_guides/checkpoint
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from handrail.model.checkpoint import CheckpointFolder, JsonObject
from handrail.model.errors import CheckpointError, ConfigError, WeightsError
from handrail.model.stored import SafetensorsFile, StoredTensor, listed

CONFIG_FILE, WEIGHTS_FILE = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."
_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"


class _Config(BaseModel):
    """What of PEFT's configuration changes the weights; other settings concern training alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    peft_type: Literal["LORA"]
    base_model_name_or_path: Annotated[str, Field(min_length=1)]
    r: Annotated[int, Field(ge=1)]
    lora_alpha: Annotated[float, Field(allow_inf_nan=False)]
    use_rslora: bool = False
    use_dora: Literal[False] = False
    fan_in_fan_out: Literal[False] = False
    bias: Literal["none"] = "none"
    rank_pattern: Annotated[dict[str, int], Field(max_length=0)] = {}
    alpha_pattern: Annotated[dict[str, float], Field(max_length=0)] = {}
    modules_to_save: Annotated[list[str], Field(max_length=0)] | None = None
    layer_replication: Annotated[list[object], Field(max_length=0)] | None = None

    @property
    def scale(self) -> float:
        """Return by how much a product counts."""
        return self.lora_alpha / (math.sqrt(self.r) if self.use_rslora else self.r)


@dataclass(frozen=True)
class _Adapted:
    """A base matrix and what is added to it: ``up`` (out, r) times ``down`` (r, in)."""

    base: StoredTensor
    down: StoredTensor
    up: StoredTensor
    scale: float

    def tensor(self, name: str) -> Tensor:
        """Return the sum, in the base's dtype."""
        plain = self.base.read()
        added = self.up.read().float() @ self.down.read().float()
        return (plain.float() + self.scale * added).to(plain.dtype)


class AdapterFolder(CheckpointFolder):
    """Reads an adapter's folder as the checkpoint of the adapted model."""

    def __init__(self, folder: Path) -> None:
        """Raise CheckpointError where the folder or its base model cannot be used."""
        self.folder = folder
        self._config = _read(CheckpointFolder(folder))
        super().__init__(_base(folder, self._config.base_model_name_or_path))

    def tensors(self) -> dict[str, StoredTensor]:
        """Return the base's tensors, the adapted ones in their place. Raises WeightsError."""
        stored = super().tensors()
        for name, (down, up) in self._pairs().items():
            stored[name] = self._adapted(name, stored.get(name), down, up)
        return stored

    def _adapted(
        self, name: str, base: StoredTensor | None, down: StoredTensor, up: StoredTensor
    ) -> StoredTensor:
        file = self.folder / WEIGHTS_FILE
        if base is None or not base.dtype.is_floating_point or base.dtype.itemsize < 2:
            raise WeightsError(
                f"{file} adapts {name}, which the base model {self.path} does not hold in 16 or 32 "
                "bits: is it the base that it was tuned on? (a quantized one cannot be merged)"
            )
        wide, shape = self._config.r, (up.shape[0], down.shape[-1])
        if (down.shape[0], up.shape[-1]) != (wide, wide) or base.shape != shape:
            raise WeightsError(
                f"{file}: matrices of {list(up.shape)} and {list(down.shape)} do not fit rank "
                f"{wide} and {name} of {list(base.shape)}: is it the base that it was tuned on?"
            )
        sum_of_both = _Adapted(base, down, up, self._config.scale)
        return replace(base, file=sum_of_both, made=True)

    def _pairs(self) -> dict[str, tuple[StoredTensor, StoredTensor]]:
        """Return each adapted parameter's two matrices, by its name in the base."""
        file = self.folder / WEIGHTS_FILE
        if not file.is_file():
            raise WeightsError(f"{self.folder} lacks {WEIGHTS_FILE}: copy the adapter again")
        found = SafetensorsFile(file).stored()
        stems = {name.removesuffix(_DOWN).removesuffix(_UP) for name in found}
        odd = sorted(
            stem
            for stem in stems
            if not (stem.startswith(PREFIX) and {stem + _DOWN, stem + _UP} <= found.keys())
        )
        if odd or not found:
            what = f"({listed(odd)})" if odd else "(it is empty)"
            raise WeightsError(f"{file} holds other things than LoRA's pairs {what}: not supported")
        return {
            f"{stem.removeprefix(PREFIX)}.weight": (found[stem + _DOWN], found[stem + _UP])
            for stem in stems
        }


def is_adapter(folder: Path) -> bool:
    """Tell whether a folder holds an adapter and no model of its own."""
    try:
        return (folder / CONFIG_FILE).is_file() and not (folder / "config.json").exists()
    except OSError:  # no name for a folder
        return False


def open_folder(folder: Path) -> CheckpointFolder:
    """Return a checkpoint folder, or the adapter that lies in it. Raises CheckpointError."""
    return AdapterFolder(folder) if is_adapter(folder) else CheckpointFolder(folder)


def _read(folder: CheckpointFolder) -> _Config:
    content: JsonObject = folder.json(CONFIG_FILE) or {}
    try:
        return _Config.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{folder.path / CONFIG_FILE}: {field}: {first['msg']}: supported is plain LoRA of "
            "linear layers"
        ) from error


def _base(folder: Path, name: str) -> Path:
    """Return the base model's folder; a relative name begins at the adapter's folder."""
    base = folder / name
    if (base / "config.json").is_file():
        return base
    raise CheckpointError(
        f"{folder / CONFIG_FILE}: the base model {name} is not in {base}: write the folder that "
        "holds it into base_model_name_or_path (`handrail model pull OWNER/NAME` prints one)"
    )
