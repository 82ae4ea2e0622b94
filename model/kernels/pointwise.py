"""What a block of the vision tower does to single numbers, by the processor's own instructions.

Both are computed in float32 and rounded once to bfloat16: GELU is off by at most 1.01 * 2^-8 of
itself, a turned number by as much of what its two parts sum to without their signs. A CPU with
AVX512-BF16 computes bfloat16 so where no gradient is asked for; all else goes to torch.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels import native
from handrail.model.rope import Rotation, rotate

_LEAST = 4096
"""With fewer numbers there is nothing to win."""


def gelu(x: Tensor) -> Tensor:
    """Return GELU of x in its tanh form, in the place of x itself where the kernel computes it."""
    if not (_fits(x) and x.is_contiguous()):
        return F.gelu(x, approximate="tanh")
    native.compiled.gelu(x, x.data_ptr(), x.numel(), torch.get_num_threads())
    return x


def turned(mixed: Tensor, rotation: Rotation) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values, each (batch, heads, rows, dim), the first two turned.

    ``mixed`` (batch, rows, 3, heads, dim) is changed where the kernel turns. There may be more rows
    than places in the rotation (rows, dim): those behind the last are left out.
    """
    shown = rotation.cos.shape[-2]
    parts = mixed[:, :shown].permute(2, 0, 3, 1, 4)
    if _fits(mixed) and mixed.is_contiguous() and _plain(rotation):
        _turn(mixed, rotation)
        return parts[0], parts[1], parts[2]
    # the rotation is float32 whatever the weights are, as in the reference
    query, key = (rotate(part, rotation).to(mixed.dtype) for part in (parts[0], parts[1]))
    return query, key, parts[2]


def _turn(mixed: Tensor, rotation: Rotation) -> None:
    heads, dim = mixed.shape[-2:]
    shown = rotation.cos.shape[-2]
    for picture in mixed:
        sizes = (shown, picture.stride(0), 2 * heads, dim)
        native.compiled.turn(
            (mixed, rotation), picture.data_ptr(), rotation.cos.data_ptr(),
            rotation.sin.data_ptr(), sizes, torch.get_num_threads(),
        )  # fmt: skip


def _plain(rotation: Rotation) -> bool:
    both = (rotation.cos, rotation.sin)
    return all(x.dtype == torch.float32 and x.dim() == 2 and x.is_contiguous() for x in both)


def _fits(x: Tensor) -> bool:
    plain = x.device.type == "cpu" and x.dtype == torch.bfloat16 and x.numel() >= _LEAST
    learns = torch.is_grad_enabled() and x.requires_grad
    return plain and not learns and native.can_point()
