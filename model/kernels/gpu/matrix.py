"""A matrix as the GPU's kernels take it, or one for each of several experts, and its product.

Codes of 4 and 8 bits lie in steps of 32 words a row: field i of word j is input 32 i + j of the
step, so that one shift of 32 neighbouring words gives 32 neighbouring inputs. FP8 and plain weights
lie as they are stored. A weight is (code - zero) * scale.

How far an output may be off, against exact arithmetic with the same weights and the inputs in
bfloat16, S the sum of |input| * |weight|:

- at most 16 rows: 2^-8 of the output, for its own rounding to bfloat16, and (2 + inputs) 2^-23 S,
  for sums in float32;
- more rows: 2^-8 S beside that, for weights that are rounded to bfloat16 when they are scaled
  (none of it for plain weights).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels.gpu import ready
from handrail.model.kernels.gpu.plan import Plan, plan
from handrail.model.kernels.grouped import Grouped

WIDE = 32
"""Words of a step, and inputs of a chunk."""
FEW = 16
"""Rows for which the scales stay in float32."""
_SLAB = 2**22
"""Codes that are laid out at a time."""
_FP8, _PLAIN = 1, 0
Form = tuple[int, bool, int, int, bool, int]
"""What the kernels' source says: kind, scaled, group, rows that share a scale, zeros, steps."""


@dataclass(frozen=True)
class Chosen:
    """Which matrix each row of a product takes: `experts` (rows,) int32, and rows that share one.

    Row r of the result is input row r // share times the matrix of experts[r].
    """

    experts: Tensor
    share: int = 1


class DeviceMatrix:
    """Matrices (experts, outputs, inputs) in the kernels' layout; one where there are no experts.

    `scales` (experts, outputs / rows that share one, groups); `zeros` (experts, outputs, groups).
    """

    def __init__(
        self, form: Form, size: tuple[int, int], codes: Tensor,
        scales: Tensor | None = None, zeros: Tensor | None = None,
    ) -> None:  # fmt: skip
        self.form, (self.outputs, self.inputs) = form, size
        self.codes, self.scales, self.zeros = codes, scales, zeros

    @classmethod
    def grouped(cls, given: Grouped) -> "DeviceMatrix":
        """Take codes of 4 or 8 bits."""
        return cls.stacked([given])

    @classmethod
    def stacked(cls, given: list[Grouped]) -> "DeviceMatrix":
        """Take codes of 4 or 8 bits, one matrix an expert, all of one kind."""
        one = given[0]
        step = WIDE * 32 // one.bits
        steps = -(-one.inputs // step)
        group = one.group if one.group < one.inputs else steps * step
        shape = (len(given), len(one.words), steps * WIDE)
        codes = torch.empty(shape, dtype=torch.int32, device=one.words.device)
        for matrix, into in zip(given, codes, strict=True):
            _lay(matrix, into, steps)
        zeros = [g.zeros for g in given if g.zeros is not None]
        form = (one.bits, True, group, 1, bool(zeros), steps)
        scales = torch.stack([g.scales for g in given]).contiguous()
        return cls(
            form, (len(one.words), one.inputs), codes, scales,
            torch.stack(zeros).contiguous() if zeros else None,
        )  # fmt: skip

    @classmethod
    def float8(cls, weight: Tensor, scales: Tensor, block: tuple[int, int]) -> "DeviceMatrix":
        """Take FP8 weights (experts, outputs, inputs), and a scale a block of rows and columns."""
        _, outputs, inputs = weight.shape
        steps = -(-inputs // WIDE)
        across = block[1] if block[1] < inputs else steps * WIDE
        form = (_FP8, True, across, block[0], False, steps)
        return cls(form, (outputs, inputs), weight.contiguous(), scales.float().contiguous())

    @classmethod
    def plain(cls, weight: Tensor) -> "DeviceMatrix":
        """Take weights (experts, outputs, inputs) as they are."""
        _, outputs, inputs = weight.shape
        form = (_PLAIN, False, WIDE, 1, False, -(-inputs // WIDE))
        return cls(form, (outputs, inputs), weight.contiguous())

    @property
    def nbytes(self) -> int:
        """Return the bytes that the matrices take."""
        return sum(t.nbytes for t in (self.codes, self.scales, self.zeros) if t is not None)

    def product(
        self, x: Tensor, bias: Tensor | None = None, chosen: Chosen | None = None
    ) -> Tensor:
        """Return x (..., inputs) times the matrix, (..., outputs), in the type of x.

        With `chosen`, x is (rows / share, inputs) and the result (rows, outputs). `bias` is
        float32. The kernels take bfloat16; torch computes all else, and what lies elsewhere.
        """
        if x.dtype != torch.bfloat16 or not ready.usable(x.device):
            return self.plain_product(x, bias, chosen)
        rows = x.reshape(-1, self.inputs).contiguous()
        count = len(rows) if chosen is None else len(chosen.experts)
        out = x.new_empty(count, self.outputs)
        if count:
            self.launch(rows, out, bias, chosen)
        return out.view(*x.shape[:-1], self.outputs) if chosen is None else out

    def launch(self, rows: Tensor, out: Tensor, bias: Tensor | None, chosen: Chosen | None) -> None:
        """Run the kernel that fits: rows in bfloat16, out (rows, outputs)."""
        source, count = ready.products(), len(out)
        groups = 0 if self.scales is None else self.scales.shape[2]
        share = 1 if chosen is None else chosen.share
        sizes = (self.outputs, self.inputs, groups, self.inputs, share, count)
        # what a form does not have is not read: its place is taken by the codes
        absent = (self.codes if part is None else part for part in (self.scales, self.zeros))
        parts = (self.codes, *absent, bias)
        if count == 1 or (chosen is not None and count <= FEW):
            tile: tuple[object, ...] = (1, *row_tile(self.outputs))
            warps, wide = 4, (1, *row_tile(self.outputs))
            grid: tuple[int, ...] = (-(-self.outputs // wide[1]), count)
            last: object = None if chosen is None else chosen.experts
            run = source.row_product
        else:
            wide, warps = rows_tile(count if chosen is None else count // len(self.codes))
            tile, last, tiles = (*wide, _dot_type()), None, -(-count // wide[0])
            if chosen is not None:
                order: Plan = plan(chosen.experts, len(self.codes), wide[0])
                last, tiles = order.parts, len(order.tiles)
            grid, run = (tiles, -(-self.outputs // wide[1])), source.tile_product
        run[grid](rows, (*parts, last), out, sizes, FORM=self.form, TILE=tile, num_warps=warps)

    def plain_product(
        self, x: Tensor, bias: Tensor | None = None, chosen: Chosen | None = None
    ) -> Tensor:
        """Return the product as torch computes it: weights unpacked to the type of x."""
        extra = None if bias is None else bias.to(x.dtype)
        if chosen is None:
            return F.linear(x, self.unpacked().to(x.dtype), extra)
        given = x.repeat_interleave(chosen.share, 0)
        out = x.new_empty(len(given), self.outputs)
        for expert in sorted(set(chosen.experts.tolist())):
            here = chosen.experts == expert
            out[here] = F.linear(given[here], self.unpacked(expert).to(x.dtype), extra)
        return out

    def unpacked(self, expert: int = 0) -> Tensor:
        """Return a matrix (outputs, inputs) in float32."""
        return self.rows(torch.arange(self.outputs, device=self.codes.device), expert)

    def rows(self, outputs: Tensor, expert: int = 0) -> Tensor:
        """Return rows of a matrix, (..., inputs) in float32, for numbers of outputs (...)."""
        kind, scaled, group, shared, _, steps = self.form
        codes = self.codes[expert][outputs]
        if kind in (_FP8, _PLAIN):
            weights = codes.float()
        else:
            shifts = torch.arange(0, 32, kind, dtype=torch.int32, device=codes.device)
            fields = codes.view(*codes.shape[:-1], steps, 1, WIDE) >> shifts[:, None] & (
                2**kind - 1
            )
            weights = fields.flatten(-3)[..., : self.inputs].float()
        if not scaled or self.scales is None:
            return weights
        of = torch.arange(self.inputs, device=codes.device) // group
        if kind > 1:
            weights -= self._zero(outputs, expert, of)
        weights *= self.scales[expert][outputs // shared].float()[..., of]
        return weights

    def _zero(self, outputs: Tensor, expert: int, of: Tensor) -> Tensor | float:
        if self.zeros is None:
            return 2.0 ** (self.form[0] - 1)
        return self.zeros[expert][outputs].float()[..., of]


def row_tile(outputs: int) -> tuple[int, int]:
    """Return the outputs of a program, and inputs at a time, for a product with one row."""
    return (16, WIDE) if outputs >= 4096 else (8, WIDE)


def rows_tile(rows: int) -> tuple[tuple[int, int, int], int]:
    """Return rows, outputs and inputs of a tile, and its warps, for a product with more rows."""
    if rows <= FEW:
        return (16, 32, WIDE), 4
    return ((64, 64, WIDE), 4) if rows <= 64 else ((128, 128, WIDE), 8)


def _dot_type() -> object:
    """Return the tensor cores' type; Triton's interpreter multiplies float32 only."""
    language = ready.products().tl
    return language.float32 if ready.interpreted() else language.bfloat16


def fits_blocks(block: tuple[int, int], inputs: int) -> bool:
    """Return whether the kernels take FP8 scales of blocks of these rows and columns."""
    return block[1] % WIDE == 0 or block[1] >= inputs


def _lay(given: Grouped, into: Tensor, steps: int) -> None:
    """Lay a matrix's words into (outputs, steps * WIDE), padded with zeros."""
    fields, bits = 32 // given.bits, given.bits
    at_once = max(1, _SLAB // max(1, given.inputs))
    shifts = torch.arange(0, 32, bits, dtype=torch.int32, device=given.words.device)
    for start in range(0, len(given.words), at_once):
        words = given.words[start : start + at_once]
        codes = ((words.unsqueeze(-1) >> shifts) & (2**bits - 1)).flatten(1)[:, : given.inputs]
        padded = F.pad(codes, (0, steps * fields * WIDE - codes.shape[1]))
        parts = padded.view(len(words), steps, fields, WIDE) << shifts[:, None]
        laid = parts[:, :, 0]
        for field in range(1, fields):
            laid = laid | parts[:, :, field]
        into[start : start + at_once] = laid.flatten(1)
