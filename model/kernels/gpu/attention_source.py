# mypy: ignore-errors
"""Attention of a few new tokens to all that are held, in Triton; see ``attention.py``.

The tokens held are cut into parts, so that one sequence keeps the whole GPU busy; a second kernel
joins them. Method: Flash-Decoding (Dao et al. 2023). How many tokens are held is read on the
device, so that one captured graph serves every length.
"""

import triton
import triton.language as tl


@triton.jit
def attend_parts(query, held, parts, sizes, SHAPE: tl.constexpr):
    """Attend from the rows of one kv head to one part of the tokens held.

    `query` (batch, kv heads, rows, dim), row = head of the group * tokens + token; `held` is (keys,
    values, tokens held before), the first two (batch, kv heads, capacity, dim); `parts` is (sums,
    largest score, weight) of (batch * kv heads, parts, rows[, dim]); `sizes` (kv heads, rows,
    tokens, dim, capacity, number of parts); SHAPE is (rows, tokens and dim of a tile, DOT).
    """
    keys, values, before = held
    sums, largest, weights = parts
    heads, rows, tokens, dim, capacity, count = sizes
    ROWS: tl.constexpr = SHAPE[0]
    TOKENS: tl.constexpr = SHAPE[1]
    WIDE: tl.constexpr = SHAPE[2]
    DOT: tl.constexpr = SHAPE[3]
    one, part = tl.program_id(0), tl.program_id(1)
    start = tl.load(before + one // heads)
    end = start + tokens
    chunk = tl.cdiv(tl.cdiv(end, count), TOKENS) * TOKENS
    row, lane = tl.arange(0, ROWS), tl.arange(0, WIDE)
    ok, inside = row < rows, lane < dim
    at = (one * rows + row)[:, None] * dim + lane[None, :]
    asked = tl.load(query + at, mask=ok[:, None] & inside[None, :], other=0.0)
    asked = asked.to(DOT)
    most = tl.full([ROWS], -1e30, tl.float32)
    total = tl.zeros([ROWS], tl.float32)
    mixed = tl.zeros([ROWS, WIDE], tl.float32)
    scale = 1.4426950408889634 / tl.sqrt(dim.to(tl.float32))
    here, last = part * chunk, tl.minimum(part * chunk + chunk, end)
    while here < last:
        place = here + tl.arange(0, TOKENS)
        there = (one.to(tl.int64) * capacity + place)[:, None] * dim + lane[None, :]
        known = (place < last)[:, None] & inside[None, :]
        key = tl.load(keys + there, mask=known, other=0.0).to(DOT)
        value = tl.load(values + there, mask=known, other=0.0).to(DOT)
        score = tl.dot(asked, tl.trans(key), input_precision="ieee") * scale
        # a token sees those before it, and itself
        seen = (place[None, :] <= (start + row % tokens)[:, None]) & (place < last)[None, :]
        score = tl.where(seen, score, -1e30)
        higher = tl.maximum(most, tl.max(score, axis=1))
        share = tl.where(seen, tl.exp2(score - higher[:, None]), 0.0)
        less = tl.exp2(most - higher)
        total = total * less + tl.sum(share, axis=1)
        mixed = mixed * less[:, None]
        mixed += tl.dot(share.to(DOT), value, input_precision="ieee")
        most = higher
        here += TOKENS
    place = (one * count + part) * rows + row
    tl.store(largest + place, most, mask=ok)
    tl.store(weights + place, total, mask=ok)
    at = place[:, None] * dim + lane[None, :]
    tl.store(sums + at, mixed, mask=ok[:, None] & inside[None, :])


@triton.jit
def join_parts(parts, out, sizes, SHAPE: tl.constexpr):
    """Join the parts of one row; `out` is (batch, tokens, heads, dim). SHAPE is (parts, dim)."""
    sums, largest, weights = parts
    heads, rows, tokens, dim, count = sizes
    PARTS: tl.constexpr = SHAPE[0]
    WIDE: tl.constexpr = SHAPE[1]
    one, row = tl.program_id(0), tl.program_id(1)
    part, lane = tl.arange(0, PARTS), tl.arange(0, WIDE)
    ok, inside = part < count, lane < dim
    place = (one * count + part) * rows + row
    most = tl.load(largest + place, mask=ok, other=-1e30)
    share = tl.exp2(most - tl.max(most, axis=0))
    total = tl.sum(share * tl.load(weights + place, mask=ok, other=0.0), axis=0)
    at = place[:, None] * dim + lane[None, :]
    mixed = tl.load(sums + at, mask=ok[:, None] & inside[None, :], other=0.0)
    mixed = tl.sum(mixed * share[:, None], axis=0) / total
    # rows are the heads of a group, each with its tokens
    batch, kv = one // heads, one % heads
    group = rows // tokens
    head, token = kv * group + row // tokens, row % tokens
    there = ((batch * tokens + token) * heads * group + head) * dim + lane
    tl.store(out + there, mixed, mask=inside)
