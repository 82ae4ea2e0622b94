"""Keys and values of the beginnings of prompts, by all that was read up to there.

A prompt is cut into blocks of 16 tokens. A block's name is a hash over the name of the block before
it, its token ids, and for each picture in it what the picture shows: two pictures of one size have
the same token ids. Positions need no place in the name, for they follow from tokens and sizes.
Source: hashed blocks as in vLLM's automatic prefix caching; why ids alone do not do, sglang-omni
issue 258.
"""

import hashlib
from array import array
from collections.abc import Sequence

from torch import Tensor

from handrail.model.kv_cache import KVCache
from handrail.model.network import Prompt
from handrail.model.recent import Recent

BLOCK = 16
"""Tokens of a block: of a prompt that was read before, at most so many are read again."""


class PrefixCache:
    """Keeps blocks of keys and values, at most ``budget`` bytes; those used longest ago go.

    Blocks are copies: nothing that continues from one can change it. A block is never kept without
    those before it.
    """

    def __init__(self, budget: int) -> None:
        self._blocks: Recent[Tensor] = Recent(budget)

    @property
    def held(self) -> int:
        """Return how much is held."""
        return self._blocks.held

    def known(self, names: Sequence[bytes]) -> list[Tensor]:
        """Return the blocks of the longest known beginning, from the first on.

        Each is (layers, 2, kv heads, 16, head_dim), keys before values.
        """
        count = next((i for i, name in enumerate(names) if name not in self._blocks), len(names))
        self._touch(names[:count])
        return [self._blocks[name] for name in names[:count]]

    def keep(self, names: Sequence[bytes], cache: KVCache, row: int) -> None:
        """Keep a beginning from one sequence of a cache, as much of it as there is room for."""
        spared = frozenset(names)
        self._touch(names)
        for index, name in enumerate(names):
            if name in self._blocks:
                continue
            block = cache.copied(row, index * BLOCK, (index + 1) * BLOCK)
            if not self._blocks.keep(name, block, block.nbytes, spared):
                break
        self._touch(names)

    def clear(self) -> None:
        """Forget everything."""
        self._blocks.clear()

    def _touch(self, names: Sequence[bytes]) -> None:
        # a block before another counts as used later, so that the end of a prompt goes first
        self._blocks.touch(reversed(names))


def block_names(prompt: Prompt) -> list[bytes]:
    """Return the names of a prompt's whole blocks.

    The last token is left out: something must be read for there to be logits.
    """
    ids = array("q", prompt.token_ids)
    spans = [
        (start, start + image.grid.tokens, image.digest)
        for start, image in zip(prompt.image_starts, prompt.images, strict=True)
    ]
    names: list[bytes] = []
    before = b""
    for begin in range(0, len(ids) - BLOCK, BLOCK):
        end = begin + BLOCK
        named = hashlib.sha256(before + ids[begin:end].tobytes())
        for first, last, digest in spans:
            if first < end and last > begin:
                named.update(digest + array("q", (first - begin,)).tobytes())
        before = named.digest()
        names.append(before)
    return names
