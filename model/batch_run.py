"""One reply among several that are read and written together."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from handrail.model.block_pool import BLOCK, BlockPool
from handrail.model.decode import Decode, Extension
from handrail.model.errors import Cancelled, ModelError
from handrail.model.generation import Finish, Reply, Token
from handrail.model.grammar import Constraint
from handrail.model.network import Network, Portion, Prompt
from handrail.model.paged_cache import PagedCache
from handrail.model.prefix_cache import block_names
from handrail.model.processor import PatchedImage
from handrail.model.rope import text_positions
from handrail.model.sampling import GenerateOptions
from handrail.model.vision import VisionFeatures


@dataclass(frozen=True)
class Asked:
    """A reply that is asked for: the prompt, how to write, and the form it is held to."""

    prompt: Prompt
    options: GenerateOptions
    constraint: Constraint | None


@dataclass(frozen=True)
class Started:
    """The prompt was read."""

    prompt_tokens: int


@dataclass(frozen=True)
class Ended:
    """The reply is over; ``rest`` is the text of an end that is no whole character."""

    finish: Finish
    rest: str


Event = Started | Token | Ended | ModelError
Begin = Callable[[Asked, Decode], Reply]


class Run:
    """What one reply has read, what it needs to read next, and who hears of it.

    A prompt, tokens that were written, and a whole beginning that had to make room and is read once
    more are all the same here: tokens that come after those in the cache. Any thread may set
    ``cancel``; all else is the batch's.
    """

    def __init__(
        self,
        asked: Asked,
        pool: BlockPool,
        tell: Callable[[Event], None],
        cancel: threading.Event,
    ) -> None:
        self.asked = asked
        self.tell = tell
        self.cancel = cancel
        self.cache = PagedCache(pool)
        self.names = block_names(asked.prompt)
        self.features: dict[int, VisionFeatures] = {}
        self.reply: Reply | None = None
        self._ids = [*asked.prompt.token_ids]
        self._wanted = Extension(())
        self._named = 0
        self._steps: Iterator[Token | Extension] = iter(())

    @property
    def most(self) -> int:
        """Return how many tokens it may come to."""
        return len(self.asked.prompt.token_ids) + self.asked.options.max_new_tokens

    @property
    def length(self) -> int:
        """Return how many tokens must be in the cache before it can go on."""
        return len(self._ids)

    @property
    def left(self) -> int:
        """Return how many tokens are to be read before it can go on."""
        return len(self._ids) - self.cache.length

    @property
    def wants_all(self) -> bool:
        """Return whether it needs the scores of all tokens next."""
        return self._wanted.whole

    def adopt(self) -> None:
        """Go on with what others have read since, as far as it is what comes here next."""
        if self.cache.length == len(self.cache.blocks) * BLOCK:
            at = len(self.cache.blocks)
            self.cache.adopt(self.cache.pool.known(self.names[at:]))

    def names_to(self, count: int) -> list[bytes]:
        """Return the names of the blocks that the next so many tokens fill, or begin."""
        first = self.cache.length // BLOCK
        return self.names[first : -(-(self.cache.length + count) // BLOCK)]

    def unseen(self, count: int) -> list[tuple[int, PatchedImage]]:
        """Return the pictures among the next so many tokens that were not looked at yet."""
        start = self.cache.length
        return [
            (index, self.asked.prompt.images[index])
            for index, _, _ in self.asked.prompt.pictures(start, start + count)
            if index not in self.features
        ]

    def portion(self, count: int) -> Portion:
        """Return the next so many tokens, for which there are blocks."""
        start, prompt = self.cache.length, self.asked.prompt
        end = start + count
        positions = prompt.positions[:, start:end]
        if end > len(prompt.token_ids):
            after = max(0, start - len(prompt.token_ids))
            more = text_positions(prompt.next_position + after, count - positions.shape[1])
            positions = torch.cat((positions, more), dim=1)
        last = 1 + len(self._wanted.ahead) if end == len(self._ids) else 0
        seen = tuple((at, self.features[i], rows) for i, at, rows in prompt.pictures(start, end))
        # states that are wanted may begin before this portion only if it is shorter than they are
        assert last <= count
        return Portion(self.cache, self._ids[start:end], positions, last, seen)

    def was_read(self, count: int) -> None:
        """Count tokens as read, and let others find the blocks of the prompt that are whole now."""
        self.cache.length += count
        whole = min(len(self.names), self.cache.length // BLOCK)
        for index in range(self._named, whole):
            self.cache.pool.name(self.cache.blocks[index], self.names[index])
        self._named = whole
        if self.cache.length >= len(self.asked.prompt.token_ids):
            self.features.clear()

    def take(self, network: Network, begin: Begin, states: Tensor, scored: Tensor | None) -> None:
        """Go on with what was read: hidden states, and scores of all tokens where wanted."""
        if self.reply is not None:
            self.reply.decode.take(self._wanted, states, scored)
            return
        assert scored is not None
        decode = Decode(network, self.asked.prompt, self.cache, scored[0])
        self.reply = begin(self.asked, decode)
        self._steps = self.reply.steps()
        self.tell(Started(len(self.asked.prompt.token_ids)))

    def go_on(self) -> Ended | None:
        """Write until something must be read, or to the end. Raises ModelError."""
        assert self.reply is not None
        for made in self._steps:
            if isinstance(made, Token):
                self.tell(made)
                self.stop_if_cancelled()
                continue
            decode = self.reply.decode
            decode.check(made)
            self._ids[decode.length :] = [*made.tokens, *made.ahead]
            self._wanted = made
            return None
        assert self.reply.finish is not None
        return Ended(self.reply.finish, self.reply.rest())

    def stop_if_cancelled(self) -> None:
        """Raise Cancelled where another thread asks for it."""
        if self.cancel.is_set():
            raise Cancelled("the reply was cancelled")

    def release(self) -> None:
        """Let go of all memory; what it held can be read again."""
        self.cache.free()
        self.features.clear()
        self._named = 0
