"""Which float types a checkpoint computes in."""

from dataclasses import dataclass
from typing import Literal

import torch

DtypeName = Literal["auto", "bfloat16", "float32"]
# Below this size the decoder's memory does not matter, and one row at a time is faster in float32.
_SMALL_PARAMETERS = 100_000_000
TOWER = "model.visual."
"""How the names of the vision tower's tensors begin."""


@dataclass(frozen=True)
class Precision:
    """The float type of the vision tower, and of decoder and head."""

    vision: torch.dtype
    text: torch.dtype

    def of(self, tensor_name: str) -> torch.dtype:
        """Return the type of a tensor of the checkpoint."""
        return self.vision if tensor_name.startswith(TOWER) else self.text


def choose_precision(name: DtypeName, parameters: int, on_cpu: bool, fast: bool) -> Precision:
    """Return the types for a request; `fast` says that the CPU multiplies bfloat16 itself.

    "auto" is bfloat16, except for small models on a CPU: their decoder, which multiplies one row
    at a time, is faster in float32, and so is their vision tower where the CPU lacks bfloat16.
    """
    if name != "auto":
        only = torch.float32 if name == "float32" else torch.bfloat16
        return Precision(only, only)
    if not on_cpu or parameters >= _SMALL_PARAMETERS:
        return Precision(torch.bfloat16, torch.bfloat16)
    return Precision(torch.bfloat16 if fast else torch.float32, torch.float32)


def cpu_multiplies_bfloat16() -> bool:
    """Return whether this CPU has bfloat16 products (AVX512-BF16 or AMX)."""
    # Older versions of torch cannot say.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
