"""Will a checkpoint fit into memory? Told before anything of it is read.

Tensors whose dtype stays as it is are mapped: their pages may be dropped and read again, so they
need to fit the machine, but not what is free just now. All others are copied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import psutil
import torch

from handrail.model.errors import MemoryTooSmall
from handrail.model.precision import Precision
from handrail.model.stored import StoredTensor
from handrail.model.text_config import TextConfig

_TOKENS = 4096
"""The prompt that must fit beside the weights: a screenshot, a goal, a history and a reply."""
_CGROUP = Path("/sys/fs/cgroup")
_FLOATS = (torch.float32, torch.bfloat16, torch.float16)


@dataclass(frozen=True)
class Need:
    """Bytes that are mapped from files, that are copied, and of a prompt's keys and values."""

    mapped: int
    copied: int
    cache: int

    @property
    def whole(self) -> int:
        """Return all of it."""
        return self.mapped + self.copied + self.cache


@dataclass(frozen=True)
class Room:
    """Bytes that are free on a device, and that it has at all."""

    free: int
    total: int


def cache_bytes(text: TextConfig, tokens: int, item: int = 2) -> int:
    """Return the bytes of keys and values of a number of tokens."""
    return 2 * text.num_hidden_layers * text.num_key_value_heads * text.head_dim * item * tokens


def need(
    stored: Mapping[str, StoredTensor], text: TextConfig, precision: Precision, on_cpu: bool
) -> Need:
    """Return what loading these tensors takes."""
    mapped = copied = 0
    for name, tensor in stored.items():
        size = bytes_of(tensor)
        wanted = precision.of(name)
        changes = tensor.blocks is None and tensor.dtype in _FLOATS and tensor.dtype != wanted
        if changes:
            copied += prod(tensor.shape) * wanted.itemsize
        elif on_cpu and tensor.second is None:
            mapped += size
        else:
            copied += size
    return Need(mapped, copied, cache_bytes(text, _TOKENS, precision.text.itemsize))


def room(device: torch.device) -> Room:
    """Return a device's memory; a container's limit counts as the machine's."""
    if device.type == "cuda":
        return Room(*torch.cuda.mem_get_info(device))
    machine = psutil.virtual_memory()
    limit, used = _limit()
    if limit is None:
        return Room(machine.available, machine.total)
    return Room(min(machine.available, max(0, limit - used)), min(machine.total, limit))


def check(need: Need, room: Room) -> None:
    """Raise MemoryTooSmall, with the numbers, where the need exceeds the room."""
    short = need.copied + need.cache > room.free or need.whole > room.total
    if short:
        raise MemoryTooSmall(
            f"the model needs {_gib(need.mapped + need.copied)} for its weights and "
            f"{_gib(need.cache)} for {_TOKENS:,} tokens, but {_gib(room.free)} of "
            f"{_gib(room.total)} are free: take a smaller model, or make a smaller copy with "
            "`handrail model quantize`"
        )


def bytes_of(tensor: StoredTensor) -> int:
    """Return the bytes that a tensor takes where it is stored."""
    return prod(tensor.shape) * tensor.dtype.itemsize


def _limit(group: Path = _CGROUP) -> tuple[int | None, int]:
    """Return the control group's limit, None without one, and what is used of it, caches apart."""
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        lines = (group / "memory.stat").read_text().splitlines()
    except (OSError, ValueError):
        return None, 0
    if not limit.isdecimal():
        return None, 0
    cached = sum(int(line.split()[1]) for line in lines if line.split()[:1] == ["file"])
    return int(limit), max(0, used - cached)


def _gib(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB"
