"""Choose the tokens of one reply with as little work as can be; the tokens stay the same.

Tokens that are certain are not read at once: they wait until a score is needed, and are then read
in one pass, together with a guess of what comes after them. What of the guess is not chosen is
forgotten. Sources: forced spans as in llguidance; speculative decoding with exact greedy
verification (arXiv 2211.17192), its draft looked up.
"""

from collections.abc import Generator

import torch
from torch import Tensor

from handrail.model.decode import Decode, Extension
from handrail.model.grammar import Constraint
from handrail.model.lookup import Lookup
from handrail.model.sampling import GenerateOptions, Sampler, Shortcuts

AHEAD = 6
"""Tokens of a guess at most: a pass over so few costs little more than one over a single token."""
_FEW = 16
"""A head's rows are gathered where at most one in so many is needed."""


Reading = Generator[Extension, None, None]


class Writer:
    """Writes one reply token by token.

    What must be read on the way is yielded: whoever goes through the steps reads it, for this reply
    alone or together with others, before the next step.
    """

    def __init__(
        self,
        decode: Decode,
        options: GenerateOptions,
        constraint: Constraint | None,
        stop_ids: frozenset[int],
    ) -> None:
        self._decode = decode
        self._constraint = constraint
        self._stop_ids = stop_ids
        self._sampler = Sampler(options, decode.prompt_ids)
        plain = options.top_logprobs is not None
        self._ways = Shortcuts(False, False, False) if plain else options.shortcuts
        guesses = self._ways.lookup and options.temperature == 0
        self._lookup = Lookup(decode.prompt_ids) if guesses else None
        self._forced: list[int] = []
        self._unread: list[int] = []
        self._guess: list[int] = []

    def next(self, left: int) -> Generator[Extension, None, int]:
        """Choose and accept the next of at most ``left`` tokens. Raises GrammarError.

        After a token that ends the reply there is no other.
        """
        if self._constraint is not None and not self._forced:
            self._forced = self._constraint.forced()
        if self._forced:
            token = self._forced.pop(0)
            self._sampler.note(token)
        else:
            token = yield from self._picked(left)
        if token not in self._stop_ids:
            yield from self._accept(token)
        return token

    def logits(self) -> Generator[Extension, None, Tensor]:
        """Return the scores from which the next token is chosen, all tokens read."""
        if self._unread:
            yield from self._read(left=1)
        return self._decode.logits

    def _accept(self, token: int) -> Reading:
        if self._constraint is not None:
            self._constraint.accept(token)
        if self._lookup is not None:
            self._lookup.add(token)
        if self._guess and self._guess[0] == token:
            self._guess.pop(0)
            self._decode.advance()
            return
        if self._guess:
            self._guess = []
            self._decode.turn_back()
        self._unread.append(token)
        if len(self._unread) > 1 and not self._ways.forced:
            yield Extension((self._unread.pop(0),), whole=False)

    def _picked(self, left: int) -> Generator[Extension, None, int]:
        may = None if self._constraint is None else self._constraint.may()
        ids = None if may is None else may.nonzero().squeeze(1)
        if ids is not None and self._ways.forced and self._ends(ids):
            return int(ids[0])  # nothing but the end may come: no score is needed
        few = self._ways.rows and may is not None and int(may.sum()) * _FEW <= len(may)
        if self._unread:
            yield from self._read(left, whole=not few)
        if may is None or ids is None:
            return self._sampler.pick(self._decode.logits)
        logits = self._decode.among(ids) if few else self._decode.logits
        return self._sampler.pick(
            logits, lambda scores: scores.masked_fill(~may.to(scores.device), -torch.inf)
        )

    def _ends(self, ids: Tensor) -> bool:
        """Tell whether all of these tokens end the reply."""
        return len(ids) <= len(self._stop_ids) and self._stop_ids.issuperset(ids.tolist())

    def _read(self, left: int, whole: bool = True) -> Reading:
        """Read the tokens that wait, and a guess of those that come after them."""
        guess: list[int] = []
        if self._lookup is not None:
            most = min(AHEAD, left - 1, self._decode.room - len(self._unread))
            guess = self._lookup.guess(most)
            if guess and self._constraint is not None:
                guess = guess[: self._constraint.possible(guess)]
        yield Extension(tuple(self._unread), tuple(guess), whole)
        self._unread, self._guess = [], guess
