"""Find the parts of a picture on which something is drawn, so that plain ground need not be read.

A screen is mostly ground: of the cells that become one token each, about half show one colour and
nothing else. Leaving them out halves what the vision tower and the decoder read. What is left keeps
its place, so that coordinates mean the same. Source of the idea: token pruning for screenshots, as
ShowUI (arXiv 2411.17465) selects by redundant patches; here a cell goes only where all of its
pixels are equal.
"""

import torch
from torch import Tensor


def drawn_cells(pixels: Tensor, cell: int) -> Tensor:
    """Return which cells of a picture show more than one colour, row by row, ascending.

    `pixels` is (frames, height, width, 3) of uint8, its sides multiples of `cell` pixels. A picture
    of one colour keeps its first cell: something must stand for it.
    """
    frames, height, width, channels = pixels.shape
    rows, columns = height // cell, width // cell
    lines = pixels.view(frames, rows, cell, width * channels)
    alike = (lines == lines[:1, :, :1]).all(2).all(0).view(rows, columns, -1).all(2)
    first = lines[0, :, 0].view(rows, columns, cell, channels)
    plain = (alike & (first == first[:, :, :1]).flatten(2).all(2)).flatten()
    kept = (~plain).nonzero().flatten()
    return kept if len(kept) else kept.new_zeros(1)


def patch_rows(kept: Tensor, merge: int) -> Tensor:
    """Return the rows of the patches of some cells, in merge-block order."""
    within = torch.arange(merge**2, device=kept.device)
    return (kept[:, None] * merge**2 + within).flatten()
