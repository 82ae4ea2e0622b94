"""Write tensors as they come into safetensors files of bounded size, and the index that names them.

Memory holds the tensors of one unfinished file. Format: as published checkpoints are sharded.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from handrail.model.stored import INDEX_FILE, SINGLE_FILE

SHARD_BYTES = 512 * 2**20
"""A file ends with the tensor that takes it past this size."""


def write_shards(folder: Path, tensors: Iterable[tuple[str, Tensor]], most: int) -> None:
    """Write named tensors to files of about `most` bytes; one file where that is enough."""
    shards: list[dict[str, str]] = []
    waiting: dict[str, Tensor] = {}
    size = 0
    for name, tensor in tensors:
        waiting[name] = tensor.contiguous()
        size += tensor.nbytes
        if size >= most:
            shards.append(_flush(folder, waiting, len(shards)))
            waiting, size = {}, 0
    if waiting:
        shards.append(_flush(folder, waiting, len(shards)))
    if len(shards) == 1:
        (folder / _shard(0)).rename(folder / SINGLE_FILE)
        return
    where = {name: file for shard in shards for name, file in shard.items()}
    index = {"metadata": {}, "weight_map": where}
    (folder / INDEX_FILE).write_text(json.dumps(index, indent=1), "utf-8")


def _shard(number: int) -> str:
    return f"model-{number + 1:05}.safetensors"


def _flush(folder: Path, tensors: dict[str, Tensor], number: int) -> dict[str, str]:
    save_file(tensors, folder / _shard(number), metadata={"format": "pt"})
    return dict.fromkeys(tensors, _shard(number))
