"""Keys and values at fixed places, so that a captured CUDA graph can read and write them.

How many tokens each sequence holds is a number on the device. A sequence of a `KVCache` is seated
here: it continues in this storage, and other code may go on to use it as before.
"""

import weakref

import torch
from torch import Tensor

from handrail.model.kernels.gpu.attention import Held, attend_held
from handrail.model.kv_cache import KVCache
from handrail.model.text_config import TextConfig


class FixedLayer:
    """One layer's keys and values, shaped (batch, kv heads, capacity, head_dim)."""

    def __init__(self, keys: Tensor, values: Tensor, cache: "FixedCache") -> None:
        self.keys, self.values, self._cache = keys, values, cache

    def mixed(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Store new tokens, each (batch, heads, tokens, dim), and attend from them to all.

        Returns (batch, tokens, heads * dim).
        """
        before = self._cache.before
        place = before[:, None] + torch.arange(query.shape[2], device=query.device)
        sequence = torch.arange(len(before), device=query.device)[:, None]
        self.keys[sequence, :, place] = key.transpose(1, 2)
        self.values[sequence, :, place] = value.transpose(1, 2)
        return attend_held(query, Held(self.keys, self.values, before))


class FixedCache:
    """The fixed storage of all layers, for `batch` sequences of at most `capacity` tokens."""

    def __init__(self, config: TextConfig, batch: int, capacity: int, like: Tensor) -> None:
        shape = (config.num_hidden_layers, 2, batch, config.num_key_value_heads, capacity,
                 config.head_dim)  # fmt: skip
        # zeros: what was never written is weighted with 0, which would not hide a NaN
        storage = torch.zeros(shape, dtype=like.dtype, device=like.device)
        self.capacity = capacity
        self.before = torch.zeros(batch, dtype=torch.int32, device=like.device)
        self.layers = [FixedLayer(keys, values, self) for keys, values in storage]
        self._storage = storage
        self._seated: weakref.ref[KVCache] | None = None

    def fill(self, row: int, tokens: Tensor) -> None:
        """Write one sequence's beginning (layers, 2, kv heads, tokens, head_dim)."""
        self._storage[:, :, row, :, : tokens.shape[3]] = tokens

    def seat(self, cache: KVCache) -> None:
        """Let a cache of one sequence continue in row 0; who sat there gets storage of its own."""
        before = None if self._seated is None else self._seated()
        if before is cache:
            return
        self.leave()
        length = cache.length
        if length:
            self.fill(0, cache.copied(0, length))
        for layer, fixed in zip(cache.layers, self.layers, strict=True):
            layer.hold(fixed.keys[:1], fixed.values[:1], length)
        self._seated = weakref.ref(cache)

    def leave(self) -> None:
        """Give the cache that is seated, if any, storage of its own."""
        cache = None if self._seated is None else self._seated()
        self._seated = None
        if cache is None:
            return
        length = cache.length
        for layer, (keys, values) in zip(cache.layers, cache.copied(0, length), strict=True):
            layer.hold(keys[None], values[None], length)
