"""Attention of every patch to all patches, by the processor's bfloat16 products where it has them.

Products are summed in float32, and softmax is computed in it; weights and the result are rounded to
bfloat16. An output is therefore off by at most 2^-7 of what attention to |value| would give there.
"""

import torch
from torch import Tensor

from handrail.model.kernels import native
from handrail.model.kernels.scaled import scaled

_MOST_DIM = 80
_LEAST_ROWS = 32
"""With fewer there is nothing to win."""


def attend(query: Tensor, key: Tensor, value: Tensor, way: int = 0) -> Tensor:
    """Return the attention of queries to keys and values, each (batch, heads, rows, dim).

    The kernel computes bfloat16 on a CPU with AMX or AVX512-BF16 where no gradient is asked for;
    all else goes to torch. ``way``: which of `native.attention_ways`, the best first.
    """
    if not _fits(query, key, value):
        return scaled(query, key, value)
    batch, heads, rows, dim = query.shape
    # as the layers want it next: the heads of a row side by side
    out = query.new_empty(batch, rows, heads, dim).transpose(1, 2)
    query, key, value = (x if x.stride(-1) == 1 else x.contiguous() for x in (query, key, value))
    native.compiled.attend(
        (query, key, value), _rows(query), _rows(key), _rows(value), _rows(out),
        (batch, heads, rows, dim), dim**-0.5, way, torch.get_num_threads(),
    )  # fmt: skip
    return out


def _fits(query: Tensor, key: Tensor, value: Tensor) -> bool:
    same = query.shape == key.shape == value.shape
    plain = query.device.type == "cpu" and query.dtype == key.dtype == value.dtype == torch.bfloat16
    small = query.shape[-1] <= _MOST_DIM and query.shape[-1] % 2 == 0
    learns = torch.is_grad_enabled() and any(x.requires_grad for x in (query, key, value))
    fits = same and plain and small and query.shape[-2] >= _LEAST_ROWS and not learns
    return fits and bool(native.attention_ways())


def _rows(x: Tensor) -> tuple[int, int, int, int]:
    return x.data_ptr(), x.stride(0), x.stride(1), x.stride(2)
