"""What a checkpoint is and needs, told without loading it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch

from handrail.model.config import ModelConfig, load_config
from handrail.model.gguf_checkpoint import open_checkpoint
from handrail.model.memory import bytes_of, cache_bytes
from handrail.model.network import Network
from handrail.model.stored import StoredTensor
from handrail.model.weights import check


@dataclass(frozen=True)
class Inspection:
    """Sizes of a checkpoint: bytes of its tensors by dtype, and of the cache per 1,024 tokens."""

    kind: str
    layers: int
    width: int
    experts: int
    longest: int
    quantization: str
    bytes_by_dtype: dict[str, int]
    cache_bytes: int

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
    )


def verify(path: Path) -> int:
    """Check that all tensors are there with the shapes that config.json tells, and can be read.

    Returns how many there are. Raises CheckpointError naming what is wrong.
    """
    folder = open_checkpoint(path)
    config, stored = load_config(folder), folder.tensors()
    with torch.device("meta"):
        network = Network(config)
    check(network, stored)
    for tensor in stored.values():
        tensor.read()
    return len(stored)


def _quantization(config: ModelConfig, stored: dict[str, StoredTensor]) -> str:
    if config.quantization is not None:
        return config.quantization.quant_method
    return "GGUF" if any(t.blocks for t in stored.values()) else "none"
