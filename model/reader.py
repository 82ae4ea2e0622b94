"""Read prompts: only what was not read before, with the positions that the whole prompt has."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import accumulate

import torch

from handrail.model.block_pool import BLOCK, BlockPool, Kind
from handrail.model.decode import Decode
from handrail.model.gaze import Head, watching
from handrail.model.kv_cache import KVCache
from handrail.model.memory import cache_bytes, picture_bytes, prompt_bytes
from handrail.model.network import Network, Portion, Prompt
from handrail.model.precision import Precision
from handrail.model.prefix_cache import PrefixCache, block_names
from handrail.model.vision import VisionFeatures
from handrail.model.vision_cache import VisionCache

_TOKENS = 8192
"""Four screenshots, the tools and a conversation fit; of a 2B model in bfloat16 it is 896 MiB."""
_OF_ONE = 4096
"""A screenshot, a goal, a history and a reply."""
_AT_ONCE = 2048
"""New tokens of several prompts that share one pass: more would save no time, and take memory."""
_SEEN, _LEAST_SEEN = 8192, 24 * 2**20
"""Visual tokens of ten screenshots of 1024x768; bytes of 58 tiles of the pocket model."""

_Named = tuple[Prompt, list[bytes]]
"""A prompt, and the names of its blocks."""


@dataclass(frozen=True)
class ReuseBudget:
    """Bytes that may be held of what was read before; 0 for no reuse.

    ``prefixes``: keys and values of prompts. ``pictures``: what the vision tower made of pictures.
    """

    prefixes: int
    pictures: int

    @classmethod
    def default(cls, network: Network, free: int) -> "ReuseBudget":
        """Return room for 8,192 tokens of prompts, and for as many of pictures or 24 MiB.

        Each is a quarter at most of what of ``free`` bytes a prompt leaves. For the pocket model
        that is 48 MiB and 24 MiB, for a 2B model in bfloat16 896 MiB and 128 MiB.
        """
        precision = Precision(network.vision_dtype, network.dtype)
        most = max(0, free - sum(prompt_bytes(network.config, precision))) // 4
        tokens = cache_bytes(network.config.text, _TOKENS, network.dtype.itemsize)
        return cls(min(tokens, most), min(max(_LEAST_SEEN, _pictures(network, _SEEN)), most))

    @classmethod
    def beside(cls, network: Network, free: int, runs: int) -> "ReuseBudget":
        """Return room for several replies at once, each of 4,096 tokens, as much of it as fits.

        That is a half at most of what of ``free`` bytes a prompt leaves, but room for one.
        """
        precision = Precision(network.vision_dtype, network.dtype)
        most = max(0, free - sum(prompt_bytes(network.config, precision)))
        one = cache_bytes(network.config.text, _OF_ONE, network.dtype.itemsize)
        seen = _pictures(network, _OF_ONE * max(runs, 2))
        return cls(max(one, min(one * max(runs, 2), most // 2)), min(seen, most // 4))


def _pictures(network: Network, tokens: int) -> int:
    return picture_bytes(network.config.vision, tokens, network.vision_dtype.itemsize)


class Reader:
    """Reads prompts with one network; use from one thread at a time.

    A reply that is decoded has keys and values of its own: it changes no other's, and nothing that
    is kept. What is interrupted leaves nothing behind.
    """

    def __init__(self, network: Network, budget: ReuseBudget) -> None:
        self._network = network
        self.budget = budget
        kind = Kind.of(network.config.text, network.dtype, network.device)
        self.pool = BlockPool(kind, budget.prefixes)
        self._prefixes = PrefixCache(self.pool)
        self.pictures = VisionCache(network, budget.pictures)
        self.tokens_read = 0
        """How many tokens of prompts the decoder has worked on so far."""

    @property
    def held(self) -> int:
        """Return how much is held of what was read."""
        return self.pool.held + self.pictures.held

    def read(self, prompts: Sequence[Prompt], watched: Head | None = None) -> list[Decode]:
        """Read prompts; as many share a pass as bring no more new tokens than one may read.

        ``watched``: the head whose look from the last token is told of. Raises Cancelled.
        """
        named = [(prompt, block_names(prompt)) for prompt in prompts]
        decodes: list[Decode] = []
        while named:
            count = self._at_once(named)
            decodes += self._read(named[:count], watched)
            named = named[count:]
        return decodes

    def forget(self) -> None:
        """Forget everything that was read."""
        self.pool.clear()
        self.pictures.clear()

    def _at_once(self, named: Sequence[_Named]) -> int:
        """Return how many of the prompts, one at least, share the next pass."""
        new = accumulate(
            len(prompt.token_ids) - len(self._prefixes.known(names)) * BLOCK
            for prompt, names in named
        )
        return max(1, sum(tokens <= _AT_ONCE for tokens in new))

    def _read(self, named: Sequence[_Named], watched: Head | None) -> list[Decode]:
        """Read prompts in one pass."""
        with torch.inference_mode():
            caches = [
                self._prefixes.begun(self._prefixes.known(names), len(prompt.token_ids))
                for prompt, names in named
            ]
            portions = self._portions([prompt for prompt, _ in named], caches)
            seeing = nullcontext() if watched is None else watching(self._network, watched)
            with seeing as seen:
                hidden = self._network.read(portions)
            self.tokens_read += sum(len(portion.token_ids) for portion in portions)
            for (_, names), cache in zip(named, caches, strict=True):
                self._prefixes.keep(names, cache)
            logits = self._network.lm_head(torch.cat(hidden))
        decodes = [
            Decode(self._network, prompt, cache, scores)
            for (prompt, _), cache, scores in zip(named, caches, logits, strict=True)
        ]
        for decode, weights in zip(decodes, seen.weights if seen else (), strict=seen is not None):
            decode.gaze = weights
        return decodes

    def _portions(self, prompts: Sequence[Prompt], caches: Sequence[KVCache]) -> list[Portion]:
        """Return what of each prompt is not in its cache, with what its pictures look like."""
        needed = [
            (row, index, prompt.images[index])
            for row, (prompt, cache) in enumerate(zip(prompts, caches, strict=True))
            for index, _, _ in prompt.pictures(cache.length, len(prompt.token_ids))
        ]
        seen = self.pictures.see([image for _, _, image in needed])
        features: list[dict[int, VisionFeatures]] = [{} for _ in prompts]
        for (row, index, _), found in zip(needed, seen, strict=True):
            features[row][index] = found
        return [
            prompt.rest(cache, found)
            for prompt, cache, found in zip(prompts, caches, features, strict=True)
        ]
