"""What may come next, looked up in what was said before.

Agents repeat themselves: names from the goal, the form of the last call. What followed the same
three tokens the last time is the guess. Source: prompt lookup decoding (A. Saxena, 2023).
"""

from collections.abc import Sequence

_RUN = 3
"""Tokens that must be the same before a guess; two guess often, and wrongly."""


class Lookup:
    """Remembers a text token by token, and where each run of three tokens ended last."""

    def __init__(self, token_ids: Sequence[int]) -> None:
        self._ids: list[int] = []
        self._ends: dict[tuple[int, ...], int] = {}
        self._before: int | None = None
        for token in token_ids:
            self.add(token)

    def add(self, token: int) -> None:
        """Go on after a token."""
        self._ids.append(token)
        if len(self._ids) >= _RUN:
            run = tuple(self._ids[-_RUN:])
            self._before = self._ends.get(run)
            self._ends[run] = len(self._ids)

    def guess(self, most: int) -> list[int]:
        """Return what came after the last three tokens before, at most so many tokens."""
        if self._before is None or most <= 0:
            return []
        return self._ids[self._before : self._before + most]
