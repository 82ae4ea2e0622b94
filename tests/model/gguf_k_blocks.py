"""A writer of ggml's K formats, from the description of their blocks; the gguf library has none.

A row is cut into blocks of 256 values. What was written is read back by the gguf library.
"""

from typing import Any

import numpy as np
from gguf import GGMLQuantizationType as Kind


def pack(matrix: Any, kind: Kind) -> Any:
    """Return rows of bytes of a float32 matrix whose rows are whole blocks."""
    blocks = matrix.reshape(-1, 256).astype(np.float32)
    write = {Kind.Q4_K: _four, Kind.Q5_K: _five, Kind.Q6_K: _six}[kind]
    return np.concatenate(write(blocks), axis=1).reshape(*matrix.shape[:-1], -1)


def _half(values: Any) -> Any:
    """Return float16 numbers as two bytes each, and as what they now are."""
    halves = values.astype(np.float16)[:, None]
    return halves.view(np.uint8), halves.astype(np.float32)


def _eighths(blocks: Any, most: int) -> tuple[list[Any], Any]:
    """Return the head of a block with eight scales and minima, and its codes (n, 8, 32)."""
    parts = blocks.reshape(-1, 8, 32)
    low = np.minimum(parts.min(-1), 0)
    scales, minima = (np.maximum(parts.max(-1), 0) - low) / most, -low
    (d, whole), (least, floor) = _half(scales.max(1) / 63), _half(minima.max(1) / 63)
    s = np.clip(np.round(scales / np.maximum(whole, 1e-9)), 1, 63).astype(np.uint8)
    m = np.clip(np.round(minima / np.maximum(floor, 1e-9)), 0, 63).astype(np.uint8)
    # six bits each: the first four whole, the upper two bits of the last four beside them
    packed = np.concatenate(
        [s[:, :4] | (s[:, 4:] >> 4 << 6), m[:, :4] | (m[:, 4:] >> 4 << 6),
         (s[:, 4:] & 15) | ((m[:, 4:] & 15) << 4)], axis=1,
    )  # fmt: skip
    codes = (parts + (floor * m)[..., None]) / np.maximum(whole * s, 1e-9)[..., None]
    return [d, least, packed], np.clip(np.round(codes), 0, most).astype(np.uint8)


def _nibbles(codes: Any) -> Any:
    """Pack codes (n, 8, 32): every odd eighth is the upper half of the bytes of the even one."""
    return (codes[:, 0::2] & 15 | (codes[:, 1::2] & 15) << 4).reshape(len(codes), -1)


def _four(blocks: Any) -> list[Any]:
    head, codes = _eighths(blocks, 15)
    return [*head, _nibbles(codes)]


def _five(blocks: Any) -> list[Any]:
    head, codes = _eighths(blocks, 31)
    high = sum((codes[:, i] >> 4) << i for i in range(8))
    return [*head, high.astype(np.uint8), _nibbles(codes)]


def _six(blocks: Any) -> list[Any]:
    parts = blocks.reshape(-1, 16, 16)
    widest = np.abs(parts).max(-1) / 31
    d, whole = _half(widest.max(1) / 127)
    scales = np.clip(np.round(widest / np.maximum(whole, 1e-9)), 1, 127).astype(np.int8)
    codes = np.round(parts / np.maximum(whole * scales, 1e-9)[..., None])
    # each half of a block is four runs of 32 codes
    codes = (np.clip(codes, -32, 31) + 32).astype(np.uint8).reshape(-1, 2, 4, 32)
    low = codes[:, :, :2] & 15 | (codes[:, :, 2:] & 15) << 4
    high = sum((codes[:, :, i] >> 4) << (2 * i) for i in range(4)).astype(np.uint8)
    n = len(blocks)
    return [low.reshape(n, -1), high.reshape(n, -1), scales.view(np.uint8), d]
