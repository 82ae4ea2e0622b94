"""Where one attention head looks: how it weighs all tokens from the last one that is read.

The head's keys lie in the cache already, so that what is computed is one query and its products
with them. It is computed while somebody watches, by a hook that is there for that time alone.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from handrail.model.decoder import Attention, DecoderLayer
from handrail.model.kv_cache import LayerCache
from handrail.model.network import Network
from handrail.model.rope import Rotation, rotate
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
    """A head, and what it weighed in the last pass: log-weights (batch, tokens) in float32."""

    def __init__(self, head: Head, text: TextConfig) -> None:
        self.weights: Tensor | None = None
        self._number = head.number
        self._shared = head.number * text.num_key_value_heads // text.num_attention_heads

    def look(self, attention: Attention, x: Tensor, rotation: Rotation, cache: LayerCache) -> None:
        """Weigh from the last of the tokens x, whose keys the layer has stored."""
        dim = attention.head_dim
        query = attention.q_proj(x[:, -1:]).view(len(x), 1, -1, dim)[:, :, self._number]
        cos, sin = (part[..., -1, :].reshape(-1, 1, dim) for part in (rotation.cos, rotation.sin))
        turned = rotate(attention.q_norm(query), Rotation(cos, sin))
        scores = turned @ cache.keys(self._shared).transpose(1, 2) / math.sqrt(dim)
        self.weights = scores[:, 0].float().log_softmax(-1)


@contextmanager
def watching(network: Network, head: Head) -> Iterator[Watched]:
    """Watch a head, which the network has, in what it reads meanwhile."""
    layer = network.model.language_model.layers[head.layer]
    assert isinstance(layer, DecoderLayer)
    watched = Watched(head, network.config.text)

    def look(module: nn.Module, given: tuple[Tensor, Rotation, LayerCache], _: object) -> None:
        watched.look(layer.self_attn, *given)

    hook = layer.self_attn.register_forward_hook(look)
    try:
        yield watched
    finally:
        hook.remove()
