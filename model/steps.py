"""Passes over a few new tokens, captured as CUDA graphs: one launch in the place of hundreds.

A graph is captured for each width (tokens of a sequence) when it is first needed; how long the
sequences are is read on the device, so that it serves every length. Where a capture fails, or there
is no GPU, the same pass runs as it is. Method: static buffers, as in gpt-fast and nano-vllm.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from handrail.model.fixed_cache import FixedCache
from handrail.model.kv_cache import KVCache
from handrail.model.rope import Rotation

if TYPE_CHECKING:
    from handrail.model.network import Network

WIDTHS = (1, 2, 4, 8, 16, 32)
"""Wider passes are not captured: their work is worth the launches."""
CAPACITY = 16_384
"""Tokens of a sequence: twice what the default history shows of a screen."""
_WARM = 2
"""Passes before a capture, in which kernels are compiled and libraries make their workspaces."""


class Steps:
    """Runs one network's short passes over a fixed cache; use from one thread at a time.

    `graphs` False runs each pass as it is; `failed` says of which width a capture failed, and why.
    """

    def __init__(
        self, network: "Network", batch: int = 1, capacity: int = CAPACITY, graphs: bool = True
    ) -> None:
        self._network = network
        capacity = min(capacity, network.config.text.longest)
        like = network.model.language_model.norm.weight
        self.cache = FixedCache(network.config.text, batch, capacity, like)
        self._table = network.rope.table(capacity + max(WIDTHS), like)
        self._graphs = graphs and like.device.type == "cuda"
        self._pool = torch.cuda.graph_pool_handle() if self._graphs else None
        self._captured: dict[int, tuple[torch.cuda.CUDAGraph, Tensor, Tensor]] = {}
        self._positions = torch.zeros(batch, dtype=torch.long, device=like.device)
        self.failed: dict[int, str] = {}

    @property
    def captured(self) -> tuple[int, ...]:
        """Return the widths of which there are graphs."""
        return tuple(sorted(self._captured))

    def extend(
        self, token_ids: Sequence[int], position: int, cache: KVCache, last: int
    ) -> Tensor | None:
        """Read more text of one sequence, as `Network.extend` does; None where it is too long."""
        held, count = cache.length, len(token_ids)
        width = next((w for w in WIDTHS if w >= count), None)
        if width is None or held + width > self.cache.capacity:
            if held + count > self.cache.capacity:
                self.cache.leave()
            return None
        self._stop_if_asked()
        self.cache.seat(cache)
        padded = [*token_ids, *[0] * (width - count)]
        ids = torch.tensor([padded], device=self._positions.device)
        hidden = self.run(ids, torch.tensor([position]), torch.tensor([held]))
        for layer in cache.layers:
            layer.length = held + count
        return hidden[0, count - last : count].clone()

    def run(self, ids: Tensor, positions: Tensor, before: Tensor) -> Tensor:
        """Return the hidden states (batch, width, hidden) after tokens (batch, width).

        `positions` (batch,) are those of the first tokens, `before` (batch,) how many tokens each
        sequence holds. The result is overwritten by the next pass of this width.
        """
        width = ids.shape[1]
        self._positions.copy_(positions)
        self.cache.before.copy_(before)
        if self._graphs and width not in self._captured and width not in self.failed:
            self._capture(ids)
        if width not in self._captured:
            return self._pass(ids)
        graph, given, hidden = self._captured[width]
        given.copy_(ids)
        graph.replay()
        return hidden

    def _pass(self, ids: Tensor) -> Tensor:
        network = self._network
        x = network.embedded(ids)
        place = self._positions[:, None] + torch.arange(ids.shape[1], device=ids.device)
        turned = Rotation(self._table.cos[place].unsqueeze(1), self._table.sin[place].unsqueeze(1))
        hidden: Tensor = network.model.language_model(x, turned, self.cache, last=ids.shape[1])
        return hidden

    def _capture(self, ids: Tensor) -> None:
        """Capture the pass of one width; note the reason where that fails."""
        given, width = ids.clone(), ids.shape[1]
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.stream(aside):
                for _ in range(_WARM):
                    self._pass(given)
            torch.cuda.current_stream().wait_stream(aside)
            with torch.cuda.graph(graph, pool=self._pool):
                hidden = self._pass(given)
        except RuntimeError as error:  # a kernel that asks the host, or too little memory
            self.failed[width] = str(error).splitlines()[0]
        else:
            self._captured[width] = (graph, given, hidden)

    def _stop_if_asked(self) -> None:
        """Ask before a pass what eager layers ask one by one: a graph runs none of their hooks."""
        first = self._network.model.language_model.layers[0]
        for hook in first._forward_pre_hooks.values():
            hook(first, ())
