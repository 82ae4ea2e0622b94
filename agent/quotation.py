"""Hold a small model to its instruction: what it names or types must stand there, word for word.

Copying exactly is what a model of few parameters does worst, and all that it ever has to say of its
own are words of the instruction, and the names of a few buttons that most applications have
("Submit"). Held to them it cannot misspell a name, and no text on a screen can make it type
anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class _Line:
    """Tokens that may be said, and the places among them where a quotation may begin and end."""

    tokens: tuple[int, ...]
    begins: frozenset[int]
    ends: frozenset[int]


class Quotation:
    """Follows a text that is being quoted from a source, token by token.

    It begins and ends where a word of the source does. ``texts``: what each token of the source
    reads as. ``names`` are said as a whole or not at all, wherever they stand.
    """

    def __init__(
        self, source: Sequence[int], texts: Sequence[str], names: Sequence[Sequence[int]] = ()
    ) -> None:
        whole = (_Line(tuple(n), frozenset({0}), frozenset({len(n)})) for n in names if n)
        self._lines = (_words(source, texts), *whole)
        self._at = {(i, at) for i, line in enumerate(self._lines) for at in line.begins}
        self._begun = False

    @property
    def may_end(self) -> bool:
        """Return whether what was quoted so far is whole words."""
        return self._begun and any(at in self._lines[i].ends for i, at in self._at)

    def allowed(self) -> set[int]:
        """Return the tokens with which the quotation can go on."""
        return {self._lines[i].tokens[at] for i, at in self._going_on()}

    def accept(self, token: int) -> None:
        """Go on after a token that was allowed."""
        on = self._going_on()
        self._at = {(i, at + 1) for i, at in on if self._lines[i].tokens[at] == token}
        self._begun = True
        assert self._at, "the token was not allowed"

    def _going_on(self) -> list[tuple[int, int]]:
        return [(i, at) for i, at in self._at if at < len(self._lines[i].tokens)]


def _words(source: Sequence[int], texts: Sequence[str]) -> _Line:
    """Return a line that may be quoted word by word."""
    inside = [_is_word(text) for text in texts]
    between = (i for i in range(1, len(inside)) if not (inside[i - 1] and inside[i]))
    bounds = {0, len(source), *between}
    begins = {at for at in bounds - {len(source)} if not texts[at].isspace()}
    return _Line(tuple(source), frozenset(begins), frozenset(bounds))


def _is_word(text: str) -> bool:
    """Tell whether a token is part of a word; a single byte of a longer character is."""
    return len(text) == 1 and (text.isalnum() or text == "\ufffd")
