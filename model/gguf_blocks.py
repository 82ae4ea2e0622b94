"""GGUF's quantized blocks, unpacked in torch.

A row of a matrix is cut into blocks of values; each block is a few bytes of scales and codes.
Layouts: ggml's block_q8_0, block_q4_0, block_q4_K, block_q5_K and block_q6_K.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class BlockFormat:
    """How many values a block holds in how many bytes, and how it is read.

    `read` turns blocks (n, bytes) of uint8 to values (n, values) in float32.
    """

    values: int
    bytes: int
    read: Callable[[Tensor], Tensor]

    def unpack(self, raw: Tensor) -> Tensor:
        """Turn rows of blocks (..., bytes) to rows of values (..., values) in float32."""
        out = self.read(raw.reshape(-1, self.bytes))
        return out.reshape(*raw.shape[:-1], raw.shape[-1] // self.bytes * self.values)


def _half(blocks: Tensor, at: int) -> Tensor:
    """Return the float16 number at a byte of every block, (n, 1)."""
    return blocks[:, at : at + 2].contiguous().view(torch.float16).float()


def _nibbles(packed: Tensor) -> Tensor:
    """Return low and high halves of bytes (n, k, 32) as (n, k, 2, 32)."""
    return torch.stack((packed & 15, packed >> 4), dim=2)


def _q8_0(blocks: Tensor) -> Tensor:
    return _half(blocks, 0) * blocks[:, 2:].contiguous().view(torch.int8).float()


def _q4_0(blocks: Tensor) -> Tensor:
    packed = blocks[:, 2:]
    return _half(blocks, 0) * (torch.cat((packed & 15, packed >> 4), dim=1).float() - 8)


@dataclass(frozen=True)
class SuperBlocks:
    """Blocks of a K format, taken apart: n blocks of eight parts of 32 values.

    `codes` (n, 256) uint8; `parts` (n, 8, 2) uint8: each part's scale and minimum, or, for codes of
    6 bits, the signed scales of its first 16 values and of its last; `scales` (n, 2 or 1) float16:
    what these are multiplied with. A value is scale * code - minimum, or scale * (code - 32).
    """

    codes: Tensor
    parts: Tensor
    scales: Tensor

    def values(self) -> Tensor:
        """Return the values (n, 256) in float32."""
        scales = self.scales.float()
        if scales.shape[1] == 2:
            scale, least = (self.parts.float() * scales[:, None, :]).unsqueeze(-1).unbind(2)
            return (self.codes.float().view(-1, 8, 32) * scale - least).flatten(1)
        halves = self.parts.view(torch.int8).float().view(-1, 16, 1) * scales[:, :, None]
        return ((self.codes.float() - 32).view(-1, 16, 16) * halves).flatten(1)


def _eighths(packed: Tensor) -> Tensor:
    """Return the eight 6-bit scales and minima of the K formats' 12 bytes, (n, 8, 2)."""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = torch.cat((first & 63, (third & 15) | ((first >> 6) << 4)), dim=1)
    minima = torch.cat((second & 63, (third >> 4) | ((second >> 6) << 4)), dim=1)
    return torch.stack((scales, minima), dim=-1)


def _of_eight(blocks: Tensor, codes: Tensor) -> SuperBlocks:
    scales = blocks[:, :4].contiguous().view(torch.float16)
    return SuperBlocks(codes.flatten(1), _eighths(blocks[:, 4:16]), scales)


def _q4_k(blocks: Tensor) -> SuperBlocks:
    return _of_eight(blocks, _nibbles(blocks[:, 16:].view(-1, 4, 32)))


def _q5_k(blocks: Tensor) -> SuperBlocks:
    low = _nibbles(blocks[:, 48:].reshape(-1, 4, 32)).flatten(1, 2)
    bit = torch.arange(8, dtype=torch.uint8, device=blocks.device)[:, None]
    high = (blocks[:, None, 16:48] >> bit) & 1
    return _of_eight(blocks, low | (high << 4))


def _q6_k(blocks: Tensor) -> SuperBlocks:
    low = blocks[:, :128].reshape(-1, 2, 2, 32)
    high = blocks[:, 128:192].reshape(-1, 2, 1, 32)
    pairs = torch.arange(0, 8, 2, dtype=torch.uint8, device=blocks.device)[:, None]
    codes = torch.cat((low & 15, low >> 4), dim=2) | (((high >> pairs) & 3) << 4)
    scales = blocks[:, 208:].contiguous().view(torch.float16)
    return SuperBlocks(codes.flatten(1), blocks[:, 192:208].reshape(-1, 8, 2), scales)


SUPER_BLOCKS: dict[str, Callable[[Tensor], SuperBlocks]] = {
    "Q4_K": _q4_k,
    "Q5_K": _q5_k,
    "Q6_K": _q6_k,
}
"""How blocks (n, bytes) of the K formats are taken apart."""


def _read_super(name: str) -> Callable[[Tensor], Tensor]:
    return lambda blocks: SUPER_BLOCKS[name](blocks).values()


BLOCKS: dict[str, BlockFormat] = {
    "Q8_0": BlockFormat(32, 34, _q8_0),
    "Q4_0": BlockFormat(32, 18, _q4_0),
    "Q4_K": BlockFormat(256, 144, _read_super("Q4_K")),
    "Q5_K": BlockFormat(256, 176, _read_super("Q5_K")),
    "Q6_K": BlockFormat(256, 210, _read_super("Q6_K")),
}
