"""What a checkpoint is and needs, told without loading it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch

from handrail.model.blank import blank
from handrail.model.config import ModelConfig, load_config
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.model.mapped_pages import WORTH
from handrail.model.memory import (
    bytes_of,
    cache_bytes,
    need,
    patches_of,
    picture_bytes,
    reading_bytes,
    seeing_bytes,
)
from handrail.model.network import Network
from handrail.model.precision import TOWER, choose_precision, cpu_multiplies_bfloat16
from handrail.model.stored import StoredTensor
from handrail.model.weights import check

CONTEXT = 2048
"""The tokens of the prompt for which the peak is told; a picture of `memory.SCREEN` is in it."""
_LIBRARIES, _TOKEN = 290 * 10**6, 1200
"""Bytes of Python with torch on Linux, and of each token of a tokenizer's vocabulary; measured."""


@dataclass(frozen=True)
class Inspection:
    """Sizes of a checkpoint: bytes of its tensors by dtype, and of the cache per 1,024 tokens.

    `peak`: what a process takes at most that reads, on a CPU, a prompt of `CONTEXT` tokens with
    one picture of `memory.SCREEN` pixels.
    """

    kind: str
    layers: int
    width: int
    experts: int
    longest: int
    quantization: str
    bytes_by_dtype: dict[str, int]
    cache_bytes: int
    peak: int

    @property
    def weights(self) -> int:
        """Return the bytes of all tensors."""
        return sum(self.bytes_by_dtype.values())


def inspect(path: Path) -> Inspection:
    """Return what a checkpoint is. Raises CheckpointError where it cannot be used."""
    folder = open_checkpoint(path)
    config, stored = load_config(folder), folder.tensors()
    sizes: Counter[str] = Counter()
    for tensor in stored.values():
        kind = tensor.blocks or str(tensor.dtype).removeprefix("torch.")
        sizes[kind] += bytes_of(tensor)
    text = config.text
    return Inspection(
        kind=config.model_type,
        layers=text.num_hidden_layers,
        width=text.hidden_size,
        experts=text.num_experts,
        longest=text.longest,
        quantization=_quantization(config, stored),
        bytes_by_dtype=dict(sizes.most_common()),
        cache_bytes=cache_bytes(text, 1024),
        peak=_peak(config, stored),
    )


def _peak(config: ModelConfig, stored: dict[str, StoredTensor]) -> int:
    """Return the more of what seeing a screen takes, and reading a prompt with it."""
    parameters = sum(torch.Size(tensor.shape).numel() for tensor in stored.values())
    precision = choose_precision("auto", parameters, True, cpu_multiplies_bfloat16())
    text, item = config.text, precision.text.itemsize
    tower = {name: tensor for name, tensor in stored.items() if name.startswith(TOWER)}
    whole, seen = (need(part, config, precision, on_cpu=True) for part in (stored, tower))
    patches = patches_of(config.vision)
    seeing = seen.mapped + whole.copied
    seeing += seeing_bytes(config.vision, patches, precision.vision.itemsize)
    # read, the prompt and its picture are copied for reuse
    kept = cache_bytes(text, CONTEXT, item)
    reading = whole.mapped + whole.copied + max(reading_bytes(text, CONTEXT, item), kept)
    reading += cache_bytes(text, CONTEXT + CONTEXT // 4, item)
    tokens = patches // config.vision.spatial_merge_size**2
    reading += picture_bytes(config.vision, tokens, precision.vision.itemsize)
    if seen.mapped >= WORTH:
        reading -= seen.mapped
    return _LIBRARIES + _TOKEN * text.vocab_size + max(seeing, reading)


def verify(path: Path) -> int:
    """Check that all tensors are there with the shapes that config.json tells, and can be read.

    Returns how many there are. Raises CheckpointError naming what is wrong.
    """
    folder = open_checkpoint(path)
    config, stored = load_config(folder), folder.tensors()
    with blank():
        network = Network(config)
    check(network, stored)
    for tensor in stored.values():
        tensor.read()
    return len(stored)


def _quantization(config: ModelConfig, stored: dict[str, StoredTensor]) -> str:
    if config.quantization is not None:
        return config.quantization.quant_method
    return "GGUF" if any(t.blocks for t in stored.values()) else "none"
