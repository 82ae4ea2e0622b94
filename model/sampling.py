"""Choosing the next token: greedy, or drawn from a trimmed distribution."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from handrail.model.errors import OptionsError


@dataclass(frozen=True)
class Shortcuts:
    """Which ways are taken to write the same tokens with less work.

    ``forced``: what a grammar leaves no choice about is read in one pass with the token before it;
    ``rows``: where a grammar allows few tokens, only they are scored; ``lookup``: what followed the
    same three tokens before is read ahead, and taken as far as it is what is chosen anyway (prompt
    lookup; greedy replies only). Where log-probabilities are asked for, none is taken.
    """

    forced: bool = True
    rows: bool = True
    lookup: bool = True


@dataclass(frozen=True)
class GenerateOptions:
    """How to generate; the defaults are greedy.

    `temperature` 0 takes the likeliest token; above it, tokens are drawn from the `top_k`
    likeliest (0: all) within a mass of `top_p`. `repetition_penalty` divides the score of every
    token already in prompt or reply (CTRL, arXiv 1909.05858); `presence_penalty` is taken from
    the score of every token already in the reply. `top_logprobs`: how many of the likeliest
    tokens to report at every step, None for no log-probabilities at all. Raises OptionsError for
    values out of range.
    """

    max_new_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    seed: int = 0
    top_logprobs: int | None = None
    shortcuts: Shortcuts = field(default_factory=Shortcuts)

    def __post_init__(self) -> None:
        for name, value, fits in (
            ("max_new_tokens", self.max_new_tokens, self.max_new_tokens >= 1),
            ("temperature", self.temperature, 0 <= self.temperature < math.inf),
            ("top_p", self.top_p, 0 < self.top_p <= 1),
            ("top_k", self.top_k, self.top_k >= 0),
            ("repetition_penalty", self.repetition_penalty, 0 < self.repetition_penalty < math.inf),
            (
                "top_logprobs",
                self.top_logprobs,
                self.top_logprobs is None or self.top_logprobs >= 0,
            ),
            ("presence_penalty", self.presence_penalty, math.isfinite(self.presence_penalty)),
        ):
            if not fits:
                raise OptionsError(f"{name}={value} is out of range")


class Sampler:
    """Picks the tokens of one reply."""

    def __init__(self, options: GenerateOptions, prompt_ids: Sequence[int]) -> None:
        self._options = options
        self._seen = set(prompt_ids)
        self._reply: set[int] = set()
        self._generator = torch.Generator().manual_seed(options.seed)

    def pick(self, logits: Tensor, allow: Callable[[Tensor], Tensor] | None = None) -> int:
        """Choose the next token from float32 logits (vocab,) and remember it.

        `allow` takes away the scores of tokens that may not come.
        """
        scores = self._penalised(logits)
        scores = scores if allow is None else allow(scores)
        if self._options.temperature == 0:
            token = int(scores.argmax())
        else:
            chances = self.chances(scores).cpu()
            token = int(torch.multinomial(chances, 1, generator=self._generator))
        self.note(token)
        return token

    def note(self, token: int) -> None:
        """Remember a token that was not picked, but had to come."""
        self._reply.add(token)

    def chances(self, scores: Tensor) -> Tensor:
        """Return the probability of every token under temperature, top_k and top_p."""
        scores = scores / self._options.temperature
        top_k = self._options.top_k
        if 0 < top_k < scores.shape[0]:
            worst_kept = scores.topk(top_k).values[-1]
            scores = scores.masked_fill(scores < worst_kept, -math.inf)
        if self._options.top_p < 1:
            ordered, order = scores.sort(descending=True)
            chances = ordered.softmax(-1)
            # A token stays while the mass before it is below top_p: the first always does.
            dropped = chances.cumsum(-1) - chances >= self._options.top_p
            scores = scores.scatter(0, order, ordered.masked_fill(dropped, -math.inf))
        return scores.softmax(-1)

    def _penalised(self, logits: Tensor) -> Tensor:
        options = self._options
        if options.repetition_penalty == 1 and options.presence_penalty == 0:
            return logits
        scores = logits.clone()
        seen = torch.tensor(sorted(self._seen | self._reply), device=scores.device)
        old = scores[seen]
        penalty = options.repetition_penalty
        scores[seen] = torch.where(old > 0, old / penalty, old * penalty)
        reply = torch.tensor(sorted(self._reply), dtype=torch.long, device=scores.device)
        scores[reply] -= options.presence_penalty
        return scores
