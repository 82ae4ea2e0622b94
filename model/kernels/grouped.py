"""A matrix of 4 or 8 bit codes in groups of inputs, in the layout of the compiled kernels.

The kernels round inputs to 8 bits, 32 of them with one scale s = max|x| / 127. An output is
therefore off by at most the sum of s / 2 * |weight| over its inputs, and by one rounding to float32
for every 32 inputs. What is smaller than 1e-30 counts as zero, and what is not finite makes all
outputs of its row NaN.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels import native

LANES = 16
"""Outputs of a block."""
STEP = 32
"""Inputs that are rounded with one scale."""
SCALE_TYPES = (torch.float16, torch.bfloat16, torch.float32)
"""The kernels' numbers of the scales' types."""
_SLAB = 32
"""Blocks that are turned into the layout at a time: what that takes stays small."""


@dataclass(frozen=True)
class Grouped:
    """A matrix as formats store it: words of codes along the inputs, the lowest bits first.

    `words` (outputs, inputs * bits / 32) int32; `scales` (outputs, groups) of SCALE_TYPES;
    `zeros` (outputs, groups) uint8, or None where each is half of the codes' range. `group`:
    inputs of a group, the last may be shorter. A weight is (code - zero) * scale.
    """

    words: Tensor
    scales: Tensor
    zeros: Tensor | None
    inputs: int
    group: int
    bits: int


def fits(inputs: int, group: int) -> bool:
    """Return whether the kernels can be given groups of this size."""
    return group % STEP == 0 or group >= inputs


class GroupedMatrix:
    """One packed copy of a matrix (outputs, inputs), and its product with rows."""

    def __init__(self, given: Grouped) -> None:
        self.outputs, self.inputs, self.bits = len(given.words), given.inputs, given.bits
        steps = -(-given.inputs // STEP)
        self._group = given.group if given.group < given.inputs else steps * STEP
        blocks = -(-self.outputs // LANES)
        self._codes = torch.empty(blocks, steps * self.bits, LANES, dtype=torch.int32)
        for start in range(0, blocks, _SLAB):
            rows = given.words[start * LANES : (start + _SLAB) * LANES]
            _lay(rows, self._codes[start : start + _SLAB], self.bits)
        self._scales = _lanes(given.scales)
        self._zeros = None if given.zeros is None else _lanes(given.zeros)
        zeros = 0 if self._zeros is None else self._zeros.data_ptr()
        self._handle = native.compiled.matrix(
            self._codes.data_ptr(), self._scales.data_ptr(), zeros,
            self.outputs, self.inputs, self._group, self.bits,
            SCALE_TYPES.index(self._scales.dtype),
        )  # fmt: skip

    @property
    def nbytes(self) -> int:
        """Return the bytes that the matrix takes."""
        zeros = 0 if self._zeros is None else self._zeros.nbytes
        return self._codes.nbytes + self._scales.nbytes + zeros

    def product(self, x: Tensor, bias: Tensor | None = None, way: int = 0) -> Tensor:
        """Return x (..., inputs) times the matrix, (..., outputs), in the type of x.

        `bias` (outputs,) is float32; `way` is one of the instruction sets of `native.ways`.
        """
        rows = x.reshape(-1, self.inputs).contiguous()
        if rows.dtype not in (torch.float32, torch.bfloat16):
            rows = rows.float()
        out = rows.new_empty(len(rows), self.outputs)
        if len(rows):
            native.compiled.product(
                self._handle, self, way, torch.get_num_threads(),
                rows.data_ptr(), out.data_ptr(), 0 if bias is None else bias.data_ptr(),
                len(rows), rows.dtype == torch.bfloat16,
            )  # fmt: skip
        return out.to(x.dtype).view(*x.shape[:-1], self.outputs)

    def unpacked(self) -> Tensor:
        """Return the matrix (outputs, inputs) in float32."""
        return self.rows(torch.arange(self.outputs))

    def rows(self, outputs: Tensor) -> Tensor:
        """Return rows of the matrix, (..., inputs) in float32, for numbers of outputs (...)."""
        block, lane = outputs // LANES, outputs % LANES
        words = self._codes[block, :, lane]
        halves = words.contiguous().view(torch.uint8).view(*words.shape, 1, 4)
        if self.bits == 4:
            halves = torch.cat((halves & 15, halves >> 4), dim=-2)
        codes = halves.flatten(-3)[..., : self.inputs].float()
        of = torch.arange(self.inputs) // self._group
        middle = 2.0 ** (self.bits - 1)
        zeros = middle if self._zeros is None else self._zeros[block, :, lane].float()[..., of]
        weights: Tensor = (codes - zeros) * self._scales[block, :, lane].float()[..., of]
        return weights


def _lay(words: Tensor, blocks: Tensor, bits: int) -> None:
    """Lay rows of words into blocks (blocks, words, lanes), padded with zeros."""
    if bits == 4:
        words = _interleaved(words)
    count, wanted, _ = blocks.shape
    padded = F.pad(words, (0, wanted - words.shape[1], 0, count * LANES - len(words)))
    blocks.copy_(padded.view(count, LANES, wanted).transpose(1, 2))


def _interleaved(words: Tensor) -> Tensor:
    """Lay the last four of a word's eight codes into the high halves of its bytes."""
    outer, inner = words & 0x00FF0000, words & 0x0000FF00
    words = (words & -0x00FFFF01) | (outer >> 8) | (inner << 8)
    outer, inner = words & 0x0F000F00, words & 0x00F000F0
    return (words & -0x0FF00FF1) | (outer >> 4) | (inner << 4)


def _lanes(values: Tensor) -> Tensor:
    """Return values (outputs, groups) as (blocks, groups, lanes), padded with zeros."""
    padded = F.pad(values, (0, 0, 0, -len(values) % LANES))
    return padded.view(-1, LANES, values.shape[1]).transpose(1, 2).contiguous()
