"""Matrices in the layout of the compiled kernels: how codes lie, and the product with rows."""

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
SLAB = 32
"""Blocks that are turned into the layout at a time: what that takes stays small."""
_Held = tuple[Tensor, Tensor, Tensor | None, Tensor | None]
"""Codes, scales, zeros of groups, parts of super-blocks; see ``source/product.h``."""


class LaidMatrix:
    """One packed copy of a matrix (outputs, inputs), and its product with rows."""

    def __init__(self, outputs: int, inputs: int) -> None:
        self.outputs, self.inputs = outputs, inputs
        self._held: _Held | None = None
        self._handle: object = None

    def _enter(self, held: _Held, group: int, bits: int) -> None:
        """Make the kernels know what is held; `group`: inputs that share a scale."""
        self._held, type_of_scales = held, SCALE_TYPES.index(held[1].dtype)
        codes, scales, zeros, parts = (0 if one is None else one.data_ptr() for one in held)
        self._handle = native.compiled.matrix(
            codes, scales, zeros, parts, self.outputs, self.inputs, group, bits, type_of_scales
        )

    @property
    def nbytes(self) -> int:
        """Return the bytes that the matrix takes."""
        return sum(one.nbytes for one in self._held or () if one is not None)

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
        raise NotImplementedError


def lay_words(words: Tensor, blocks: Tensor, bits: int) -> None:
    """Lay rows of words of 4 or 8 bit codes into blocks (blocks, words, lanes), padded with 0."""
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


def codes_of(words: Tensor, bits: int) -> Tensor:
    """Return codes (..., inputs) of 4 or 8 bits from an output's words (..., words) as they lie."""
    halves = words.contiguous().view(torch.uint8).view(*words.shape, 1, 4)
    if bits == 4:
        halves = torch.cat((halves & 15, halves >> 4), dim=-2)
    return halves.flatten(-3)


def lay_values(values: Tensor) -> Tensor:
    """Return values (outputs, groups) as (blocks, groups, lanes), padded with zeros."""
    padded = F.pad(values, (0, 0, 0, -len(values) % LANES))
    return padded.view(-1, LANES, values.shape[1]).transpose(1, 2).contiguous()
