"""Scaled dot-product attention by torch: which of its kernels computes it on a GPU.

FlashAttention is asked for first; then cuDNN's, the memory-efficient one, and plain products. It
takes float16 and bfloat16; float32 goes to the others.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.backends.cuda import (
    SDPAParams,
    can_use_cudnn_attention,
    can_use_efficient_attention,
    can_use_flash_attention,
)
from torch.nn.attention import SDPBackend, sdpa_kernel

ORDER = [
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.CUDNN_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
]


def scaled(query: Tensor, keys: Tensor, values: Tensor, causal: bool = False) -> Tensor:
    """Return attention of queries to keys and values, each (batch, heads, tokens, dim).

    Keys may have fewer heads. `causal`: the queries are the last tokens, and see none after them.
    """
    if query.device.type != "cuda":
        return _computed(query, keys, values, causal)
    with sdpa_kernel(ORDER, set_priority=True):
        return _computed(query, keys, values, causal)


def _computed(query: Tensor, keys: Tensor, values: Tensor, causal: bool) -> Tensor:
    new, held, shared = query.shape[2], keys.shape[2], query.shape[1] != keys.shape[1]
    if not causal or new == held:
        return F.scaled_dot_product_attention(
            query, keys, values, is_causal=causal, enable_gqa=shared
        )
    if used(query, keys, values) == "flash":
        # a mask would rule it out; this says the same without one; importing it takes a second
        from torch.nn.attention.bias import causal_lower_right

        bias = causal_lower_right(new, held)
        return F.scaled_dot_product_attention(query, keys, values, bias, enable_gqa=shared)
    mask = torch.ones(new, held, dtype=torch.bool, device=query.device).tril(held - new)
    return F.scaled_dot_product_attention(query, keys, values, mask, enable_gqa=shared)


def used(query: Tensor, keys: Tensor, values: Tensor) -> str:
    """Say which kernel computes such attention without a mask: flash, cudnn, efficient, or math."""
    if query.device.type != "cuda":
        return "math"
    shared = query.shape[1] != keys.shape[1]
    asked = SDPAParams(query, keys, values, None, 0.0, False, shared)
    tests = (
        ("flash", can_use_flash_attention),
        ("cudnn", can_use_cudnn_attention),
        ("efficient", can_use_efficient_attention),
    )
    return next((name for name, fits in tests if fits(asked)), "math")
