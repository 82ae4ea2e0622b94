"""The pocket model while it learns: a Qwen3-VL with auxiliary heads that are dropped at export.

The parameters are those of transformers' ``Qwen3VLForConditionalGeneration``; the forward pass is
written for equal-sized tiles and packed queries. Methods: dense character and word reading before
grounding (after Pix2Struct's reading warm-up), one supervised attention head and a pointer (after
GUI-Actor's attention over patches), coordinates as tokens whose tied embeddings start as Fourier
features, so that nearby values are alike.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import transformers.models.qwen3_vl.modeling_qwen3_vl as reference
from torch import Tensor, nn
from torch.nn import functional
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

from handrail.model.pocket import queries
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.targets import PATCH, SLOTS, WORD

LOOKING_LAYER = 3
POINTING_LAYER = 2
CHARACTERS = 96
_CYCLES = (0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32)


@dataclass(frozen=True)
class Shape:
    """Widths and depths; heads are 64 wide throughout."""

    vision_width: int = 256
    vision_depth: int = 6
    text_width: int = 256
    text_depth: int = 6


def build(shape: Shape, seed: int) -> Qwen3VLForConditionalGeneration:
    """Return a fresh model with the initial tables of the recipe."""
    torch.manual_seed(seed)
    made = Qwen3VLForConditionalGeneration(_config(shape))
    with torch.no_grad():
        embedding = made.model.language_model.embed_tokens.weight
        embedding[: v.FIRST_X].normal_(0, 0.06)
        embedding[v.FIRST_X :] = 0
        unit = torch.arange(v.RANGE) / (v.RANGE - 1)
        waves = torch.cat(
            [f(2 * math.pi * c * unit[:, None]) for c in _CYCLES for f in (torch.sin, torch.cos)], 1
        )
        for axis, first in enumerate((v.FIRST_X, v.FIRST_Y)):
            table = embedding[first : first + v.RANGE]
            table[:, axis * 32 : axis * 32 + 32] = waves * 0.15
            table[:, 64:] = torch.randn(embedding.shape[1] - 64) * 0.03
        _position_table(made.model.visual.pos_embed.weight)
    return made


def _config(shape: Shape) -> Qwen3VLConfig:
    config = Qwen3VLConfig(
        vision_config={
            "depth": shape.vision_depth,
            "hidden_size": shape.vision_width,
            "intermediate_size": 4 * shape.vision_width,
            "num_heads": shape.vision_width // 64,
            "patch_size": PATCH,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": shape.text_width,
            "num_position_embeddings": 2304,
            "deepstack_visual_indexes": [1, 3],
        },
        text_config={
            "vocab_size": v.SIZE,
            "hidden_size": shape.text_width,
            "intermediate_size": 3 * shape.text_width,
            "num_hidden_layers": shape.text_depth,
            "num_attention_heads": shape.text_width // 64,
            "num_key_value_heads": 2,
            "head_dim": 64,
            "max_position_embeddings": 8192,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [12, 10, 10],
                "mrope_interleaved": True,
            },
            "tie_word_embeddings": True,
        },
        image_token_id=v.token("<|image_pad|>"),
        video_token_id=v.token("<|video_pad|>"),
        vision_start_token_id=v.token("<|vision_start|>"),
        vision_end_token_id=v.token("<|vision_end|>"),
        tie_word_embeddings=True,
    )
    config._attn_implementation = "sdpa"
    return config


def _position_table(weight: Tensor) -> None:
    """Fill the vision tower's position table with Fourier features as large as the patches."""
    side = int(weight.shape[0] ** 0.5)
    unit = torch.arange(side) / (side - 1)
    waves = torch.cat(
        [
            f(2 * math.pi * c * unit[:, None])
            for c in (0.5, 1, 2, 3, 4, 6, 8, 12)
            for f in (torch.sin, torch.cos)
        ],
        1,
    )
    weight.normal_(0, 0.02)
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    weight[:, :16] = waves[rows.reshape(-1)] * 0.8
    weight[:, 16:32] = waves[columns.reshape(-1)] * 0.8


@dataclass
class Seen:
    """What the vision tower made of B tiles: patches (B*4N, C), merged (B*N, D), DeepStack features."""

    patches: Tensor
    merged: Tensor
    deep: list[Tensor]


@dataclass
class Read:
    """The decoder's output (B, L, D), and the log-weights of the supervised head and the pointer."""

    hidden: Tensor
    looking: Tensor
    pointing: Tensor


class TrainingNetwork(nn.Module):
    """A Qwen3-VL and the heads that teach it to read and to look."""

    def __init__(self, model: Qwen3VLForConditionalGeneration) -> None:
        super().__init__()
        self.model = model
        vision, text = model.config.vision_config.hidden_size, model.config.text_config.hidden_size
        self.character = nn.Linear(vision, SLOTS * CHARACTERS)
        self.word = nn.Parameter(torch.randn(2, WORD * text, text) * 0.02)
        self.place = nn.Parameter(torch.randn(2, 2 * text, text) * 0.05)
        self.own_place = nn.Linear(text, 2 * text)
        self.ask, self.offer = nn.Linear(text, 128), nn.Linear(text, 128)

    @property
    def embedding(self) -> Tensor:
        """Return the tied embedding, shape (vocabulary, D)."""
        weight: Tensor = self.model.model.language_model.embed_tokens.weight
        return weight

    def see(self, images: Tensor) -> Seen:
        """Run the vision tower on uint8 tiles of one size, shape (B, H, W, 3)."""
        tower, (batch, height, width, _) = self.model.model.visual, images.shape
        indices, weights, cos, sin = _grid(
            height // PATCH, width // PATCH, tower.config.hidden_size // tower.config.num_heads
        )
        kernel = tower.patch_embed.proj.weight.sum(2).flatten(1)
        hidden = functional.linear(_patches(images), kernel, tower.patch_embed.proj.bias)
        position = (tower.pos_embed(indices) * weights[..., None]).sum(1)
        hidden = (hidden.view(batch, -1, hidden.shape[-1]) + position).flatten(0, 1)
        deep = []
        for number, block in enumerate(tower.blocks):
            hidden = hidden + _vision_attention(block, hidden, batch, cos, sin)
            hidden = hidden + block.mlp(block.norm2(hidden))
            if number in tower.deepstack_visual_indexes:
                deep.append(tower.deepstack_merger_list[len(deep)](hidden))
        return Seen(hidden, tower.merger(hidden), deep)

    def read(self, seen: Seen | None, packed: queries.Packed) -> Read:
        """Run the decoder over packed queries; without an image only the hidden states mean something."""
        decoder, ids = self.model.model.language_model, torch.from_numpy(packed.ids)
        hidden = decoder.embed_tokens(ids)
        visual = ids == v.token("<|image_pad|>")
        if seen is not None:
            hidden = hidden.masked_scatter(visual[..., None], seen.merged.to(hidden.dtype))
        rope = decoder.rotary_emb(hidden, torch.from_numpy(packed.positions))
        mask = _mask(torch.from_numpy(packed.owner))
        looking = pointing = torch.zeros(())
        for number, layer in enumerate(decoder.layers):
            if number == LOOKING_LAYER and seen is not None and packed.rows:
                looking = self._looking(layer, hidden, rope, mask, packed.rows)
            hidden = layer(hidden, attention_mask=mask, position_embeddings=rope)
            if seen is not None and number < len(seen.deep):
                hidden = hidden.masked_scatter(
                    visual[..., None], hidden[visual] + seen.deep[number].to(hidden.dtype)
                )
            if number == POINTING_LAYER and seen is not None and packed.rows:
                pointing = self._pointing(hidden, packed.rows, int(visual[0].sum()))
        return Read(decoder.norm(hidden), looking, pointing)

    def _looking(
        self,
        layer: nn.Module,
        hidden: Tensor,
        rope: tuple[Tensor, Tensor],
        mask: Tensor,
        rows: list[tuple[int, int]],
    ) -> Tensor:
        """Return head 0's log-weights over 'not here' and the merged tokens, shape (rows, 1 + N)."""
        tile, row = torch.tensor(rows).unbind(1)
        attention, normed = layer.self_attn, layer.input_layernorm(hidden)
        size = attention.head_dim
        keys = attention.k_norm(functional.linear(normed, attention.k_proj.weight[:size]))
        asked = attention.q_norm(
            functional.linear(normed[tile, row], attention.q_proj.weight[:size])
        )
        cos, sin = rope
        keys = keys * cos + reference.rotate_half(keys) * sin
        asked = asked * cos[tile, row] + reference.rotate_half(asked) * sin[tile, row]
        scores = torch.einsum("nd,nkd->nk", asked.float(), keys.float()[tile]) * attention.scaling
        scores = scores.masked_fill(~mask[tile, 0, row], -1e4).log_softmax(-1)
        return scores[:, len(queries.PREFIX) - 1 :]

    def _pointing(self, hidden: Tensor, rows: list[tuple[int, int]], count: int) -> Tensor:
        tile, row = torch.tensor(rows).unbind(1)
        first = len(queries.PREFIX) - 1
        offered = self.offer(hidden[:, first : first + 1 + count])
        scores = torch.einsum(
            "nd,nkd->nk", self.ask(hidden[tile, row]).float(), offered[tile].float()
        )
        return (scores / math.sqrt(128)).log_softmax(-1)


def _patches(images: Tensor) -> Tensor:
    """Return normalised patches in merge order, shape (B*patches, 768): channel, row, column."""
    batch, height, width, _ = images.shape
    rows, columns = height // PATCH, width // PATCH
    scaled = (images.float() / 127.5 - 1).permute(0, 3, 1, 2)
    blocks = scaled.reshape(batch, 3, rows // 2, 2, PATCH, columns // 2, 2, PATCH).permute(
        0, 2, 5, 3, 6, 1, 4, 7
    )
    return blocks.reshape(batch * rows * columns, 3 * PATCH * PATCH)


def _vision_attention(
    block: nn.Module, hidden: Tensor, batch: int, cos: Tensor, sin: Tensor
) -> Tensor:
    attention, count = block.attn, hidden.shape[0] // batch
    joint = attention.qkv(block.norm1(hidden)).view(batch, count, 3, attention.num_heads, -1)
    query, key, value = joint.permute(2, 0, 3, 1, 4).unbind(0)
    cos, sin = cos.to(query.dtype), sin.to(query.dtype)
    query = query * cos + reference.rotate_half(query) * sin
    key = key * cos + reference.rotate_half(key) * sin
    mixed = functional.scaled_dot_product_attention(query, key, value)
    out: Tensor = attention.proj(mixed.transpose(1, 2).reshape(batch * count, -1))
    return out


@lru_cache(maxsize=16)
def _grid(rows: int, columns: int, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return table indices and bilinear weights (patches, 4), and rotary cos and sin (patches, size)."""
    row, column = np.indices((rows, columns))
    order = (
        np.stack([row, column], -1)
        .reshape(rows // 2, 2, columns // 2, 2, 2)
        .transpose(0, 2, 1, 3, 4)
        .reshape(-1, 2)
    )
    indices, weights = [], []
    side = 48
    source = [
        order[:, 0] * (side - 1) / max(1, rows - 1),
        order[:, 1] * (side - 1) / max(1, columns - 1),
    ]
    low = [np.floor(s).astype(np.int64) for s in source]
    for down in (0, 1):
        for right in (0, 1):
            picked = np.minimum(low[0] + down, side - 1) * side + np.minimum(
                low[1] + right, side - 1
            )
            parts = [
                s - f if up else 1 - (s - f)
                for s, f, up in zip(source, low, (down, right), strict=True)
            ]
            indices.append(picked)
            weights.append(parts[0] * parts[1])
    frequency = 1 / 10000 ** (torch.arange(0, size // 2, 2) / (size // 2))
    place = torch.from_numpy(order).float()
    angles = torch.cat([place[:, :1] * frequency, place[:, 1:] * frequency], 1)
    angles = torch.cat([angles, angles], 1)
    return (
        torch.from_numpy(np.stack(indices, 1)),
        torch.from_numpy(np.stack(weights, 1)).float(),
        angles.cos(),
        angles.sin(),
    )


def _mask(owner: Tensor) -> Tensor:
    """Return who may look at whom, shape (B, 1, L, L): the shared head, and one's own query, backwards."""
    same = (owner[:, :, None] == owner[:, None, :]) | (owner[:, None, :] == queries.SHARED)
    length = owner.shape[1]
    return (same & torch.ones(length, length, dtype=torch.bool).tril())[:, None]
