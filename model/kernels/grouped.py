"""A matrix of 4 or 8 bit codes in groups of inputs, in the layout of the compiled kernels.

The kernels round inputs to 8 bits, 32 of them with one scale s = max|x| / 127. An output is
therefore off by at most the sum of s / 2 * |weight| over its inputs, and by one rounding to float32
for every 32 inputs. What is smaller than 1e-30 counts as zero, and what is not finite makes all
outputs of its row NaN.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from handrail.model.kernels.laid import (
    LANES,
    SLAB,
    STEP,
    LaidMatrix,
    codes_of,
    lay_values,
    lay_words,
)


@dataclass(frozen=True)
class Grouped:
    """A matrix as formats store it: words of codes along the inputs, the lowest bits first.

    `words` (outputs, inputs * bits / 32) int32; `scales` (outputs, groups) of ``SCALE_TYPES``;
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


class GroupedMatrix(LaidMatrix):
    """One packed copy of a matrix (outputs, inputs) of groups, and its product with rows."""

    def __init__(self, given: Grouped) -> None:
        super().__init__(len(given.words), given.inputs)
        self.bits = given.bits
        steps = -(-given.inputs // STEP)
        self._group = given.group if given.group < given.inputs else steps * STEP
        blocks = -(-self.outputs // LANES)
        self._codes = torch.empty(blocks, steps * self.bits, LANES, dtype=torch.int32)
        for start in range(0, blocks, SLAB):
            rows = given.words[start * LANES : (start + SLAB) * LANES]
            lay_words(rows, self._codes[start : start + SLAB], self.bits)
        self._scales = lay_values(given.scales)
        self._zeros = None if given.zeros is None else lay_values(given.zeros)
        self._enter((self._codes, self._scales, self._zeros, None), self._group, self.bits)

    def rows(self, outputs: Tensor) -> Tensor:
        """Return rows of the matrix, (..., inputs) in float32, for numbers of outputs (...)."""
        block, lane = outputs // LANES, outputs % LANES
        words = self._codes[block, :, lane]
        codes = codes_of(words, self.bits)[..., : self.inputs].float()
        of = torch.arange(self.inputs) // self._group
        middle = 2.0 ** (self.bits - 1)
        zeros = middle if self._zeros is None else self._zeros[block, :, lane].float()[..., of]
        weights: Tensor = (codes - zeros) * self._scales[block, :, lane].float()[..., of]
        return weights
