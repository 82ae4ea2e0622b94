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

from handrail.model.config import ModelConfig, VisionConfig
from handrail.model.errors import MemoryTooSmall
from handrail.model.kernels import native
from handrail.model.precision import Precision
from handrail.model.stored import StoredTensor
from handrail.model.text_config import TextConfig

_TOKENS = 4096
"""The prompt that must fit beside the weights: a screenshot, a goal, a history and a reply."""
SCREEN = (1024, 768)
"""The screenshot for which the need of memory is told."""
_CGROUP = Path("/sys/fs/cgroup")
_FILES = (("memory.max", "memory.current", "file"), ("limit_in_bytes", "usage_in_bytes", "cache"))
"""Limit, use, and the caches among the use, of control groups of version 2 and 1."""
_FLOATS = (torch.float32, torch.bfloat16, torch.float16)


@dataclass(frozen=True)
class Need:
    """Bytes that are mapped from files, that are copied, of a prompt's keys and values, at work.

    `work`: what stands beside the weights while a prompt is read, or a picture of it seen.
    """

    mapped: int
    copied: int
    cache: int
    work: int = 0

    @property
    def whole(self) -> int:
        """Return all of it."""
        return self.mapped + self.copied + self.cache + self.work


@dataclass(frozen=True)
class Room:
    """Bytes that are free on a device, and that it has at all."""

    free: int
    total: int


def cache_bytes(text: TextConfig, tokens: int, item: int = 2) -> int:
    """Return the bytes of keys and values of a number of tokens."""
    return 2 * text.num_hidden_layers * text.num_key_value_heads * text.head_dim * item * tokens


def picture_bytes(vision: VisionConfig, tokens: int, item: int) -> int:
    """Return the bytes of what the vision tower makes of visual tokens, DeepStack's levels too."""
    levels = 1 + len(vision.deepstack_visual_indexes)
    return tokens * levels * vision.out_hidden_size * item


def reading_bytes(text: TextConfig, tokens: int, item: int = 2) -> int:
    """Return what the decoder holds at most while it reads a prompt, beside weights and cache.

    Of each token the stream, its normalised copy and one to come; and the network's three inner
    vectors, or the queries, their rotated copy and what attention gives.
    """
    inner = max(text.intermediate_size, text.num_attention_heads * text.head_dim)
    return tokens * (3 * text.hidden_size + 3 * inner) * item


def seeing_bytes(vision: VisionConfig, patches: int, item: int = 2) -> int:
    """Return what the vision tower holds at most while it sees one picture, beside weights.

    Of each patch the pixels and the positions' rotations in float32, the stream and its copies,
    and the network's two inner vectors, or queries, keys and values, of which two are rotated in
    float32.
    """
    fixed = 4 * (3 * vision.patch_size**2 + 2 * vision.head_dim)
    rotated = vision.hidden_size * (3 * item + 3 * 4)
    inner = max(2 * vision.intermediate_size * item, rotated)
    return patches * (fixed + 3 * vision.hidden_size * item + inner)


def patches_of(vision: VisionConfig, size: tuple[int, int] = SCREEN) -> int:
    """Return into about how many patches the vision tower cuts a picture."""
    return size[0] * size[1] // vision.patch_size**2


def prompt_bytes(config: ModelConfig, precision: Precision) -> tuple[int, int]:
    """Return what the prompt that must fit takes: for keys and values, and at work.

    At work is the decoder while it reads, or the vision tower while it sees a screenshot.
    """
    text, item = config.text, precision.text.itemsize
    seeing = seeing_bytes(config.vision, patches_of(config.vision), precision.vision.itemsize)
    work = max(reading_bytes(text, _TOKENS, item), seeing)
    return cache_bytes(text, _TOKENS, item), work


def need(
    stored: Mapping[str, StoredTensor], config: ModelConfig, precision: Precision, on_cpu: bool
) -> Need:
    """Return what loading these tensors takes, and a prompt beside them.

    What is held for reuse is not in it: of that there is as much as is free beside a prompt.
    """
    mapped = copied = 0
    for name, tensor in stored.items():
        size = bytes_of(tensor)
        wanted = precision.of(name)
        changes = tensor.blocks is None and tensor.dtype in _FLOATS and tensor.dtype != wanted
        if changes:
            copied += prod(tensor.shape) * wanted.itemsize
        elif on_cpu and tensor.second is None and not tensor.made and not _is_turned(tensor):
            mapped += size
        else:
            copied += size
    return Need(mapped, copied, *prompt_bytes(config, precision))


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
    short = need.copied + need.cache + need.work > room.free or need.whole > room.total
    if short:
        raise MemoryTooSmall(
            f"the model needs {_gib(need.mapped + need.copied)} for its weights and "
            f"{_gib(need.cache + need.work)} for {_TOKENS:,} tokens, but {_gib(room.free)} of "
            f"{_gib(room.total)} are free: take a smaller model, or make a smaller copy with "
            "`handrail model quantize`"
        )


def bytes_of(tensor: StoredTensor) -> int:
    """Return the bytes that a tensor takes where it is stored."""
    return prod(tensor.shape) * tensor.dtype.itemsize


def _is_turned(tensor: StoredTensor) -> bool:
    """Return whether the kernels take a tensor into a layout of their own."""
    # a layer's experts lie in one tensor, and stay as they are
    packed = tensor.dtype == torch.int32 or (tensor.blocks and len(tensor.shape) == 2)
    return bool(packed and native.ways())


def _limit(root: Path = _CGROUP) -> tuple[int | None, int]:
    """Return the tightest control group's limit, None without one, and its use, caches apart."""
    found = [known for group in _groups(root) if (known := _limit_of(group)) is not None]
    return min(found, key=lambda known: known[0] - known[1], default=(None, 0))


def _groups(root: Path) -> list[Path]:
    """Return the folders of this process's groups, from its own up to the root, both versions."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    own = [line.split(":", 2)[2].strip("/") for line in lines if line.count(":") >= 2]
    tops = [root, root / "memory"]
    inner = [top / part for top in tops for path in own for part in _upwards(path)]
    return [*tops, *dict.fromkeys(inner)]


def _upwards(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _limit_of(group: Path) -> tuple[int, int] | None:
    for limit, current, cache in _FILES:
        names = [n if "." in n else f"memory.{n}" for n in (limit, current)]
        try:
            most, used = ((group / name).read_text().strip() for name in names)
            lines = (group / "memory.stat").read_text().splitlines()
        except OSError:
            continue
        if not (most.isdecimal() and used.isdecimal()):
            return None
        cached = sum(int(line.split()[1]) for line in lines if line.split()[:1] == [cache])
        return int(most), max(0, int(used) - cached)
    return None


def _gib(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB"
