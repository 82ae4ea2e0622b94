"""The text decoder of Qwen3-VL: grouped-query attention with normalised queries and keys.

Module and parameter names equal the published tensor names (model.language_model.*).
Source: transformers' Qwen3VLTextModel.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.fixed_cache import FixedCache, FixedLayer
from handrail.model.kv_cache import KVCache, LayerCache
from handrail.model.moe import MLP, MoE
from handrail.model.paged_cache import JointCache, JointLayer
from handrail.model.rope import Rotation, rotate
from handrail.model.several import SeveralCaches, SeveralLayers
from handrail.model.text_config import TextConfig

AnyLayer = LayerCache | JointLayer | FixedLayer | SeveralLayers


@dataclass(frozen=True)
class VisualRows:
    """Where image tokens stand in a prefill, and what each DeepStack level adds there.

    `where` is a boolean mask (batch, tokens); each level is (image tokens of the batch, hidden).
    """

    where: Tensor
    levels: list[Tensor]


class RMSNorm(nn.Module):
    """Scale the last axis to unit root mean square; statistics in float32."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.eps)


class Attention(nn.Module):
    """Let each token attend to itself and to all before it."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        width, heads, shared = (
            config.hidden_size,
            config.num_attention_heads * config.head_dim,
            config.num_key_value_heads * config.head_dim,
        )
        self.q_proj = nn.Linear(width, heads, bias=False)
        self.k_proj = nn.Linear(width, shared, bias=False)
        self.v_proj = nn.Linear(width, shared, bias=False)
        self.o_proj = nn.Linear(heads, width, bias=False)
        self.q_norm = RMSNorm(config.head_dim, config.rms_norm_eps)
        self.k_norm = RMSNorm(config.head_dim, config.rms_norm_eps)

    def forward(self, x: Tensor, rotation: Rotation, cache: AnyLayer) -> Tensor:
        batch, length, _ = x.shape
        split = (batch, length, -1, self.head_dim)
        query = self.q_norm(self.q_proj(x).view(split)).transpose(1, 2)
        key = self.k_norm(self.k_proj(x).view(split)).transpose(1, 2)
        value = self.v_proj(x).view(split).transpose(1, 2)
        query, key = rotate(query, rotation), rotate(key, rotation)
        out: Tensor = self.o_proj(cache.mixed(query, key, value))
        return out


class DecoderLayer(nn.Module):
    """Apply attention and network, each on a normalised copy added back."""

    def __init__(self, config: TextConfig, index: int) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = (
            MoE(config)
            if config.has_experts(index)
            else MLP(config.hidden_size, config.intermediate_size)
        )
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, rotation: Rotation, cache: AnyLayer) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rotation, cache)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class TextDecoder(nn.Module):
    """Run the decoder layers over embedded tokens."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(
            DecoderLayer(config, index) for index in range(config.num_hidden_layers)
        )
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self,
        x: Tensor,
        rotation: Rotation,
        cache: KVCache | JointCache | FixedCache | SeveralCaches,
        visual: VisualRows | None = None,
        last: int | Tensor = 1,
    ) -> Tensor:
        """Return the normalised hidden states (batch, last, hidden) of each sequence's end.

        `last` says how many those are, or where the tokens stand whose states are wanted.
        """
        for index, layer in enumerate(self.layers):
            x = layer(x, rotation, cache.layers[index])
            if visual is not None and index < len(visual.levels):
                x[visual.where] += visual.levels[index]
        out: Tensor = self.norm(x[:, last if isinstance(last, Tensor) else slice(-last, None)])
        return out
