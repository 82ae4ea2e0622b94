"""Pillow's antialiased bicubic resize of 8-bit pictures, in torch, on any device.

Every pixel is the same: weights are rounded to 22 bits after the point, each of the two passes is
summed in whole numbers and rounded to 8 bits, columns first. Pillow 13 begins with the rows where
more than twice as many of them go as columns (found by experiment: 5,852 sizes, none otherwise):
those pictures are left to Pillow (`takes`).
Source: Pillow's Resample.c (precompute_coeffs, normalize_coeffs_8bpc, ImagingResampleInner).
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_BITS = 22
_SUPPORT = 2.0
_A = -0.5


def takes(size: tuple[int, int], rows: int, columns: int) -> bool:
    """Return whether a picture of this (width, height) is resized alike by all versions of Pillow.

    A screen that is made smaller as a whole is, unless it is more than twice as high as wide.
    """
    width, height = size
    return columns == width or rows >= height or height - rows <= 2 * (width - columns)


def resize(pictures: Tensor, rows: int, columns: int) -> Tensor:
    """Resize pictures (..., height, width, channels) of uint8."""
    if pictures.shape[-2] != columns:
        pictures = _along(pictures, -2, columns)
    if pictures.shape[-3] != rows:
        pictures = _along(pictures, -3, rows)
    return pictures


def _along(pictures: Tensor, axis: int, length: int) -> Tensor:
    places, weights = _taps(pictures.shape[axis], length)
    device, beside = pictures.device, (1,) * (-1 - axis)
    total: Tensor | None = None
    for place, weight in zip(places, weights, strict=True):
        part = pictures.index_select(axis, place.to(device)).int()
        part *= weight.to(device).view(-1, *beside)
        total = part if total is None else total.add_(part)
    assert total is not None
    rounded: Tensor = (total + (1 << (_BITS - 1))) >> _BITS
    return rounded.clamp_(0, 255).to(torch.uint8)


@lru_cache(maxsize=16)
def _taps(length: int, wanted: int) -> tuple[Tensor, Tensor]:
    """Return which source pixels a target pixel is made of, and their weights: (taps, wanted)."""
    scale = length / wanted
    wide = max(scale, 1.0)
    support = _SUPPORT * wide
    centre = (np.arange(wanted) + 0.5) * scale
    first = np.maximum((centre - support + 0.5).astype(np.int64), 0)
    end = np.minimum((centre + support + 0.5).astype(np.int64), length)
    taps = int(np.ceil(support)) * 2 + 1
    parts = np.zeros((taps, wanted))
    total = np.zeros(wanted)
    for tap in range(taps):
        distance = (tap + first - centre + 0.5) * (1.0 / wide)
        parts[tap] = np.where(first + tap < end, _bicubic(np.abs(distance)), 0.0)
        total += parts[tap]
    share = parts / np.where(total == 0, 1.0, total) * (1 << _BITS)
    weights = np.trunc(share + np.where(share < 0, -0.5, 0.5)).astype(np.int32)
    places = np.minimum(first + np.arange(taps)[:, None], length - 1)
    return torch.from_numpy(places), torch.from_numpy(weights)


def _bicubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    near = ((_A + 2.0) * x - (_A + 3.0)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * _A
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))
