"""Keys and values of the tokens of one run that were read so far."""

from __future__ import annotations

import torch
from torch import Tensor

from handrail.model.attention import attend

ROOM = 128
"""Tokens for which there is room at least when storage is made anew."""


class LayerCache:
    """One layer's keys and values, shaped (1, kv heads, tokens, head_dim)."""

    def __init__(self) -> None:
        self._keys: Tensor | None = None
        self._values: Tensor | None = None
        self.length = 0

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store new tokens and return the keys and values of all tokens."""
        end = self.length + keys.shape[2]
        stored_keys, stored_values = self._with_room(keys, end)
        stored_keys[:, :, self.length : end] = keys
        stored_values[:, :, self.length : end] = values
        self.length = end
        return stored_keys[:, :, :end], stored_values[:, :, :end]

    def mixed(self, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Store new tokens and let each attend to those before it; (1, new tokens, width)."""
        return attend(query, *self.append(keys, values))

    def _with_room(self, like: Tensor, tokens: int) -> tuple[Tensor, Tensor]:
        if self._keys is not None and self._values is not None and tokens <= self._keys.shape[2]:
            return self._keys, self._values
        shape = (like.shape[0], like.shape[1], tokens + max(ROOM, tokens // 4), like.shape[3])
        keys, values = like.new_empty(shape), like.new_empty(shape)
        if self._keys is not None and self._values is not None:
            keys[:, :, : self.length] = self._keys[:, :, : self.length]
            values[:, :, : self.length] = self._values[:, :, : self.length]
        self._keys, self._values = keys, values
        return keys, values

    def hold(self, keys: Tensor, values: Tensor, length: int) -> None:
        """Take storage over, of which the first tokens are written."""
        self._keys, self._values, self.length = keys, values, length

    def keys(self, head: int) -> Tensor:
        """Return one kv head's keys of all tokens: (1, tokens, head_dim)."""
        assert self._keys is not None
        return self._keys[:, head, : self.length]

    def part(self, start: int, end: int) -> Tensor:
        """Return a copy of some tokens: (2, kv heads, tokens, head_dim)."""
        assert self._keys is not None
        assert self._values is not None
        return torch.stack((self._keys[0, :, start:end], self._values[0, :, start:end]))


class KVCache:
    """The caches of all decoder layers."""

    def __init__(self, layers: list[LayerCache]) -> None:
        self.layers = layers

    @classmethod
    def empty(cls, layers: int) -> KVCache:
        """Make a cache that holds no tokens."""
        return cls([LayerCache() for _ in range(layers)])

    @property
    def length(self) -> int:
        """Return how many tokens are stored."""
        return self.layers[0].length

    def shorten(self, length: int) -> None:
        """Forget all tokens after the first so many."""
        for layer in self.layers:
            layer.length = min(layer.length, length)

    def copied(self, start: int, end: int) -> Tensor:
        """Return a copy of some tokens, in the shape of a pool's block."""
        return torch.stack([layer.part(start, end) for layer in self.layers])
