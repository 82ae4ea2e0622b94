"""One GGUF file: its metadata, and its tensors as they lie in it.

Reading is the gguf library's; what is damaged or of a wrong type is named here.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from gguf import GGMLQuantizationType, GGUFReader
from torch import Tensor

from handrail.model.errors import ConfigError, WeightsError
from handrail.model.gguf_blocks import BLOCKS
from handrail.model.stored import StoredTensor

_PLAIN = {
    GGMLQuantizationType.F32: torch.float32,
    GGMLQuantizationType.F16: torch.float16,
    GGMLQuantizationType.BF16: torch.bfloat16,
}


class GgufFile:
    """Reads one file; tensors stay mapped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # copy-on-write, because torch wants memory that it may write to
            self._reader = GGUFReader(path, mode="c")
        except (ValueError, KeyError, IndexError, OSError, OverflowError, MemoryError) as error:
            raise WeightsError(
                f"{path} is truncated, damaged or no GGUF file ({error}): download it again"
            ) from error
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}

    def get(self, key: str) -> object:
        """Return a value of the metadata, None where it is not there."""
        field = self._reader.get_field(key)
        return None if field is None else field.contents()

    def need(self, key: str) -> object:
        """Return a value of the metadata. Raises ConfigError where it is not there."""
        value = self.get(key)
        if value is None:
            raise ConfigError(f"{self.path} lacks {key}: convert the model again")
        return value

    def integer(self, key: str) -> int:
        """Return a whole number of the metadata. Raises ConfigError for anything else."""
        value = self.need(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ConfigError(f"{self.path}: {key} is {value!r}, not a whole number")
        return value

    def items(self, key: str) -> Sequence[object]:
        """Return a list of the metadata. Raises ConfigError for anything else."""
        value = self.need(key)
        if not isinstance(value, list):
            raise ConfigError(f"{self.path}: {key} is not a list")
        return value

    def stored(self) -> dict[str, StoredTensor]:
        """Return all tensors by the file's names; quantized ones as rows of bytes."""
        return {name: self._described(name) for name in self._tensors}

    def tensor(self, name: str) -> Tensor:
        """Return a tensor, a view of the file."""
        read = torch.from_numpy(self._tensors[name].data)
        kind = self._tensors[name].tensor_type
        return read.view(torch.bfloat16) if kind == GGMLQuantizationType.BF16 else read

    def _described(self, name: str) -> StoredTensor:
        tensor = self._tensors[name]
        kind, shape = tensor.tensor_type, tuple(int(side) for side in tensor.data.shape)
        if kind.name in BLOCKS:
            return StoredTensor(self, name, shape, torch.uint8, blocks=kind.name)
        if kind not in _PLAIN:
            known = ", ".join([*(k.name for k in _PLAIN), *BLOCKS])
            raise WeightsError(
                f"{self.path}: {name} is stored as {kind.name}; supported are {known}"
            )
        if kind == GGMLQuantizationType.BF16:
            shape = (*shape[:-1], shape[-1] // 2)
        return StoredTensor(self, name, shape, _PLAIN[kind])
