"""What a checkpoint stores: where each tensor lies, and how it is read.

Safetensors lie in one file, or in shards listed by an index. Files are memory-mapped.
Format: https://github.com/huggingface/safetensors
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from handrail.model.errors import MemoryTooSmall, WeightsError

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
_DTYPES = {
    "F32": torch.float32,
    "BF16": torch.bfloat16,
    "F16": torch.float16,
    "F8_E4M3": torch.float8_e4m3fn,
    "I32": torch.int32,
    "I64": torch.int64,
}
_NAMED_IN_ERRORS = 4


class TensorFile(Protocol):
    """A file of named tensors."""

    def tensor(self, name: str) -> Tensor:
        """Return a tensor, a view of the file where it can be."""
        ...


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a file: its name there, its shape and dtype.

    `transposed`: it is read with its last two axes exchanged, and `shape` is what that gives.
    `blocks`: its rows are bytes of this GGUF format. `second`: the name of another tensor that is
    stacked behind it on axis 2. `made`: it is computed where it is read, never a view of a file.
    """

    file: TensorFile
    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    transposed: bool = False
    blocks: str | None = None
    second: str | None = None
    made: bool = False

    def read(self) -> Tensor:
        """Return the tensor."""
        read = self.file.tensor(self.name)
        if self.second is not None:
            read = torch.stack((read, self.file.tensor(self.second)), dim=2)
        return read.transpose(-1, -2) if self.transposed else read


class SafetensorsFile:
    """Reads one safetensors file.

    Raises WeightsError where it is damaged, MemoryTooSmall where it is too large for the machine.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._reader: Any = safe_open(path, framework="pt")  # its stubs are not typed
        except (SafetensorError, OSError) as error:
            raise WeightsError(
                f"{path} is truncated or damaged ({error}): download it again"
            ) from error
        except RuntimeError as error:  # a file larger than the machine's memory
            raise MemoryTooSmall(f"{path} cannot be mapped: {error}") from error

    def tensor(self, name: str) -> Tensor:
        """Return a tensor, a view of the file."""
        read: Tensor = self._reader.get_tensor(name)
        return read

    def stored(self) -> dict[str, StoredTensor]:
        """Return all tensors. Raises WeightsError for a dtype that is not supported."""
        found: dict[str, StoredTensor] = {}
        for name in self._reader.keys():  # noqa: SIM118 - the reader is not a mapping
            part = self._reader.get_slice(name)
            dtype = _DTYPES.get(part.get_dtype())
            if dtype is None:
                raise WeightsError(
                    f"{self.path}: {name} is stored as {part.get_dtype()}; supported are "
                    f"{', '.join(_DTYPES)}"
                )
            found[name] = StoredTensor(self, name, tuple(part.get_shape()), dtype)
        return found


def safetensors_of(folder: Path, index: dict[str, object] | None) -> dict[str, StoredTensor]:
    """Return all tensors of a folder; `index` is the content of its index file, if it has one.

    Raises WeightsError naming what is absent or damaged.
    """
    stored: dict[str, StoredTensor] = {}
    for file in _files(folder, index):
        stored.update(SafetensorsFile(file).stored())
    return stored


def _files(folder: Path, index: dict[str, object] | None) -> list[Path]:
    single = folder / SINGLE_FILE
    if single.is_file():
        return [single]
    if index is None:
        raise WeightsError(
            f"{folder} holds neither {SINGLE_FILE} nor {INDEX_FILE}: "
            "download the weight files as well"
        )
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise WeightsError(f"{folder / INDEX_FILE} has no weight_map: copy it again")
    names = sorted({str(name) for name in weight_map.values()})
    if any(Path(name).name != name for name in names):
        raise WeightsError(f"{folder / INDEX_FILE} names files outside its folder")
    absent = [name for name in names if not (folder / name).is_file()]
    if absent:
        raise WeightsError(
            f"{folder} lacks {listed(absent)} of its {len(names)} weight files: download them again"
        )
    return [folder / name for name in names]


def listed(names: Sequence[str]) -> str:
    """Return the first few of many names, and how many more there are."""
    shown = ", ".join(names[:_NAMED_IN_ERRORS])
    more = len(names) - _NAMED_IN_ERRORS
    return f"{shown} and {more} more" if more > 0 else shown
