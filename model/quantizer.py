"""Quantize a checkpoint to 8 or 4 bits, tensor by tensor.

The result is in compressed-tensors' pack-quantized format (symmetric, in groups of inputs), which
Handrail and the common servers read. The vision tower, the mergers, the embedding and the head
keep their precision unless asked otherwise: they are small, and grounding suffers from them first.
Each group's scale is the one of a few candidates with the least squared error (a plain search, as
in LLM.int8 and AWQ's clipping). Memory holds one tensor and one unfinished shard, whatever the
number of layers.
"""

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from handrail.model.adapter import open_folder
from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import load_config
from handrail.model.errors import CheckpointError, ConfigError
from handrail.model.shards import SHARD_BYTES, write_shards
from handrail.model.stored import INDEX_FILE, StoredTensor

Keep = Literal["vision", "nothing"]
Bits = Literal[4, 8]
_GROUPS = (128, 64, 32)
_SHRINK = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)
_ROWS = 512
"""Rows of a matrix that are worked on at a time: the work takes some 40 bytes a weight."""


@dataclass
class Quantized:
    """What was done: relative error by kind of tensor, and the bytes that were read."""

    group_size: int
    before: int = 0
    _squares: dict[str, tuple[float, float]] = field(default_factory=dict)

    def note(self, kind: str, error: float, power: float) -> None:
        """Take in the squared error and the squared weights of one tensor."""
        e, p = self._squares.get(kind, (0.0, 0.0))
        self._squares[kind] = (e + error, p + power)

    @property
    def errors(self) -> dict[str, float]:
        """Return each kind's error: root mean square, relative to the weights'."""
        return {k: math.sqrt(e / max(p, 1e-30)) for k, (e, p) in sorted(self._squares.items())}


def quantize(
    source: Path,
    target: Path,
    bits: Bits,
    keep: Keep = "vision",
) -> Quantized:
    """Write a quantized copy of a checkpoint folder to a folder that is not there yet.

    Raises CheckpointError where the source cannot be used or the target is there.
    """
    folder = open_folder(source)
    if load_config(folder).quantization is not None:
        raise CheckpointError(f"{source} is quantized already: start from the original")
    stored = folder.tensors()
    if target.exists():
        raise CheckpointError(f"{target} is there already: name a folder that is not")
    chosen = {name for name in stored if _is_matrix(name, stored[name], keep)}
    group = _group_size([stored[name] for name in chosen if ".visual." not in name], source)
    # some vision towers have a width that no group divides: those layers stay as they are
    chosen = {name for name in chosen if _inputs(stored[name]) % group == 0}
    made, part = Quantized(group), target.with_name(f".{target.name}.part")
    part.mkdir(parents=True)
    try:
        write_shards(part, _tensors(stored, chosen, bits, made), SHARD_BYTES)
        _copy_files(folder, part, _configuration(bits, group, keep))
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return made


def _is_matrix(name: str, stored: StoredTensor, keep: Keep) -> bool:
    """Return whether a tensor is one of the linear layers that are quantized."""
    if ".visual." in name:
        return keep == "nothing" and ".blocks." in name and len(stored.shape) == 2
    return ".layers." in name and ("_proj" in name) and len(stored.shape) >= 2


def _inputs(tensor: StoredTensor) -> int:
    # fused experts are stored with the inputs before the outputs
    return tensor.shape[-1] if len(tensor.shape) == 2 else tensor.shape[-2]


def _group_size(chosen: list[StoredTensor], source: Path) -> int:
    inputs = {_inputs(tensor) for tensor in chosen}
    for size in _GROUPS:
        if inputs and all(width % size == 0 for width in inputs):
            return size
    raise ConfigError(f"{source}: no group of {_GROUPS} divides all of {sorted(inputs)} inputs")


def _tensors(
    stored: dict[str, StoredTensor],
    chosen: set[str],
    bits: Bits,
    made: Quantized,
) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in stored.items():
        value = tensor.read()
        made.before += value.nbytes
        if name not in chosen:
            yield name, value
            continue
        for part, matrix in _matrices(name, value):
            packed = pack(matrix, bits, made.group_size)
            made.note(part.rsplit(".", 1)[-1], packed.error, packed.power)
            yield f"{part}.weight_packed", packed.words
            yield f"{part}.weight_scale", packed.scales
            yield f"{part}.weight_shape", torch.tensor(matrix.shape)


def _matrices(name: str, value: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Yield the matrices (out, in) of a tensor; fused experts become one of each."""
    if value.dim() == 2:
        yield name.removesuffix(".weight"), value
        return
    stem, _, part = name.rpartition(".")
    for number, expert in enumerate(value):
        matrix = expert.t()
        if part == "down_proj":
            yield f"{stem}.{number}.down_proj", matrix
            continue
        gate, up = matrix.chunk(2)
        yield f"{stem}.{number}.gate_proj", gate
        yield f"{stem}.{number}.up_proj", up


@dataclass(frozen=True)
class Packed:
    """A packed matrix: words (out, in * bits / 32), scales (out, groups), and how far it is off."""

    words: Tensor
    scales: Tensor
    error: float
    power: float


def pack(matrix: Tensor, bits: Bits, group: int) -> Packed:
    """Quantize a matrix (out, in) symmetrically in groups of inputs."""
    outputs, inputs = matrix.shape
    words = torch.empty(outputs, inputs * bits // 32, dtype=torch.int32)
    scales = torch.empty(outputs, inputs // group, dtype=torch.bfloat16)
    error = power = 0.0
    for at in range(0, outputs, _ROWS):
        rows = slice(at, at + _ROWS)
        part = _packed(matrix[rows].float(), bits, group)
        words[rows], scales[rows] = part.words, part.scales
        error, power = error + part.error, power + part.power
    return Packed(words, scales, error, power)


def _packed(rows: Tensor, bits: Bits, group: int) -> Packed:
    codes, scales = _searched(rows, bits, group)
    meant = codes.float() * scales.float().repeat_interleave(group, 1)
    shifts = torch.arange(0, 32, bits, dtype=torch.int64)
    fields = (codes.long() + 2 ** (bits - 1)).view(len(codes), -1, 32 // bits)
    words = (fields << shifts).sum(-1)
    words = torch.where(words >= 2**31, words - 2**32, words).int()
    error, power = ((rows - meant) ** 2).sum(), (rows**2).sum()
    return Packed(words, scales, float(error), float(power))


def _searched(rows: Tensor, bits: Bits, group: int) -> tuple[Tensor, Tensor]:
    """Return codes (rows, in) and scales (rows, groups) with the least squared error."""
    top = 2 ** (bits - 1) - 1
    parts = rows.reshape(len(rows), -1, group)
    widest = parts.abs().amax(-1, keepdim=True).clamp_min(1e-12) / top
    best = torch.full_like(widest, math.inf)
    codes, scales = torch.zeros_like(parts), widest.clone()
    for share in _SHRINK:
        # what is stored is bfloat16: the codes are chosen for that
        scale = (widest * share).bfloat16().float().clamp_min(1e-30)
        tried = (parts / scale).round().clamp(-top - 1, top)
        off = ((tried * scale - parts) ** 2).sum(-1, keepdim=True)
        better = off < best
        best = torch.where(better, off, best)
        codes, scales = torch.where(better, tried, codes), torch.where(better, scale, scales)
    return codes.flatten(1).to(torch.int8), scales[..., 0].bfloat16()


def _configuration(bits: Bits, group: int, keep: Keep) -> dict[str, object]:
    weights = {"num_bits": bits, "type": "int", "symmetric": True, "strategy": "group",
               "group_size": group}  # fmt: skip
    ignored = ["lm_head", *(["re:.*visual.*"] if keep == "vision" else ["re:.*merger.*"])]
    return {
        "quant_method": "compressed-tensors",
        "format": "pack-quantized",
        "quantization_status": "compressed",
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}},
        "ignore": [*ignored, "re:.*mlp.gate$"],
    }


def _copy_files(source: CheckpointFolder, target: Path, how: dict[str, object]) -> None:
    for file in source.path.iterdir():
        wanted = file.suffix in (".json", ".jinja", ".txt", ".md") and file.name != INDEX_FILE
        if wanted and file.is_file():
            shutil.copyfile(file, target / file.name)
    config = {**(source.json("config.json") or {}), "quantization_config": how}
    (target / "config.json").write_text(json.dumps(config, indent=2), "utf-8")
