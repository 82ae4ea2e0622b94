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

import torch

from handrail.model.block_pool import BLOCK, BlockPool
from handrail.model.errors import NoRoom
from handrail.model.kv_cache import ROOM, KVCache
from handrail.model.network import Prompt
from handrail.model.paged_cache import pieces


class PrefixCache:
    """The named blocks of a pool, for a reply that is read and written by itself.

    Such a reply takes copies: nothing that continues from one can change it. A block is never kept
    without those before it.
    """

    def __init__(self, pool: BlockPool) -> None:
        self.pool = pool

    def known(self, names: Sequence[bytes]) -> list[int]:
        """Return the blocks of the longest known beginning, from the first on."""
        return self.pool.known(names)

    def begun(self, blocks: Sequence[int], tokens: int) -> KVCache:
        """Make a cache that begins with copies of blocks.

        There is room for a prompt of `tokens` and the beginning of a reply.
        """
        made = KVCache.empty(self.pool.kind.layers)
        if not blocks:
            return made
        length = len(blocks) * BLOCK
        for index, layer in enumerate(made.layers):
            held = self.pool.layer(index)
            _, heads, _, dim = held.shape
            storage = held.new_empty(2, 1, heads, tokens + ROOM, dim)
            parts = [held[:, :, piece] for piece in pieces(blocks, length)]
            storage[:, 0, :, :length] = torch.cat(parts, dim=2)
            layer.hold(storage[0], storage[1], length)
        return made

    def keep(self, names: Sequence[bytes], cache: KVCache) -> None:
        """Keep a beginning from a cache, as much of it as there is room for."""
        spared = frozenset(names)
        held = self.pool.known(names)
        self.pool.share(held)  # what is there already makes no room for what follows it
        try:
            for index in range(len(held), len(names)):
                held.append(self.pool.take(held[-1] if held else None, spared))
                part = cache.copied(index * BLOCK, (index + 1) * BLOCK)
                self.pool.write(held[-1], part)
                self.pool.name(held[-1], names[index])
        except NoRoom:
            pass
        finally:
            self.pool.let_go(held)


def block_names(prompt: Prompt) -> list[bytes]:
    """Return the names of a prompt's whole blocks.

    The last token is left out: something must be read for there to be logits.
    """
    ids = array("q", prompt.token_ids)
    spans = [
        (start, start + image.tokens, image.digest)
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
