"""Read prompts: only what was not read before, with the positions that the whole prompt has."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from handrail.model.block_pool import BLOCK, BlockPool, Kind
from handrail.model.decode import Decode
from handrail.model.gaze import Head, Watched, watching
from handrail.model.memory import cache_bytes, picture_bytes, prompt_bytes
from handrail.model.network import Network, Prompt
from handrail.model.precision import Precision
from handrail.model.prefix_cache import PrefixCache, block_names
from handrail.model.vision_cache import VisionCache

_TOKENS = 8192
"""Four screenshots, the tools and a conversation fit; of a 2B model in bfloat16 it is 896 MiB."""
_OF_ONE = 4096
"""A screenshot, a goal, a history and a reply."""
_SEEN, _LEAST_SEEN = 8192, 24 * 2**20
"""Visual tokens of ten screenshots of 1024x768; bytes of 58 tiles of the pocket model."""


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
        """Read prompts; those of one shape of which as much is known share one pass.

        ``watched``: the head whose look from the last token is told of. Raises Cancelled.
        """
        names = [block_names(prompt) for prompt in prompts]
        groups: dict[tuple[int, ...], list[int]] = {}
        for index, prompt in enumerate(prompts):
            known = len(self._prefixes.known(names[index]))
            groups.setdefault((known, *prompt.shape), []).append(index)
        decodes: dict[int, Decode] = {}
        for (known, *_), members in groups.items():
            chains = [names[index] for index in members]
            asked = [prompts[index] for index in members]
            if watched is None:
                started = self._read(asked, chains, known)
            else:
                with watching(self._network, watched) as seen:
                    started = self._read(asked, chains, known)
                _tell(started, seen)
            decodes.update(zip(members, started, strict=True))
        return [decodes[index] for index in range(len(prompts))]

    def forget(self) -> None:
        """Forget everything that was read."""
        self.pool.clear()
        self.pictures.clear()

    def _read(
        self, prompts: Sequence[Prompt], names: Sequence[Sequence[bytes]], known: int
    ) -> list[Decode]:
        """Read prompts of one shape, of each of which so many blocks were known."""
        with torch.inference_mode():
            beginnings = [self._prefixes.known(chain[:known]) for chain in names]
            # a group before this one may have taken a block's room
            known = min(len(blocks) for blocks in beginnings)
            length = len(prompts[0].token_ids)
            cache = self._prefixes.begun([blocks[:known] for blocks in beginnings], length)
            missing = [
                image for prompt in prompts for _, image in prompt.images_after(known * BLOCK)
            ]
            features = self.pictures.see(missing)
            hidden = self._network.prefill(prompts, features, cache)
            self.tokens_read += len(prompts) * (length - known * BLOCK)
            for row, chain in enumerate(names):
                self._prefixes.keep(chain, cache, row)
            logits = self._network.lm_head(hidden)
        rows = [cache] if len(prompts) == 1 else [cache.row(row) for row in range(len(prompts))]
        return [
            Decode(self._network, prompt, rows[row], logits[row])
            for row, prompt in enumerate(prompts)
        ]


def _tell(decodes: Sequence[Decode], seen: Watched) -> None:
    assert seen.weights is not None
    for decode, row in zip(decodes, seen.weights, strict=True):
        decode.gaze = row
