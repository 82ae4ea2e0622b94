"""A matrix of 4, 5 or 6 bit codes in super-blocks, in the layout of the compiled kernels.

Super-blocks are of 256 inputs, and have scales on two levels, as GGUF's K formats do. What is said
of accuracy in ``grouped.py`` holds here, too, with two roundings to float32 for every 32 inputs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels.laid import LANES, SLAB, STEP, LaidMatrix, codes_of, lay_values

SUPER = 256
"""Inputs of a super-block."""
_LOW = 4
"""Bits of a code that lie as those of 4 bit matrices; the others stand behind them."""
Slab = tuple[Tensor, Tensor, Tensor]
"""Codes (rows, inputs) uint8, parts (rows, steps, 2) uint8, scales (rows, super-blocks, 2 or 1)."""


@dataclass(frozen=True)
class Supers:
    """A matrix of super-blocks; `read` takes some of its rows apart.

    A part's two bytes are its scale and its minimum, for 6 bits the signed scales of its first 16
    inputs and of its last; `scales` (float16) multiply them. A weight is scale * code - minimum,
    for 6 bits scale * (code - 32).
    """

    outputs: int
    inputs: int
    bits: int
    read: Callable[[slice], Slab]


class SuperMatrix(LaidMatrix):
    """One packed copy of a matrix (outputs, inputs) of super-blocks; see ``LaidMatrix``."""

    def __init__(self, given: Supers) -> None:
        super().__init__(given.outputs, given.inputs)
        self.bits = given.bits
        blocks, steps = -(-given.outputs // LANES), given.inputs // STEP
        self._codes = torch.empty(blocks, steps, given.bits, LANES, dtype=torch.int32)
        parts, scales = [], []
        for start in range(0, blocks, SLAB):
            at = slice(start * LANES, min((start + SLAB) * LANES, given.outputs))
            codes, part, scale = given.read(at)
            _lay(codes, self._codes[start : start + SLAB])
            parts.append(lay_values(part.flatten(1)))
            scales.append(lay_values(scale.flatten(1)))
        self._parts, self._scales = torch.cat(parts), torch.cat(scales)
        self._enter((self._codes, self._scales, None, self._parts), STEP, self.bits)

    def rows(self, outputs: Tensor) -> Tensor:
        """Return rows of the matrix, (..., inputs) in float32, for numbers of outputs (...)."""
        block, lane = outputs // LANES, outputs % LANES
        shape = (*outputs.shape, self.inputs // STEP, STEP)
        codes = self._codes_of(self._codes[block, ..., lane]).float()
        parts, scales = self._parts[block, :, lane], self._scales[block, :, lane].float()
        if self.bits == 6:
            sizes = parts.view(torch.int8).float() * scales.repeat_interleave(SUPER // 16, -1)
            spread = sizes.repeat_interleave(16, -1).view(shape)
            return ((codes - 32) * spread).flatten(-2)
        pairs = scales.view(*outputs.shape, -1, 2).repeat_interleave(SUPER // STEP, -2)
        size, least = (parts.view(*outputs.shape, -1, 2).float() * pairs).unsqueeze(-2).unbind(-1)
        return (codes * size - least).flatten(-2)

    def _codes_of(self, words: Tensor) -> Tensor:
        """Return codes (..., steps, 32) from an output's words (..., steps, bits)."""
        codes = codes_of(words[..., :_LOW], _LOW)
        high = words[..., _LOW:].contiguous().view(torch.uint8)
        for k in range(8 if self.bits > _LOW else 0):
            plane, shift, mask = _place(k, self.bits)
            above = (high[..., 4 * plane : 4 * plane + 4] >> shift) & mask
            codes[..., 4 * k : 4 * k + 4] |= above << _LOW
        return codes


def _place(k: int, bits: int) -> tuple[int, int, int]:
    """Return the plane, the shift and the mask of the high bits of inputs 4 k to 4 k + 3."""
    return (0, k, 1) if bits == 5 else (k // 4, k % 4 * 2, 3)


def _lay(codes: Tensor, blocks: Tensor) -> None:
    """Lay codes (rows, inputs) into blocks (blocks, steps, bits, lanes), padded with zeros."""
    count, steps, bits, _ = blocks.shape
    padded = F.pad(codes, (0, 0, 0, count * LANES - len(codes)))
    fours = padded.view(count, LANES, steps, 8, 4).permute(0, 2, 3, 1, 4)
    laid = blocks.view(torch.uint8).view(count, steps, bits, LANES, 4)
    laid[:, :, :_LOW] = (fours[:, :, 0::2] & 15) | ((fours[:, :, 1::2] & 15) << 4)
    laid[:, :, _LOW:] = 0
    for k in range(8 if bits > _LOW else 0):
        plane, shift, _ = _place(k, bits)
        laid[:, :, _LOW + plane] |= (fours[:, :, k] >> _LOW) << shift
