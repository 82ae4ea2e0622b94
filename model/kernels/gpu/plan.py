"""Which rows of a product with several experts' matrices share a tile, made on the device.

No number leaves the device, so that it can stand in a CUDA graph: the number of tiles is the most
that so many rows can need. Method: as in MegaBlocks (arXiv 2211.15841) and vLLM.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Plan:
    """Rows in the order of their experts, cut into tiles of one expert each.

    Tile t has the rows ``order[begins[t] : ends[t]]``, of expert ``tiles[t]``; -1 for none.
    """

    order: Tensor
    tiles: Tensor
    begins: Tensor
    ends: Tensor

    @property
    def parts(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the four, as the kernel takes them."""
        return self.order, self.tiles, self.begins, self.ends


def plan(experts: Tensor, count: int, rows: int) -> Plan:
    """Sort rows by their expert (rows,), one of `count`, into tiles of at most so many rows."""
    order = torch.argsort(experts, stable=True)
    numbers = torch.arange(count, device=experts.device)
    sent = (experts[:, None] == numbers).sum(0)
    last = sent.cumsum(0)
    needed = (sent + rows - 1) // rows
    tiles_end = needed.cumsum(0)
    most = min(len(experts), len(experts) // rows + count)
    tile = torch.arange(most, device=experts.device)
    expert = torch.searchsorted(tiles_end, tile, right=True)
    known = expert.clamp(max=count - 1)
    begins = (last - sent)[known] + (tile - (tiles_end - needed)[known]) * rows
    ends = torch.minimum(begins + rows, last[known])
    chosen = torch.where(expert < count, known, torch.full_like(known, -1))
    return Plan(order.int(), chosen.int(), begins.int(), ends.int())
