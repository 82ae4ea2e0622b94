"""One reply being decoded, token by token."""

import torch
from torch import Tensor

from handrail.model.errors import PromptError
from handrail.model.kv_cache import KVCache
from handrail.model.network import Network, Prompt


class Decode:
    """A prompt that was read, and what may come next.

    `logits` (vocab,) in float32 score the next token; `step` accepts one and updates them.
    """

    def __init__(self, network: Network, prompt: Prompt, cache: KVCache, logits: Tensor) -> None:
        self._network = network
        self._cache = cache
        self._position = prompt.next_position
        self.prompt_ids = tuple(prompt.token_ids)
        self.image_tokens = prompt.image_tokens
        self.logits = plain_logits(logits)

    @property
    def length(self) -> int:
        """Return how many tokens were read so far."""
        return self._cache.length

    def step(self, token_id: int) -> Tensor:
        """Append one token and return the new logits.

        Raises PromptError for an id that the model does not have, or past its longest text.
        """
        text = self._network.config.text
        if not 0 <= token_id < text.vocab_size:
            raise PromptError(f"token id {token_id} is not in 0..{text.vocab_size - 1}")
        if self.length >= text.longest:
            raise PromptError(f"this model reads at most {text.longest} tokens")
        with torch.inference_mode():
            logits = self._network.step(token_id, self._position, self._cache)
        self._position += 1
        self.logits = plain_logits(logits[0])
        return self.logits


def plain_logits(logits: Tensor) -> Tensor:
    """Copy logits to a float32 tensor that the caller may change in place."""
    with torch.inference_mode(False):
        return logits.to(torch.float32, copy=True)
