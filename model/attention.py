"""Grouped-query attention from new tokens to those before them: to many, from one, or in pieces."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels.scaled import scaled


def attend(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Attend causally from the last tokens, one of them or all.

    The query is (batch, heads, tokens, dim); returns (batch, tokens, heads * dim).
    """
    if query.shape[2] == 1:
        return _attend_one(query, keys, values)
    mixed = scaled(query, keys, values, causal=True)
    return mixed.transpose(1, 2).flatten(2)


def _attend_one(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Attend from one new token to all tokens; query is (batch, heads, 1, dim).

    With a single query row, the heads that share a kv head can stand as its rows, so that
    grouped attention needs no copy of keys and values.
    """
    batch, heads, _, dim = query.shape
    grouped = query.reshape(batch, keys.shape[1], heads // keys.shape[1], dim)
    mixed = F.scaled_dot_product_attention(grouped, keys, values)
    return mixed.reshape(batch, 1, heads * dim)


def attend_pieces(query: Tensor, keys: Sequence[Tensor], values: Sequence[Tensor]) -> Tensor:
    """Attend causally from few last tokens to all, which lie in several pieces, copying none.

    Each piece is attended to by itself; the sums of exponents say what each result weighs (as in
    FlashAttention, arXiv 2205.14135, between its tiles). On the CPU only.
    """
    _, heads, new, dim = query.shape
    shared = keys[0].shape[1]
    # with the heads that share a kv head as rows, grouped attention needs no copy either
    rows = query.reshape(1, shared, heads // shared * new, dim)
    outs, sums = [], []
    before, held = 0, sum(part.shape[2] for part in keys)
    for key, value in zip(keys, values, strict=True):
        mask = _mask(before, key.shape[2], held - new, new, heads // shared)
        bias = None if mask is None else query.new_zeros(mask.shape).masked_fill(~mask, -torch.inf)
        out, total = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            rows, key, value, attn_mask=bias
        )
        if mask is not None:  # a row that sees nothing of a piece has no sum
            total = total.masked_fill(~mask.any(-1), -torch.inf)
        outs.append(out)
        sums.append(total)
        before += key.shape[2]
    weights = torch.stack(sums).softmax(0).unsqueeze(-1)
    mixed = (torch.stack(outs) * weights).sum(0).to(query.dtype)
    return mixed.reshape(1, heads, new, dim).transpose(1, 2).flatten(2)


def _mask(before: int, size: int, first: int, new: int, group: int) -> Tensor | None:
    """Return which tokens of a piece each row may see, (1, 1, group * new, size); None for all.

    ``before``: how many tokens lie before the piece; ``first``: the place of the first new token.
    """
    if before + size <= first + 1:
        return None
    places = torch.arange(before, before + size)
    may = places <= torch.arange(first, first + new).unsqueeze(1)
    return may.repeat(group, 1)[None, None]
