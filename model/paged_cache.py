"""One run's keys and values in blocks of a pool, and attention over several runs at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handrail.model.attention import attend, attend_pieces
from handrail.model.block_pool import BLOCK, BlockPool

_FEW = 16
"""Up to so many new tokens, what was read before is not copied together."""


class PagedCache:
    """The blocks that hold one run's tokens, in their order.

    Blocks may be shared: before a run writes into one that others can read, it takes a copy.
    """

    def __init__(self, pool: BlockPool, blocks: Sequence[int] = (), length: int | None = None):
        """Begin with blocks that are shared, of which the first ``length`` tokens count."""
        self.pool = pool
        pool.share(blocks)
        self.blocks = [*blocks]
        self.length = len(blocks) * BLOCK if length is None else length

    def fork(self) -> "PagedCache":
        """Return another run that goes on from here, at no cost until one of them writes."""
        return PagedCache(self.pool, self.blocks, self.length)

    def adopt(self, blocks: Sequence[int]) -> None:
        """Go on with blocks that another run has read already."""
        assert self.length == len(self.blocks) * BLOCK
        self.pool.share(blocks)
        self.blocks += blocks
        self.length += len(blocks) * BLOCK

    def reserve(self, tokens: int) -> None:
        """Have blocks for so many tokens in all, none that is written shared. Raises NoRoom."""
        at = self.length // BLOCK
        if self.length % BLOCK and not self.pool.is_alone(self.blocks[at]):
            copy = self.pool.take(self.blocks[at])
            self.pool.copy(self.blocks[at], copy)
            self.pool.let_go([self.blocks[at]])
            self.blocks[at] = copy
        while len(self.blocks) * BLOCK < tokens:
            self.blocks.append(self.pool.take(self.blocks[-1] if self.blocks else None))

    def shorten(self, length: int) -> None:
        """Forget all tokens after the first so many, and let go of blocks that held only them."""
        self.length = min(self.length, length)
        needed = -(-self.length // BLOCK)
        self.pool.let_go(self.blocks[needed:])
        del self.blocks[needed:]

    def free(self) -> None:
        """Let go of everything."""
        self.shorten(0)

    def slots(self, end: int) -> list[int]:
        """Return where the tokens after those that are read lie, up to ``end``."""
        return [self.blocks[n // BLOCK] * BLOCK + n % BLOCK for n in range(self.length, end)]


def pieces(blocks: Sequence[int], end: int) -> list[slice]:
    """Return the slots of the first ``end`` tokens in blocks, in as few pieces as they are."""
    found: list[slice] = []
    for index, block in enumerate(blocks[: -(-end // BLOCK)]):
        first, last = block * BLOCK, block * BLOCK + min(BLOCK, end - index * BLOCK)
        if found and found[-1].stop == first:
            found[-1] = slice(found[-1].start, last)
        else:
            found.append(slice(first, last))
    return found


@dataclass(frozen=True)
class Row:
    """One run's new tokens among those of a pass: where they are, and where all its tokens lie."""

    new: slice
    pieces: list[slice]


class JointCache:
    """The caches of several runs, for one pass over the new tokens of each, one after the other.

    What is written lies behind the caches' lengths, until somebody counts it.
    """

    def __init__(self, runs: Sequence[tuple[PagedCache, int]]) -> None:
        """Take caches, and how many new tokens of each there are; their blocks are reserved."""
        slots: list[int] = []
        rows: list[Row] = []
        for cache, count in runs:
            end = cache.length + count
            rows.append(Row(slice(len(slots), len(slots) + count), pieces(cache.blocks, end)))
            slots += cache.slots(end)
        pool = runs[0][0].pool
        where = torch.tensor(slots, device=pool.kind.device)
        self.layers = [JointLayer(pool.layer(i), where, rows) for i in range(pool.kind.layers)]


class JointLayer:
    """One layer of several runs' caches."""

    def __init__(self, held: Tensor, slots: Tensor, rows: Sequence[Row]) -> None:
        self._keys, self._values = held
        self._slots = slots
        self._rows = rows

    def mixed(self, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Store new tokens and let each attend to those before it of its own run.

        All are (1, heads, new tokens of all runs, head_dim); returns (1, new tokens, width).
        """
        self._keys.index_copy_(1, self._slots, keys[0])
        self._values.index_copy_(1, self._slots, values[0])
        parts = [self._one(query[:, :, row.new], row.pieces) for row in self._rows]
        return torch.cat(parts, dim=1)

    def _one(self, query: Tensor, pieces: Sequence[slice]) -> Tensor:
        keys = [self._keys[None, :, piece] for piece in pieces]
        values = [self._values[None, :, piece] for piece in pieces]
        few = query.shape[2] <= _FEW and query.device.type == "cpu"
        if len(pieces) > 1 and few:
            return attend_pieces(query, keys, values)
        held, said = (x[0] if len(x) == 1 else torch.cat(x, dim=2) for x in (keys, values))
        return attend(query, held, said)
