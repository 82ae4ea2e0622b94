"""A reply being written: token by token, with text as soon as it is whole."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from handrail.model.decode import Decode, Extension
from handrail.model.grammar import Constraint
from handrail.model.sampling import GenerateOptions
from handrail.model.tokenizer import Tokenizer
from handrail.model.writer import Writer

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
    """A finished reply; `token_ids` leaves out the token that stopped it.

    `passes`: how often the network was run after the prompt; `rows`: how many rows of its output
    head were computed for that; both 0 where they are not known.
    """

    text: str
    token_ids: tuple[int, ...]
    finish: Finish
    prompt_tokens: int
    image_tokens: int
    seconds: float
    tokens: tuple[Token, ...] = ()
    passes: int = 0
    rows: int = 0


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
        self._writer = Writer(decode, options, constraint, stop_ids)

    def __iter__(self) -> Iterator[Token]:
        """Write. Raises Cancelled, and PromptError past the model's longest text."""
        for made in self.steps():
            if isinstance(made, Token):
                yield made
            else:
                self.decode.extend(made.tokens, made.ahead)

    def steps(self) -> Iterator[Token | Extension]:
        """Write, and yield what must be read before the next step. Raises GrammarError."""
        scored = self._options.top_logprobs is not None
        for left in range(self._options.max_new_tokens, 0, -1):
            logits = (yield from self._writer.logits()) if scored else None
            token = yield from self._writer.next(left)
            if token in self._stop_ids:
                self.finish = "stop"
                return
            yield self._described(token, logits)
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
            passes=self.decode.passes,
            rows=self.decode.rows,
        )

    def rest(self) -> str:
        """Return the text of an end that is no whole character."""
        return self._text.rest()

    def _described(self, token: int, logits: Tensor | None) -> Token:
        text, count = self._text.add(token), self._options.top_logprobs
        if count is None or logits is None:
            return Token(token, text)
        chances = logits.log_softmax(-1)
        best = chances.topk(min(count, len(chances)))
        top = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return Token(token, text, float(chances[token]), tuple(top))
