"""Where one attention head looks: how it weighs all tokens from the last one that is read.

The head's keys lie in the cache already, so that what is computed is one query of each run and its
products with them. It is computed while somebody watches, by a hook that is there for that time
alone.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from handrail.model.decoder import Attention, DecoderLayer
from handrail.model.network import Network
from handrail.model.rope import Rotation, rotate
from handrail.model.several import SeveralLayers
from handrail.model.text_config import TextConfig


@dataclass(frozen=True)
class Head:
    """One head of the decoder's attention, by its layer and its number there, both from 0."""

    layer: int
    number: int

    def fits(self, text: TextConfig) -> bool:
        """Tell whether a decoder has such a head."""
        layers, heads = text.num_hidden_layers, text.num_attention_heads
        return 0 <= self.layer < layers and 0 <= self.number < heads


class Watched:
    """A head, and what it weighed in the last pass: of each run log-weights (tokens,), float32."""

    def __init__(self, head: Head, text: TextConfig) -> None:
        self.weights: list[Tensor] = []
        self._number = head.number
        self._shared = head.number * text.num_key_value_heads // text.num_attention_heads

    def look(
        self, attention: Attention, x: Tensor, rotation: Rotation, cache: SeveralLayers
    ) -> None:
        """Weigh from the last token of each run among x, whose keys the layer has stored."""
        dim = attention.head_dim
        ends = torch.tensor([row.new.stop - 1 for row in cache.rows], device=x.device)
        query = attention.q_proj(x[0, ends]).view(len(ends), -1, dim)[:, self._number]
        cos, sin = (part[0, 0, ends] for part in (rotation.cos, rotation.sin))
        turned = rotate(attention.q_norm(query), Rotation(cos, sin)) / math.sqrt(dim)
        keys = (row.cache.keys(self._shared)[0] for row in cache.rows)
        self.weights = [
            (key @ one).float().log_softmax(-1) for key, one in zip(keys, turned, strict=True)
        ]


@contextmanager
def watching(network: Network, head: Head) -> Iterator[Watched]:
    """Watch a head, which the network has, in what it reads meanwhile."""
    layer = network.model.language_model.layers[head.layer]
    assert isinstance(layer, DecoderLayer)
    watched = Watched(head, network.config.text)

    def look(module: nn.Module, given: tuple[Tensor, Rotation, SeveralLayers], _: object) -> None:
        watched.look(layer.self_attn, *given)

    hook = layer.self_attn.register_forward_hook(look)
    try:
        yield watched
    finally:
        hook.remove()
