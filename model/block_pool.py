"""Blocks of keys and values, handed out from a pool whose memory is bounded.

Each block holds 16 tokens of all layers. Whoever writes or reads a block holds a reference to it;
several may hold one. A block that is whole can be given a name, by which others find it; when
nobody holds it any more it stays for those who come, until its room is needed: what was used
longest ago goes first. Sources: PagedAttention (arXiv 2309.06180), vLLM's automatic prefix caching.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handrail.model.errors import NoRoom
from handrail.model.text_config import TextConfig

BLOCK = 16
"""Tokens of a block: of a prompt that was read before, at most so many are read again."""


@dataclass(frozen=True)
class Kind:
    """What one token's keys and values are."""

    layers: int
    heads: int
    dim: int
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, text: TextConfig, dtype: torch.dtype, device: torch.device) -> "Kind":
        """Return what a decoder keeps of a token."""
        heads, dim = text.num_key_value_heads, text.head_dim
        return cls(text.num_hidden_layers, heads, dim, dtype, device)

    @property
    def block_bytes(self) -> int:
        """Return the bytes of a block."""
        return 2 * self.layers * self.heads * self.dim * self.dtype.itemsize * BLOCK


class BlockPool:
    """Hands out blocks by number, at most ``budget`` bytes of them; use from one thread at a time.

    Token n of block b lies in slot b * 16 + n of every layer, so that blocks that follow each other
    are one piece of memory. Storage is taken when the first block is.
    """

    def __init__(self, kind: Kind, budget: int) -> None:
        if budget < 0:
            raise ValueError(f"a budget of {budget} bytes holds nothing: 0 is the least")
        self.kind = kind
        self.capacity = budget // kind.block_bytes
        self._storage: list[Tensor] = []
        self._holders = [0] * self.capacity
        self._names: list[bytes | None] = [None] * self.capacity
        self._by_name: dict[bytes, int] = {}
        self._free = set(range(self.capacity))
        self._idle: OrderedDict[int, None] = OrderedDict()
        """Named blocks that nobody holds, those used longest ago first."""

    @property
    def free(self) -> int:
        """Return how many blocks can be had: free ones, and those kept though nobody holds them."""
        return len(self._free) + len(self._idle)

    @property
    def kept(self) -> int:
        """Return how many blocks can be found by name."""
        return len(self._by_name)

    @property
    def held(self) -> int:
        """Return the bytes of all blocks that hold something."""
        return (self.capacity - len(self._free)) * self.kind.block_bytes

    def layer(self, index: int) -> Tensor:
        """Return one layer's keys and values: (2, kv heads, slots, head_dim)."""
        if not self._storage:
            kind = self.kind
            shape = (2, kind.heads, self.capacity * BLOCK, kind.dim)
            self._storage = [
                torch.empty(shape, dtype=kind.dtype, device=kind.device) for _ in range(kind.layers)
            ]
        return self._storage[index]

    def known(self, names: Sequence[bytes]) -> list[int]:
        """Return the blocks of the longest known beginning, and count them as used now."""
        count = next((i for i, name in enumerate(names) if name not in self._by_name), len(names))
        self.touch(names[:count])
        return [self._by_name[name] for name in names[:count]]

    def touch(self, names: Sequence[bytes]) -> None:
        """Count blocks as used now, the first of them as the latest; unknown names are left out.

        So the end of a prompt goes before its beginning.
        """
        for name in reversed(names):
            block = self._by_name.get(name)
            if block is not None and block in self._idle:
                self._idle.move_to_end(block)

    def take(self, after: int | None = None, spared: Collection[bytes] = frozenset()) -> int:
        """Hold a new block, if possible the one ``after`` another. Raises NoRoom.

        None of the spared names makes room for it.
        """
        block = self._place(after)
        if block is None:
            block = next(iter(self._idle), None)
            if block is None or self._names[block] in spared:
                raise NoRoom
            self._forget(block)
        self._free.discard(block)
        self._holders[block] = 1
        return block

    def share(self, blocks: Iterable[int]) -> None:
        """Hold blocks that are held by others, or kept."""
        for block in blocks:
            self._holders[block] += 1
            self._idle.pop(block, None)

    def let_go(self, blocks: Sequence[int]) -> None:
        """Hold blocks no longer; the last of them is the first that goes when room is needed."""
        for block in reversed(blocks):
            self._holders[block] -= 1
            assert self._holders[block] >= 0
            if self._holders[block]:
                continue
            if self._names[block] is None:
                self._free.add(block)
            else:
                self._idle[block] = None

    def name(self, block: int, name: bytes) -> None:
        """Let others find a block that is whole; where the name is taken, it stays the other's."""
        if name not in self._by_name and self._names[block] is None:
            self._by_name[name] = block
            self._names[block] = name

    def is_alone(self, block: int) -> bool:
        """Return whether a block may be written: one holder, and nobody can find it."""
        return self._holders[block] == 1 and self._names[block] is None

    def copy(self, source: int, target: int) -> None:
        """Copy all that a block holds."""
        for index in range(self.kind.layers):
            layer = self.layer(index)
            layer[:, :, _slots(target)] = layer[:, :, _slots(source)]

    def write(self, block: int, content: Tensor) -> None:
        """Fill a block: (layers, 2, kv heads, 16, head_dim), keys before values."""
        for index, part in enumerate(content):
            self.layer(index)[:, :, _slots(block)] = part

    def clear(self) -> None:
        """Forget everything that nobody holds, and the names of the rest."""
        for block in list(self._idle):
            self._forget(block)
        self._by_name.clear()
        self._names = [None] * self.capacity

    def _forget(self, block: int) -> None:
        del self._idle[block]
        name = self._names[block]
        assert name is not None
        del self._by_name[name]
        self._names[block] = None
        self._free.add(block)

    def _place(self, after: int | None) -> int | None:
        """Return a free block: the next one, else where the largest hole leaves room to go on."""
        if after is not None and after + 1 in self._free:
            return after + 1
        if not self._free:
            return None
        start = best = size = 0
        for block in range(self.capacity + 1):
            if block in self._free:
                continue
            if block - start > size:
                best, size = start, block - start
            start = block + 1
        # what lies before the hole may be growing into it
        return best if best == 0 else best + size // 2


def _slots(block: int) -> slice:
    return slice(block * BLOCK, (block + 1) * BLOCK)
