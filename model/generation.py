"""A reply being written: token by token, with text as soon as it is whole."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from handrail.model.decode import Decode
from handrail.model.grammar import Constraint
from handrail.model.sampling import GenerateOptions, Sampler
from handrail.model.tokenizer import Tokenizer

Finish = Literal["stop", "length"]


@dataclass(frozen=True)
class Token:
    """One written token.

    `text` is what it adds, empty while a character is not whole yet. `logprob` is the natural
    logarithm of its probability before penalties and trimming, `top` the likeliest tokens with
    theirs; both only where the options ask for them.
    """

    id: int
    text: str
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Generation:
    """A finished reply; `token_ids` leaves out the token that stopped it."""

    text: str
    token_ids: tuple[int, ...]
    finish: Finish
    prompt_tokens: int
    image_tokens: int
    seconds: float
    tokens: tuple[Token, ...] = ()


class Reply:
    """Writes one reply: iterate over its tokens; `finish` is known when they end."""

    def __init__(
        self,
        decode: Decode,
        tokenizer: Tokenizer,
        stop_ids: frozenset[int],
        options: GenerateOptions,
        constraint: Constraint | None,
    ) -> None:
        self.decode = decode
        self.finish: Finish | None = None
        self._began = time.perf_counter()
        self._text = tokenizer.stream()
        self._stop_ids = stop_ids
        self._options = options
        self._constraint = constraint
        self._sampler = Sampler(options, decode.prompt_ids)

    def __iter__(self) -> Iterator[Token]:
        """Write. Raises Cancelled, and PromptError past the model's longest text."""
        for count in range(1, self._options.max_new_tokens + 1):
            logits = self.decode.logits
            free = self._constraint is None
            token = self._sampler.pick(logits, None if free else self._allow)
            if token in self._stop_ids:
                self.finish = "stop"
                return
            yield self._described(token, logits)
            if self._constraint is not None:
                self._constraint.accept(token)
            if count < self._options.max_new_tokens:
                self.decode.step(token)
        self.finish = "length"

    def whole(self) -> Generation:
        """Write to the end and return everything."""
        tokens = tuple(self)
        assert self.finish is not None
        return Generation(
            text="".join(token.text for token in tokens) + self.rest(),
            token_ids=tuple(token.id for token in tokens),
            finish=self.finish,
            prompt_tokens=len(self.decode.prompt_ids),
            image_tokens=self.decode.image_tokens,
            seconds=time.perf_counter() - self._began,
            tokens=tokens,
        )

    def rest(self) -> str:
        """Return the text of an end that is no whole character."""
        return self._text.rest()

    def _allow(self, logits: Tensor) -> Tensor:
        assert self._constraint is not None
        return self._constraint.allowed(logits)

    def _described(self, token: int, logits: Tensor) -> Token:
        text, count = self._text.add(token), self._options.top_logprobs
        if count is None:
            return Token(token, text)
        chances = logits.log_softmax(-1)
        best = chances.topk(min(count, len(chances)))
        top = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return Token(token, text, float(chances[token]), tuple(top))
