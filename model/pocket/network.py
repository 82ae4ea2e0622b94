"""The pocket model while it learns: Handrail's own Qwen3-VL and heads that are dropped at export.

The towers are those of ``handrail.model``; the forward pass here is for equal-sized tiles and
packed
queries. Methods: dense character and word reading before grounding (after Pix2Struct's reading
warm-up), one supervised attention head and a pointer (after GUI-Actor's attention over patches),
coordinates as tokens whose tied embeddings start as Fourier features, so that near values are
alike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from handrail.model.config import ModelConfig
from handrail.model.decoder import Attention, DecoderLayer
from handrail.model.network import Network
from handrail.model.pocket import queries
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.attention import attend, attend_apart
from handrail.model.pocket.shape import Shape, config_json
from handrail.model.pocket.targets import PATCH, SLOTS, WORD
from handrail.model.pocket.thinning import Cells
from handrail.model.processor import Grid
from handrail.model.rope import MRope, Rotation, rotate
from handrail.model.vision import VisionBlock

LOOKING_LAYER = 3
LOOKING_HEAD = 0
POINTING_LAYER = 2
QUOTING_LAYER = 4
QUOTING_HEAD = 2
CHARACTERS = 96
_TEXT_CYCLES = (0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32)
_IMAGE_CYCLES = (0.5, 1, 2, 3, 4, 6, 8, 12)


def build(shape: Shape, seed: int) -> Network:
    """Return a fresh model with the initial tables of the recipe."""
    torch.manual_seed(seed)
    made = Network(ModelConfig.model_validate(config_json(shape)))
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if weight.ndim >= 2:
                weight.normal_(0, 0.02)
            elif name.endswith("bias"):
                weight.zero_()
        _token_table(made.model.language_model.embed_tokens.weight)
        _position_table(made.model.visual.pos_embed.weight)
    return made


def _waves(unit: Tensor, cycles: tuple[float, ...]) -> Tensor:
    """Return sine and cosine of each number of cycles over 0..1, shape (values, 2 * cycles)."""
    angles = [2 * math.pi * c * unit[:, None] for c in cycles]
    return torch.cat([f(a) for a in angles for f in (torch.sin, torch.cos)], 1)


def _token_table(weight: Tensor) -> None:
    """Fill the token embedding; x and y get Fourier features in dimensions of their own."""
    weight[: v.FIRST_X].normal_(0, 0.06)
    weight[v.FIRST_X :] = 0
    waves = _waves(torch.arange(v.RANGE) / (v.RANGE - 1), _TEXT_CYCLES) * 0.15
    size = waves.shape[1]
    for axis, first in enumerate((v.FIRST_X, v.FIRST_Y)):
        table = weight[first : first + v.RANGE]
        table[:, axis * size : (axis + 1) * size] = waves
        table[:, 2 * size :] = torch.randn(weight.shape[1] - 2 * size) * 0.03


def _position_table(weight: Tensor) -> None:
    """Fill the vision tower's position table with Fourier features as large as the patches."""
    side = int(weight.shape[0] ** 0.5)
    waves = _waves(torch.arange(side) / (side - 1), _IMAGE_CYCLES) * 0.8
    size = waves.shape[1]
    place = torch.arange(side * side)
    weight[:, :size] = waves[place // side]
    weight[:, size : 2 * size] = waves[place % side]


@dataclass(frozen=True)
class Seen:
    """What the vision tower made of B tiles: patches (4N, C), merged (N, D), DeepStack.

    N are the merged tokens of all tiles that are shown; ``cells`` (N,) says where on its tile each
    is.
    """

    patches: Tensor
    merged: Tensor
    deep: list[Tensor]
    cells: Tensor


@dataclass(frozen=True)
class Read:
    """The decoder's output (B, L, D), the log-weights of the supervised heads and the pointer."""

    hidden: Tensor
    looking: Tensor
    pointing: Tensor
    quoting: Tensor


class TrainingNetwork(nn.Module):
    """A Qwen3-VL and the heads that teach it to read and to look."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model
        vision, text = model.config.vision.hidden_size, model.config.text.hidden_size
        self.character = nn.Linear(vision, SLOTS * CHARACTERS)
        self.word = nn.Parameter(torch.randn(2, WORD * text, text) * 0.02)
        self.place = nn.Parameter(torch.randn(2, 2 * text, text) * 0.05)
        self.own_place = nn.Linear(text, 2 * text)
        self.ask, self.offer = nn.Linear(text, 128), nn.Linear(text, 128)
        self._rope = MRope(model.config.text)
        self._apart(None)

    @property
    def embedding(self) -> Tensor:
        """Return the tied embedding, shape (vocabulary, D)."""
        return self.model.lm_head.weight

    def see(self, images: Tensor, kept: Sequence[Cells] | None = None) -> Seen:
        """Run the vision tower on uint8 tiles of one size, shape (B, H, W, 3).

        ``kept`` are the cells of each tile that are shown to it, all where it is None.
        """
        tower, before = self.model.model.visual, []
        grid = Grid(images.shape[1] // PATCH, images.shape[2] // PATCH, 2)
        cut, shown = patches(images), None
        every = torch.arange(grid.tokens).repeat(len(images))
        if kept is not None:
            every = shown = on(np.concatenate(kept))
            cut = _of_cells(cut, kept)
            self._apart([4 * len(cells) for cells in kept])
        hook = tower.merger.register_forward_pre_hook(lambda _, given: before.append(given[0]))
        features = tower(cut, grid, shown)
        hook.remove()
        self._apart(None)
        deep = [level.flatten(0, 1) for level in features.deepstack]
        seen = before[0][:, : cut.shape[1]]  # what fills the last patches up shows nothing
        return Seen(seen.flatten(0, 1), features.tokens.flatten(0, 1), deep, every)

    def _apart(self, lengths: Sequence[int] | None) -> None:
        """Let the tower's patches attend to those of their tile, whose numbers are told."""
        for block in self.model.model.visual.blocks:
            assert isinstance(block, VisionBlock)
            block.attn.attend = attend if lengths is None else partial(attend_apart, lengths)

    def read(self, seen: Seen | None, packed: queries.Packed) -> Read:
        """Run the decoder over packed queries; ``looking`` and ``pointing`` need an image.

        ``quoting`` needs rows that say words of the instruction.
        """
        decoder, laid = self.model.model.language_model, Laid(packed)
        ids, mask, rows = on(packed.ids)[laid.real], allowed(packed), packed.rows
        hidden: Tensor = decoder.embed_tokens(ids[None])
        if torch.is_autocast_enabled(hidden.device.type):
            hidden = hidden.to(torch.bfloat16)
        visual = (ids == v.token("<|image_pad|>"))[None, :, None]
        if seen is not None:
            hidden = hidden.masked_scatter(visual, seen.merged.to(hidden.dtype))
        rotation = self._rope.prefill(on(packed.positions)[:, None, laid.real].cpu(), hidden)
        masks = laid.cut(mask)
        quotes = [(tile, row) for tile, row, _ in packed.quoted]
        looking = pointing = quoting = torch.zeros(())
        for number, layer in enumerate(decoder.layers):
            assert isinstance(layer, DecoderLayer)
            if number == LOOKING_LAYER and seen is not None and rows:
                asked = _attending(layer, LOOKING_HEAD, hidden, rotation, laid)
                looking = _weights(*asked, mask, rows)[:, len(queries.PREFIX) - 1 :]
            if number == QUOTING_LAYER and quotes:
                asked = _attending(layer, QUOTING_HEAD, hidden, rotation, laid)
                quoting = _weights(*asked, mask, quotes)
            hidden = _layer(layer, hidden, rotation, laid.lengths, masks)
            if seen is not None and number < len(seen.deep):
                level = torch.zeros_like(hidden).masked_scatter(
                    visual, seen.deep[number].to(hidden.dtype)
                )
                hidden = hidden + level
            if number == POINTING_LAYER and seen is not None and rows:
                counts = laid.padded(visual)[..., 0].sum(1)
                pointing = self._pointing(laid.padded(hidden), rows, counts)
        return Read(laid.padded(decoder.norm(hidden)), looking, pointing, quoting)

    def _pointing(self, hidden: Tensor, rows: list[tuple[int, int]], counts: Tensor) -> Tensor:
        """Return the log-weights of 'not here' and of each visual token; tiles may have fewer."""
        tile, row = torch.tensor(rows).unbind(1)
        first, most = len(queries.PREFIX) - 1, int(counts.max())
        offered = self.offer(hidden[:, first : first + 1 + most])
        scores = torch.einsum(
            "nd,nkd->nk", self.ask(hidden[tile, row]).float(), offered[tile].float()
        )
        beyond = torch.arange(most + 1) > counts[tile, None]
        return (scores / math.sqrt(128)).masked_fill(beyond, -1e4).log_softmax(-1)


class Laid:
    """How packed rows lie one after the other without their padding, which nobody computes then."""

    def __init__(self, packed: queries.Packed) -> None:
        self.real = on(packed.owner != queries.PADDING)
        self.lengths = [int(length) for length in self.real.sum(1)]

    def padded(self, flat: Tensor) -> Tensor:
        """Return (1, sum of lengths, D) as (B, L, D), zeros behind each row's end."""
        room = flat.new_zeros(*self.real.shape, flat.shape[-1])
        return room.masked_scatter(self.real[..., None], flat)

    def cut(self, mask: Tensor) -> list[Tensor]:
        """Return each row's part of a mask (B, 1, L, L)."""
        return [mask[b : b + 1, :, :n, :n] for b, n in enumerate(self.lengths)]


def _layer(
    layer: DecoderLayer,
    hidden: Tensor,
    rotation: Rotation,
    lengths: Sequence[int],
    masks: Sequence[Tensor],
) -> Tensor:
    """Run a decoder layer over rows one after the other, under masks instead of a cache."""
    attention, normed = layer.self_attn, layer.input_layernorm(hidden)
    split = (*hidden.shape[:2], -1, attention.head_dim)
    query = attention.q_norm(attention.q_proj(normed).view(split)).transpose(1, 2)
    key = attention.k_norm(attention.k_proj(normed).view(split)).transpose(1, 2)
    value = attention.v_proj(normed).view(split).transpose(1, 2)
    query, key = rotate(query, rotation).to(value.dtype), rotate(key, rotation).to(value.dtype)
    mixed = attend_apart(lengths, query, key, value, masks)
    hidden = hidden + attention.o_proj(mixed.transpose(1, 2).flatten(2))
    out: Tensor = hidden + layer.mlp(layer.post_attention_layernorm(hidden))
    return out


def _attending(
    layer: DecoderLayer, head: int, hidden: Tensor, rotation: Rotation, laid: Laid
) -> tuple[Tensor, Tensor]:
    """Return what a head asks and what it offers, (B, L, head size) each."""
    attention: Attention = layer.self_attn
    normed, size = layer.input_layernorm(hidden), attention.head_dim
    share = len(attention.q_proj.weight) // len(attention.k_proj.weight)
    keys = attention.k_norm(functional.linear(normed, _head(attention.k_proj, head // share, size)))
    asked = attention.q_norm(functional.linear(normed, _head(attention.q_proj, head, size)))
    turned = Rotation(rotation.cos[:, 0], rotation.sin[:, 0])
    return laid.padded(rotate(asked, turned)), laid.padded(rotate(keys, turned))


def _weights(asked: Tensor, keys: Tensor, mask: Tensor, rows: list[tuple[int, int]]) -> Tensor:
    """Return a head's log-weights over all of a row's tokens, shape (rows, L)."""
    tile, row = torch.tensor(rows).unbind(1)
    scores = asked.float() @ keys.float().transpose(1, 2)
    scores = scores[tile, row] / math.sqrt(asked.shape[-1])
    return scores.masked_fill(~mask[tile, 0, row], -1e4).log_softmax(-1)


def _head(projection: nn.Linear, number: int, size: int) -> Tensor:
    return projection.weight[number * size : (number + 1) * size]


def on(array: NDArray[np.generic]) -> Tensor:
    """Return an array as a tensor on torch's default device, where the training takes place."""
    return torch.from_numpy(array).to(torch.get_default_device())


def _of_cells(every: Tensor, kept: Sequence[Cells]) -> Tensor:
    """Return the patches (1, 4N, 768) of some merged cells, one tile after the other."""
    blocks = every.view(len(every), -1, 4, every.shape[-1])
    chosen = [tile[on(cells)] for tile, cells in zip(blocks, kept, strict=True)]
    return torch.cat(chosen).flatten(0, 1)[None]


def patches(images: Tensor) -> Tensor:
    """Return normalised patches in merge order, shape (B, patches, 768): channel, row, column."""
    batch, height, width, _ = images.shape
    rows, columns = height // PATCH, width // PATCH
    scaled = (images.float() / 127.5 - 1).permute(0, 3, 1, 2)
    blocks = scaled.reshape(batch, 3, rows // 2, 2, PATCH, columns // 2, 2, PATCH)
    return blocks.permute(0, 2, 5, 3, 6, 1, 4, 7).reshape(batch, rows * columns, 3 * PATCH * PATCH)


def allowed(packed: queries.Packed) -> Tensor:
    """Return who may look at whom, (B, 1, L, L): what is shared, and one's own past."""
    owner, turn, until = on(packed.owner), on(packed.turn), on(packed.until)
    at = torch.arange(owner.shape[1])
    same = (owner[:, :, None] == owner[:, None, :]) | (owner[:, None, :] == queries.SHARED)
    trunk = (turn[:, None, :] == 0) & (at < until[:, :, None])
    turns = (turn[:, :, None] == turn[:, None, :]) | trunk
    return (same & turns & (at <= at[:, None]))[:, None]
