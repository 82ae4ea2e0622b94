"""One reply being decoded, token by token or several at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handrail.model.errors import PromptError
from handrail.model.kv_cache import KVCache
from handrail.model.network import Network, Portion, Prompt
from handrail.model.paged_cache import PagedCache
from handrail.model.rope import text_positions


@dataclass(frozen=True)
class Extension:
    """What must be read before a reply can go on: tokens, and a guess of those after them.

    ``whole``: whether the scores of all tokens are needed then, or those of some.
    """

    tokens: tuple[int, ...]
    ahead: tuple[int, ...] = ()
    whole: bool = True


class Decode:
    """A prompt that was read, and what may come next.

    `logits` (vocab,) in float32 score the next token; `step` accepts one and updates them.
    `passes` counts how often the network was run after the prompt, `rows` the rows of the output
    head that were computed since. `gaze` (prompt tokens,) are a head's log-weights from the last of
    them, where a head was watched.
    """

    def __init__(
        self, network: Network, prompt: Prompt, cache: KVCache | PagedCache, logits: Tensor
    ) -> None:
        self._network = network
        self._cache = cache
        self._position = prompt.next_position
        self._hidden: Tensor | None = None
        self._scored: Tensor | None = None
        self._ahead = 0
        self._logits: Tensor | None = plain_logits(logits)
        self.prompt_ids = tuple(prompt.token_ids)
        self.image_tokens = prompt.image_tokens
        self.passes = self.rows = 0
        self.gaze: Tensor | None = None

    @property
    def length(self) -> int:
        """Return how many tokens were read so far, those read ahead left out."""
        return self._cache.length - self._ahead

    @property
    def room(self) -> int:
        """Return how many more tokens the model can read."""
        return self._network.config.text.longest - self.length

    @property
    def logits(self) -> Tensor:
        """Return the scores of the next token, which may be changed in place."""
        if self._logits is None:
            self._logits = self._scores(None)
        return self._logits

    @logits.setter
    def logits(self, changed: Tensor) -> None:
        self._logits = changed

    def among(self, ids: Tensor) -> Tensor:
        """Return scores (vocab,) of which these tokens' are right; others may be minus infinity."""
        if self._logits is None and self._network.can_score_few:
            return self._scores(ids)
        return self.logits

    def step(self, token_id: int) -> Tensor:
        """Append one token and return the new logits.

        Raises PromptError for an id that the model does not have, or past its longest text.
        """
        self.extend([token_id])
        return self.logits

    def extend(self, token_ids: Sequence[int], ahead: Sequence[int] = ()) -> None:
        """Append tokens in one pass, and read others ahead that may come after them.

        The logits are then those after `token_ids`. Raises PromptError as `step` does, and
        Cancelled; nothing is then appended, and the reply can go on from where it was.
        """
        asked = Extension(tuple(token_ids), tuple(ahead))
        self.check(asked)
        held = self._cache.length
        assert isinstance(self._cache, KVCache), "a run among others is read by its batch"
        try:
            with torch.inference_mode():
                hidden = self._network.extend(
                    [*token_ids, *ahead], self._position, self._cache, last=1 + len(ahead)
                )
        except BaseException:
            self._cache.shorten(held)  # the first layers hold the tokens already
            raise
        self.take(asked, hidden)

    def _portion(self, asked: Extension) -> Portion:
        """Return tokens as a part of a pass over several replies."""
        positions = text_positions(self._position, len(asked.tokens))
        return Portion(self._cache, [*asked.tokens], positions, last=1)

    def check(self, asked: Extension) -> None:
        """Make ready for tokens, what was read ahead forgotten. Raises PromptError."""
        text = self._network.config.text
        for token_id in (*asked.tokens, *asked.ahead):
            if not 0 <= token_id < text.vocab_size:
                raise PromptError(f"token id {token_id} is not in 0..{text.vocab_size - 1}")
        self.turn_back()
        if len(asked.tokens) + len(asked.ahead) > self.room:
            raise PromptError(f"this model reads at most {text.longest} tokens")

    def take(self, read: Extension, hidden: Tensor, scored: Tensor | None = None) -> None:
        """Go on after a pass that read what was asked for.

        ``hidden`` (1 + ahead, hidden) are the states after its tokens and after each read ahead;
        ``scored`` (1 + ahead, vocab) what they score, where that is known.
        """
        self._hidden, self._scored = hidden, scored
        self._ahead = len(read.ahead)
        self._position += len(read.tokens)
        self._logits = None
        self.passes += 1
        if scored is not None:
            self.rows += scored.numel()

    def advance(self) -> None:
        """Accept the next of the tokens that were read ahead."""
        assert self._ahead > 0
        assert self._hidden is not None
        self._hidden = self._hidden[1:]
        self._scored = None if self._scored is None else self._scored[1:]
        self._ahead -= 1
        self._position += 1
        self._logits = None

    def turn_back(self) -> None:
        """Forget what was read ahead."""
        self._cache.shorten(self.length)
        self._ahead = 0

    def _scores(self, ids: Tensor | None) -> Tensor:
        assert self._hidden is not None
        if self._scored is not None:
            return plain_logits(self._scored[0])
        self.rows += self._network.config.text.vocab_size if ids is None else len(ids)
        with torch.inference_mode():
            scores = self._network.scores(self._hidden[0], ids)
        return plain_logits(scores)


def step_together(decodes: Sequence[Decode], token_ids: Sequence[int]) -> list[Tensor]:
    """Append one token to each of several replies in one pass; return the new logits of each.

    They are of one network, and each is read by itself otherwise. Raises PromptError and Cancelled
    as `Decode.step` does; nothing is then appended to any.
    """
    if not decodes:
        return []
    asked = [Extension((token_id,)) for token_id in token_ids]
    for decode, extension in zip(decodes, asked, strict=True):
        decode.check(extension)
    network = decodes[0]._network
    held = [decode.length for decode in decodes]
    try:
        with torch.inference_mode():
            portions = [d._portion(e) for d, e in zip(decodes, asked, strict=True)]
            hidden = network.read(portions)
            scored = network.scores(torch.cat(hidden))
    except BaseException:
        for decode, length in zip(decodes, held, strict=True):
            decode._cache.shorten(length)
        raise
    for row, (decode, extension) in enumerate(zip(decodes, asked, strict=True)):
        decode.take(extension, hidden[row], scored[row : row + 1])
    return [decode.logits for decode in decodes]


def plain_logits(logits: Tensor) -> Tensor:
    """Copy logits to a float32 tensor that the caller may change in place."""
    with torch.inference_mode(False):
        return logits.to(torch.float32, copy=True)
