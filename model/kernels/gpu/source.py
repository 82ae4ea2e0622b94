# mypy: ignore-errors
"""The products' kernels, in Triton. Imported only where Triton is there (``ready.usable``).

What a matrix is, and its layout, says ``matrix.py``. Everything is summed in float32. ``FORM`` is
(kind, scaled, group, rows that share a scale, zeros, steps over the inputs): kind 4 or 8 for codes
in words, 1 for FP8, 0 for plain weights. ``TILE`` is (rows, outputs, inputs at a time, DOT): DOT is
the type of the tensor cores, float32 in Triton's interpreter, whose products of bfloat16 are wrong.
"""

import triton
import triton.language as tl

_WIDE = tl.constexpr(32)
"""Inputs of a chunk: as many as a step has words."""
_MAGIC = tl.constexpr(0x4B000000)
"""As a float32 it is 2^23, whose last bits count ones: a code is put there instead of converted."""
_MAGIC_VALUE = tl.constexpr(8388608.0)


@triton.jit
def _codes(words, chunk: tl.constexpr, KIND: tl.constexpr):
    """Return a chunk's codes of words, in float32, with 2^23 added."""
    fields = (words >> (KIND * chunk)) & (2**KIND - 1)
    return (fields | _MAGIC).to(tl.float32, bitcast=True)


@triton.jit
def _zero(zeros, at, ok, FORM: tl.constexpr):
    """Return what the code of zero is in a group of inputs, with 2^23 added."""
    if FORM[4]:
        return tl.load(zeros + at, mask=ok, other=0).to(tl.float32) + _MAGIC_VALUE
    else:  # noqa: RET505 - Triton compiles both where the first returns without it
        return _MAGIC_VALUE + 2 ** (FORM[0] - 1)


@triton.jit
def _row_of_words(x, matrix, n, sizes, FORM: tl.constexpr, BLOCK: tl.constexpr):
    """Return sums (outputs,) of one row's product with codes in words."""
    codes, scales, zeros = matrix
    outputs, inputs, groups = sizes
    FIELDS: tl.constexpr = 32 // FORM[0]
    STEP: tl.constexpr = FIELDS * 32
    # chunks between two places where the group may change
    RUN: tl.constexpr = (
        FORM[2] // 32 if STEP % FORM[2] == 0 else FIELDS if FORM[2] % STEP == 0 else 1
    )
    ok = n < outputs
    lane = tl.arange(0, _WIDE)
    total = tl.zeros([BLOCK, _WIDE], tl.float32)
    for step in range(0, FORM[5]):
        at = codes + (n * FORM[5] + step)[:, None] * _WIDE + lane[None, :]
        words = tl.load(at, mask=ok[:, None], other=0)
        part = tl.zeros([BLOCK, _WIDE], tl.float32)
        for chunk in tl.static_range(FIELDS):
            first = step * STEP + chunk * 32
            group = n * groups + first // FORM[2]
            k = first + lane
            some = tl.load(x + k, mask=k < inputs, other=0.0).to(tl.float32)
            zero = _zero(zeros, group, ok & (first // FORM[2] < groups), FORM)
            if FORM[4]:
                part += (_codes(words, chunk, FORM[0]) - zero[:, None]) * some[None, :]
            else:
                part += (_codes(words, chunk, FORM[0]) - zero) * some[None, :]
            if (chunk + 1) % RUN == 0:
                scale = tl.load(scales + group, mask=ok & (first // FORM[2] < groups), other=0.0)
                total += part * scale.to(tl.float32)[:, None]
                part = tl.zeros([BLOCK, _WIDE], tl.float32)
    return tl.sum(total, axis=1)


@triton.jit
def _row_of_floats(x, matrix, n, sizes, FORM: tl.constexpr, TILE: tl.constexpr):
    """Return sums (outputs,) of one row's product with FP8 or plain weights."""
    codes, scales, _ = matrix
    outputs, inputs, groups = sizes
    BLOCK: tl.constexpr = TILE[1]
    WIDE: tl.constexpr = TILE[2]
    ok = n < outputs
    lane = tl.arange(0, WIDE)
    total = tl.zeros([BLOCK, WIDE], tl.float32)
    for step in range(0, FORM[5]):
        k = step * WIDE + lane
        here = codes + n[:, None].to(tl.int64) * inputs + k[None, :]
        weights = tl.load(here, mask=ok[:, None] & (k < inputs)[None, :], other=0.0)
        some = tl.load(x + k, mask=k < inputs, other=0.0).to(tl.float32)
        part = weights.to(tl.float32) * some[None, :]
        if FORM[1]:
            group = (n // FORM[3]) * groups + step * WIDE // FORM[2]
            part *= tl.load(scales + group, mask=ok, other=0.0).to(tl.float32)[:, None]
        total += part
    return tl.sum(total, axis=1)


@triton.jit
def row_product(x, matrix, out, sizes, FORM: tl.constexpr, TILE: tl.constexpr):
    """One row times one matrix for every program of the second axis.

    `matrix` is (codes, scales, zeros, bias, expert of each row); `sizes` (outputs, inputs, groups,
    stride of x, rows of `out` for one of x, rows of `out`).
    """
    codes, scales, zeros, bias, experts = matrix
    outputs, inputs, groups, stride, share, _ = sizes
    row = tl.program_id(1)
    BLOCK: tl.constexpr = TILE[1]
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    expert = row * 0
    if experts is not None:
        expert = tl.load(experts + row)
    known = (outputs, inputs, groups)
    one = _of_expert((codes, scales, zeros), expert, known, FORM)
    given = x + (row // share) * stride
    if FORM[0] > 1:
        total = _row_of_words(given, one, n, known, FORM, BLOCK)
    else:
        total = _row_of_floats(given, one, n, known, FORM, TILE)
    if bias is not None:
        total += tl.load(bias + n, mask=n < outputs, other=0.0)
    tl.store(out + row * outputs + n, total, mask=n < outputs)


@triton.jit
def _of_expert(matrix, expert, sizes, FORM: tl.constexpr):
    """Return where one expert's codes, scales and zeros begin."""
    codes, scales, zeros = matrix
    outputs, inputs, groups = sizes
    expert = expert.to(tl.int64)
    if FORM[0] > 1:
        codes += expert * outputs * FORM[5] * _WIDE
    else:
        codes += expert * outputs * inputs
    if FORM[1]:
        scales += expert * tl.cdiv(outputs, FORM[3]) * groups
    if FORM[4]:
        zeros += expert * outputs * groups
    return codes, scales, zeros


@triton.jit
def _tile_of_words(given, matrix, n, sizes, FORM: tl.constexpr, TILE: tl.constexpr):
    """Return sums (rows, outputs) of rows' product with codes in words; `given`: where, which."""
    x, ok = given
    codes, scales, zeros = matrix
    outputs, inputs, groups = sizes
    FIELDS: tl.constexpr = 32 // FORM[0]
    there = n < outputs
    lane = tl.arange(0, _WIDE)
    ROWS: tl.constexpr = TILE[0]
    OUTPUTS: tl.constexpr = TILE[1]
    total = tl.zeros([ROWS, OUTPUTS], tl.float32)
    for step in range(0, FORM[5]):
        at = codes + (n * FORM[5] + step)[:, None] * _WIDE + lane[None, :]
        words = tl.load(at, mask=there[:, None], other=0)
        for chunk in tl.static_range(FIELDS):
            first = (step * FIELDS + chunk) * 32
            group = n * groups + first // FORM[2]
            here = there & (first // FORM[2] < groups)
            k = first + lane
            some = tl.load(
                x[:, None] + k[None, :], mask=ok[:, None] & (k < inputs)[None, :], other=0.0
            )
            zero = _zero(zeros, group, here, FORM)
            if FORM[4]:
                weights = _codes(words, chunk, FORM[0]) - zero[:, None]
            else:
                weights = _codes(words, chunk, FORM[0]) - zero
            scale = tl.load(scales + group, mask=here, other=0.0).to(tl.float32)
            total = _dot(some, weights, scale, total, TILE)
    return total


@triton.jit
def _tile_of_floats(given, matrix, n, sizes, FORM: tl.constexpr, TILE: tl.constexpr):
    """Return sums (rows, outputs) of rows' product with FP8 or plain weights."""
    x, ok = given
    codes, scales, _ = matrix
    outputs, inputs, groups = sizes
    there = n < outputs
    WIDE: tl.constexpr = TILE[2]
    DOT: tl.constexpr = TILE[3]
    lane = tl.arange(0, WIDE)
    ROWS: tl.constexpr = TILE[0]
    OUTPUTS: tl.constexpr = TILE[1]
    total = tl.zeros([ROWS, OUTPUTS], tl.float32)
    for step in range(0, FORM[5]):
        k = step * WIDE + lane
        inside = (k < inputs)[None, :]
        here = codes + n[:, None].to(tl.int64) * inputs + k[None, :]
        weights = tl.load(here, mask=there[:, None] & inside, other=0.0)
        some = tl.load(x[:, None] + k[None, :], mask=ok[:, None] & inside, other=0.0)
        if FORM[1]:
            group = (n // FORM[3]) * groups + step * WIDE // FORM[2]
            scale = tl.load(scales + group, mask=there, other=0.0).to(tl.float32)
            total = _dot(some, weights.to(tl.float32), scale, total, TILE)
        else:
            left, right = some.to(DOT), tl.trans(weights).to(DOT)
            total = tl.dot(left, right, total, input_precision="ieee")
    return total


@triton.jit
def _dot(some, weights, scale, total, TILE: tl.constexpr):
    """Add a chunk's product: few rows keep the scale in float32, many have it in the weights."""
    ROWS: tl.constexpr = TILE[0]
    DOT: tl.constexpr = TILE[3]
    if ROWS <= 16:
        right = tl.trans(weights.to(DOT))
        part = tl.dot(some.to(DOT), right, input_precision="ieee")
        return total + part * scale[None, :]
    else:  # noqa: RET505
        right = tl.trans((weights * scale[:, None]).to(DOT))
        return tl.dot(some.to(DOT), right, total, input_precision="ieee")


@triton.jit
def tile_product(x, matrix, out, sizes, FORM: tl.constexpr, TILE: tl.constexpr):
    """A tile of rows times a tile of outputs, of one matrix, or of one expert's for each tile.

    `matrix` is (codes, scales, zeros, bias, plan); `plan` is None or (order of the rows by expert,
    expert of each tile or -1, first and last place of each tile in the order). `sizes` as above.
    """
    codes, scales, zeros, bias, plan = matrix
    outputs, inputs, groups, stride, share, rows = sizes
    tile = tl.program_id(0)
    ROWS: tl.constexpr = TILE[0]
    OUTPUTS: tl.constexpr = TILE[1]
    place = tile * ROWS + tl.arange(0, ROWS)
    n = tl.program_id(1) * OUTPUTS + tl.arange(0, OUTPUTS)
    if plan is None:
        expert, ok, row = tile * 0, place < rows, place
    else:
        order, tiles, begins, ends = plan
        expert = tl.load(tiles + tile)
        if expert < 0:
            return
        place = tl.load(begins + tile) + tl.arange(0, ROWS)
        ok = place < tl.load(ends + tile)
        row = tl.load(order + place, mask=ok, other=0)
    known = (outputs, inputs, groups)
    one = _of_expert((codes, scales, zeros), expert, known, FORM)
    given = x + (row // share).to(tl.int64) * stride
    if FORM[0] > 1:
        total = _tile_of_words((given, ok), one, n, known, FORM, TILE)
    else:
        total = _tile_of_floats((given, ok), one, n, known, FORM, TILE)
    if bias is not None:
        total += tl.load(bias + n, mask=n < outputs, other=0.0)[None, :]
    there = out + row[:, None].to(tl.int64) * outputs + n[None, :]
    tl.store(there, total, mask=ok[:, None] & (n < outputs)[None, :])
