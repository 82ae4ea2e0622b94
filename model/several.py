"""Several runs' own caches side by side, for one pass over the new tokens of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handrail.model.kv_cache import KVCache, LayerCache


@dataclass(frozen=True)
class Own:
    """One run's new tokens among those of a pass, and one layer of its cache."""

    new: slice
    cache: LayerCache


class SeveralCaches:
    """The caches of several runs, which grow by their new tokens in a pass over all of them."""

    def __init__(self, runs: Sequence[tuple[KVCache, int]]) -> None:
        """Take caches, and how many new tokens of each there are."""
        ends = [sum(count for _, count in runs[: n + 1]) for n in range(len(runs))]
        new = [slice(end - count, end) for end, (_, count) in zip(ends, runs, strict=True)]
        self.layers = [
            SeveralLayers([Own(n, c.layers[i]) for n, (c, _) in zip(new, runs, strict=True)])
            for i in range(len(runs[0][0].layers))
        ]


class SeveralLayers:
    """One layer of several runs' caches."""

    def __init__(self, rows: Sequence[Own]) -> None:
        self.rows = rows

    def mixed(self, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Store new tokens and let each attend to those before it of its own run.

        All are (1, heads, new tokens of all runs, head_dim); returns (1, new tokens, width).
        """
        parts = []
        for row in self.rows:
            new = (x[:, :, row.new] for x in (query, keys, values))
            parts.append(row.cache.mixed(*new))
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
