"""Interleaved multi-axis rotary positions (M-RoPE) of Qwen3-VL's decoder.

Every token has three positions (time, row, column); text has the same number on all three.
Frequency i of a head turns with the position of one axis: axes alternate T H W T H W ... and the
remainder stays with T (Qwen2-VL instead kept one block of frequencies for each axis).
Source: Qwen3-VL technical report; transformers' Qwen3VLTextRotaryEmbedding and get_rope_index;
YaRN, arXiv 2309.00071.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handrail.model.text_config import TextConfig, Yarn

_TABLE_STEP = 1024


@dataclass(frozen=True)
class Rotation:
    """Cosines, and sines whose first half is negated, ready for `rotate`; shape (..., head_dim)."""

    cos: Tensor
    sin: Tensor


def rotate(x: Tensor, rotation: Rotation) -> Tensor:
    """Turn the pairs (i, i + head_dim/2) of the last axis of x."""
    # rotate_half(x) * sin == roll(x) * (sin with its first half negated): one op less a call.
    swapped = x.roll(x.shape[-1] // 2, dims=-1)
    return torch.addcmul(x * rotation.cos, swapped, rotation.sin)


def rotation_of(angles: Tensor, scale: float = 1.0) -> Rotation:
    """Build the rotation for angles of shape (..., head_dim/2) in float32."""
    cos, sin = angles.cos() * scale, angles.sin() * scale
    return Rotation(torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1))


def inverse_frequencies(dim: int, theta: float) -> Tensor:
    """Return theta^-(2i/dim) for i in 0..dim/2, float32."""
    steps = torch.arange(0, dim, 2, dtype=torch.float, device="cpu") / dim
    return 1.0 / theta**steps


def yarn_frequencies(dim: int, theta: float, yarn: Yarn) -> Tensor:
    """Return frequencies of which the slow ones are divided by YaRN's factor, float32.

    What turns at least `beta_fast` times in the original context stays, what turns at most
    `beta_slow` times is divided; a ramp lies between.
    """

    def frequency_that_turns(times: float) -> float:
        length = yarn.original_max_position_embeddings / (times * 2 * math.pi)
        return dim * math.log(length) / (2 * math.log(theta))

    low, high = frequency_that_turns(yarn.beta_fast), frequency_that_turns(yarn.beta_slow)
    if yarn.truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dim - 1)
    steps = torch.arange(dim // 2, dtype=torch.float, device="cpu")
    ramp = ((steps - low) / (high - low if high != low else 0.001)).clamp(0, 1)
    plain = inverse_frequencies(dim, theta)
    return plain / yarn.factor * ramp + plain * (1 - ramp)


def interleaved_axes(frequencies: int, sections: Sequence[int]) -> Tensor:
    """Return which axis (0 T, 1 H, 2 W) drives each frequency."""
    axes = torch.zeros(frequencies, dtype=torch.long, device="cpu")
    for axis in (1, 2):
        axes[axis : sections[axis] * 3 : 3] = axis
    return axes


class MRope:
    """Makes rotations for the decoder; angles are always computed in float32."""

    def __init__(self, config: TextConfig) -> None:
        dim, theta, yarn = config.head_dim, config.rope_theta, config.yarn
        self._scale = 1.0 if yarn is None else yarn.scale
        self._frequencies = (
            inverse_frequencies(dim, theta) if yarn is None else yarn_frequencies(dim, theta, yarn)
        )
        self._axes = interleaved_axes(dim // 2, config.mrope_section)
        self._table: Rotation | None = None

    def prefill(self, positions: Tensor, like: Tensor) -> Rotation:
        """Return the rotation for positions (3, batch, tokens), shaped (batch, 1, tokens, dim).

        `like` gives the device and dtype.
        """
        of_axis = positions.index_select(0, self._axes).permute(1, 2, 0)
        rotation = rotation_of(of_axis.float() * self._frequencies, self._scale)
        return Rotation(
            rotation.cos.unsqueeze(1).to(like.device, like.dtype),
            rotation.sin.unsqueeze(1).to(like.device, like.dtype),
        )

    def run(self, position: int, count: int, like: Tensor) -> Rotation:
        """Return the rotation of a run of text, shaped (count, dim), from a table that grows."""
        table = self.table(position + count, like)
        end = position + count
        return Rotation(table.cos[position:end], table.sin[position:end])

    def table(self, rows: int, like: Tensor) -> Rotation:
        """Return the rotations of text at all positions below `rows`, and more: (more, dim)."""
        table = self._table
        if table is None or rows > table.cos.shape[0] or table.cos.dtype != like.dtype:
            more = (rows // _TABLE_STEP + 2) * _TABLE_STEP
            angles = torch.arange(more).float().unsqueeze(-1) * self._frequencies
            full = rotation_of(angles, self._scale)
            table = Rotation(
                full.cos.to(like.device, like.dtype), full.sin.to(like.device, like.dtype)
            )
            self._table = table
        return table


def text_positions(start: int, length: int) -> Tensor:
    """Return positions (3, length) of a run of text that begins at `start`."""
    return torch.arange(start, start + length).expand(3, length)


def image_positions(start: int, rows: int, columns: int) -> Tensor:
    """Return positions (3, rows*columns) of an image's merged tokens in reading order."""
    row = torch.arange(rows).repeat_interleave(columns)
    column = torch.arange(columns).repeat(rows)
    return torch.stack((torch.zeros_like(row), row, column)) + start
