"""Hold a small model to its instruction: what it names or types must stand there, word for word.

Copying exactly is what a model of few parameters does worst, and all that it ever has to say of its
own are words of the instruction. Held to them it cannot misspell a name, and no text on a screen
can make it type anything.
"""

from collections.abc import Sequence


class Quotation:
    """Follows a text that is being quoted from a source, token by token.

    It begins and ends where a word of the source does. ``texts``: what each token of the source
    reads as.
    """

    def __init__(self, source: Sequence[int], texts: Sequence[str]) -> None:
        self._source = [*source]
        inside = [_is_word(text) for text in texts]
        ends = (i for i in range(1, len(inside)) if not (inside[i - 1] and inside[i]))
        self._bounds = {0, len(source), *ends}
        self._at = {at for at in self._bounds - {len(source)} if not texts[at].isspace()}
        self._begun = False

    @property
    def may_end(self) -> bool:
        """Return whether what was quoted so far is whole words."""
        return self._begun and bool(self._at & self._bounds)

    def allowed(self) -> set[int]:
        """Return the tokens with which the quotation can go on."""
        return {self._source[at] for at in self._at if at < len(self._source)}

    def accept(self, token: int) -> None:
        """Go on after a token that was allowed."""
        inside = (at for at in self._at if at < len(self._source))
        self._at = {at + 1 for at in inside if self._source[at] == token}
        self._begun = True
        assert self._at, "the token was not allowed"


def _is_word(text: str) -> bool:
    """Tell whether a token is part of a word; a single byte of a longer character is."""
    return len(text) == 1 and (text.isalnum() or text == "\ufffd")
