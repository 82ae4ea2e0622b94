"""Attention of a few new tokens of each sequence to those held, whose number is on the device.

Against exact softmax attention with the same inputs an output is off by at most 2^-7 of what
attention to |value| gives: weights and outputs are rounded to bfloat16, all else is float32.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels.gpu import ready

_MOST_ROWS = 128
"""New tokens times the heads that share keys, beyond which torch computes."""
_PROGRAMS = 256
"""Programs that should be there at least: some for each multiprocessor."""
_TOKENS = 64
"""Tokens of a tile."""


@dataclass(frozen=True)
class Held:
    """Keys and values (batch, kv heads, capacity, dim), and how many of each sequence are valid.

    `before` (batch,) int32 counts the tokens before the new ones, which are written already.
    """

    keys: Tensor
    values: Tensor
    before: Tensor


def attend_held(query: Tensor, held: Held) -> Tensor:
    """Return (batch, tokens, heads * dim) for queries (batch, heads, tokens, dim)."""
    batch, heads, tokens, dim = query.shape
    shared = held.keys.shape[1]
    rows = heads // shared * tokens
    plain = query.dtype != torch.bfloat16 or rows > _MOST_ROWS or not ready.usable(query.device)
    if plain:
        return plain_attend_held(query, held)
    source, one = ready.attention(), batch * shared
    count = max(1, min(64, -(-_PROGRAMS // one), -(-held.keys.shape[2] // _TOKENS)))
    new = torch.empty if query.device.type != "cpu" else torch.zeros
    sums, largest, weights = (
        new(shape, dtype=torch.float32, device=query.device)
        for shape in ((one, count, rows, dim), (one, count, rows), (one, count, rows))
    )
    parts = (sums, largest, weights)
    wide = _power(dim)
    language = source.tl
    form = language.float32 if ready.interpreted() else language.bfloat16
    source.attend_parts[(one, count)](
        query.contiguous(), (held.keys, held.values, held.before), parts,
        (shared, rows, tokens, dim, held.keys.shape[2], count),
        SHAPE=(max(16, _power(rows)), _TOKENS, wide, form), num_warps=4,
    )  # fmt: skip
    out = query.new_empty(batch, tokens, heads * dim)
    source.join_parts[(one, rows)](
        parts, out, (shared, rows, tokens, dim, count), SHAPE=(_power(count), wide), num_warps=4
    )
    return out


def plain_attend_held(query: Tensor, held: Held) -> Tensor:
    """Return the same as torch computes it: over the whole capacity, masked."""
    batch, heads, tokens, dim = query.shape
    shared = held.keys.shape[1]
    group = heads // shared
    place = torch.arange(held.keys.shape[2], device=query.device)
    last = held.before[:, None] + torch.arange(tokens, device=query.device)
    mask = (place <= last[..., None])[:, None].repeat(1, 1, group, 1)
    # the heads that share keys stand as rows: no copy of keys and values is needed
    rows = query.reshape(batch, shared, group * tokens, dim)
    mixed = F.scaled_dot_product_attention(rows, held.keys, held.values, attn_mask=mask)
    return mixed.view(batch, heads, tokens, dim).transpose(1, 2).flatten(2)


def _power(number: int) -> int:
    """Return the least power of two that is not below a number."""
    return 1 << max(0, number - 1).bit_length()
