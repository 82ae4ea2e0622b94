"""What a checkpoint folder stores: safetensors in one file, or in shards listed by an index.

Format: https://github.com/huggingface/safetensors
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.errors import WeightsError

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


@dataclass(frozen=True)
class StoredTensor:
    """Where one tensor lies, its shape and dtype; `transposed`: it is read with its last two axes
    exchanged, and `shape` is what that gives.
    """

    file: Path
    shape: tuple[int, ...]
    dtype: torch.dtype
    transposed: bool = False


def find_files(folder: CheckpointFolder) -> list[Path]:
    """Return the weight files of a checkpoint, all of which exist.

    Raises WeightsError naming what is absent.
    """
    single = folder.path / SINGLE_FILE
    if single.is_file():
        return [single]
    index = folder.json(INDEX_FILE)
    if index is None:
        raise WeightsError(
            f"{folder.path} holds neither {SINGLE_FILE} nor {INDEX_FILE}: "
            "download the weight files as well"
        )
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise WeightsError(f"{folder.path / INDEX_FILE} has no weight_map: copy it again")
    names = sorted({str(name) for name in weight_map.values()})
    if any(Path(name).name != name for name in names):
        raise WeightsError(f"{folder.path / INDEX_FILE} names files outside its folder")
    absent = [name for name in names if not (folder.path / name).is_file()]
    if absent:
        raise WeightsError(
            f"{folder.path} lacks {listed(absent)} of its {len(names)} weight files: "
            "download them again"
        )
    return [folder.path / name for name in names]


def read_headers(files: Sequence[Path]) -> dict[str, StoredTensor]:
    """Read the names, shapes and dtypes of all tensors.

    Raises WeightsError for a truncated or damaged file, or a dtype that is not supported.
    """
    stored: dict[str, StoredTensor] = {}
    for file in files:
        try:
            with safe_open(file, framework="pt") as reader:
                for name in reader.keys():  # noqa: SIM118 - the reader is not a mapping
                    part = reader.get_slice(name)
                    dtype = _DTYPES.get(part.get_dtype())
                    if dtype is None:
                        raise WeightsError(
                            f"{file}: {name} is stored as {part.get_dtype()}; supported are "
                            f"{', '.join(_DTYPES)}"
                        )
                    stored[name] = StoredTensor(file, tuple(part.get_shape()), dtype)
        except (SafetensorError, OSError) as error:
            raise WeightsError(
                f"{file} is truncated or damaged ({error}): download it again"
            ) from error
    return stored


def listed(names: Sequence[str]) -> str:
    """Return the first few of many names, and how many more there are."""
    shown = ", ".join(names[:_NAMED_IN_ERRORS])
    more = len(names) - _NAMED_IN_ERRORS
    return f"{shown} and {more} more" if more > 0 else shown
