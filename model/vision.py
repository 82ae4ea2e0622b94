"""The vision tower of Qwen3-VL: patches to tokens for the decoder, with DeepStack levels.

Module and parameter names equal the published tensor names (model.visual.*).
Source: transformers' Qwen3VLVisionModel; DeepStack, arXiv 2406.04334.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.config import VisionConfig
from handrail.model.ground import patch_rows
from handrail.model.kernels.attention import attend
from handrail.model.kernels.pointwise import gelu, turned
from handrail.model.processor import Grid
from handrail.model.rope import Rotation, inverse_frequencies, rotation_of

_NORM_EPS = 1e-6
_REMEMBERED_GRIDS = 8
_STEP = 16
"""Of kept cells, so many and their multiples are computed: the library of matrix products keeps
half a megabyte for every number of rows it has seen, and almost every picture has another.
"""


@dataclass(frozen=True)
class VisionFeatures:
    """Tokens (batch, tokens, out_hidden), and one such tensor for each DeepStack level."""

    tokens: Tensor
    deepstack: list[Tensor]


@dataclass(frozen=True)
class GridGeometry:
    """What depends on the grid only: taps into the position table, and the 2-D rotation."""

    taps: Tensor
    weights: Tensor
    rotation: Rotation

    def of(self, rows: Tensor) -> "GridGeometry":
        """Return the geometry of some of the patches."""
        turned = Rotation(self.rotation.cos[rows], self.rotation.sin[rows])
        return GridGeometry(self.taps[rows], self.weights[rows], turned)


def source_positions(length: int, side: int) -> Tensor:
    """Return where `length` target rows fall in a table of `side` rows, corners on corners."""
    return torch.arange(length).float() * (side - 1) / max(length - 1, 1)


def _axis_taps(length: int, side: int) -> tuple[Tensor, Tensor]:
    """Return the two nearest table rows and their weights, each shaped (length, 2)."""
    source = source_positions(length, side)
    low = source.floor()
    upper = source - low
    taps = torch.stack((low, low + 1), dim=-1).long().clamp(0, side - 1)
    return taps, torch.stack((1 - upper, upper), dim=-1)


def _block_order(grid: Grid) -> tuple[Tensor, Tensor]:
    """Return the row and column of every patch in merge-block order."""
    index = torch.arange(grid.rows * grid.columns)
    blocks = index.view(grid.token_rows, grid.merge, grid.token_columns, grid.merge)
    order = blocks.permute(0, 2, 1, 3).reshape(-1)
    return order // grid.columns, order % grid.columns


def grid_geometry(grid: Grid, config: VisionConfig, device: torch.device) -> GridGeometry:
    """Compute the taps, weights and rotation of one grid."""
    rows, columns = _block_order(grid)
    side = config.grid_side
    row_taps, row_weights = (part[rows] for part in _axis_taps(grid.rows, side))
    column_taps, column_weights = (part[columns] for part in _axis_taps(grid.columns, side))
    taps = (row_taps[:, :, None] * side + column_taps[:, None, :]).flatten(1)
    weights = (row_weights[:, :, None] * column_weights[:, None, :]).flatten(1)
    frequencies = inverse_frequencies(config.head_dim // 2, config.rope_theta)
    angles = torch.stack((rows, columns), dim=-1).float().unsqueeze(-1) * frequencies
    rotation = rotation_of(angles.flatten(1))
    return GridGeometry(
        taps.to(device),
        weights.unsqueeze(-1).to(device),
        Rotation(rotation.cos.to(device), rotation.sin.to(device)),
    )


class PatchEmbed(nn.Module):
    """Project patches to hidden vectors."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        kernel = (config.temporal_patch_size, config.patch_size, config.patch_size)
        self.proj = nn.Conv3d(3, config.hidden_size, kernel_size=kernel, stride=kernel)

    def forward(self, patches: Tensor) -> Tensor:
        # A convolution whose stride is its kernel is one matrix product. A still image fills every
        # time slot with the same pixels: the kernels of the slots can be summed first.
        weight = self.proj.weight
        still = patches.shape[-1] < weight[0].numel()
        kernel = weight.sum(dim=2).flatten(1) if still else weight.flatten(1)
        return F.linear(patches.to(weight.dtype), kernel, self.proj.bias)


def _filled(rows: Tensor, count: int) -> Tensor:
    """Return rows (..., rows, width) with rows of zeros behind them, `count` in all."""
    missing = count - rows.shape[-2]
    return F.pad(rows, (0, 0, 0, missing)) if missing else rows


Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Attention of queries to keys and values, each (batch, heads, patches, dim)."""


class VisionAttention(nn.Module):
    """Let every patch of an image attend to all of its patches.

    Those behind the rotation's last are filling: nothing attends to them, and they get zeros.
    """

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.heads = config.num_heads
        self.qkv = nn.Linear(config.hidden_size, 3 * config.hidden_size)
        self.proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.attend: Attend = attend

    def forward(self, x: Tensor, rotation: Rotation) -> Tensor:
        batch, length, _ = x.shape
        qkv: Tensor = self.qkv(x)
        query, key, value = turned(qkv.view(batch, length, 3, self.heads, -1), rotation)
        mixed = self.attend(query, key, value)
        joined = mixed.transpose(1, 2).flatten(2)
        out: Tensor = self.proj(_filled(joined, length))
        return out


class VisionMLP(nn.Module):
    """Apply the two-layer network of a vision block."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.linear_fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.linear_fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear_fc2(gelu(self.linear_fc1(x)))
        return out


class VisionBlock(nn.Module):
    """Apply attention and network, each on a normalised copy added back."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.hidden_size, eps=_NORM_EPS)
        self.norm2 = nn.LayerNorm(config.hidden_size, eps=_NORM_EPS)
        self.attn = VisionAttention(config)
        self.mlp = VisionMLP(config)

    def forward(self, x: Tensor, rotation: Rotation) -> Tensor:
        x = x + self.attn(self.norm1(x), rotation)
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class PatchMerger(nn.Module):
    """Join each block of merge x merge patches into one token of the decoder's width.

    The last merger normalises patches before joining them; DeepStack's normalise the joined block.
    """

    def __init__(self, config: VisionConfig, norm_after_join: bool) -> None:
        super().__init__()
        self.joined = config.hidden_size * config.spatial_merge_size**2
        self.norm_after_join = norm_after_join
        width = self.joined if norm_after_join else config.hidden_size
        self.norm = nn.LayerNorm(width, eps=_NORM_EPS)
        self.linear_fc1 = nn.Linear(self.joined, self.joined)
        self.linear_fc2 = nn.Linear(self.joined, config.out_hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        joined = self.join(x)
        # Exact GELU here, the tanh form in the blocks: both as published.
        out: Tensor = self.linear_fc2(F.gelu(self.linear_fc1(joined)))
        return out

    def join(self, x: Tensor) -> Tensor:
        """Normalise and join patches (batch, patches, hidden) to blocks, in the right order."""
        shape = (x.shape[0], -1, self.joined)
        out: Tensor = self.norm(x.view(shape)) if self.norm_after_join else self.norm(x).view(shape)
        return out


class VisionTower(nn.Module):
    """Encode images of one size at a time; a batch holds images of the same grid."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.pos_embed = nn.Embedding(config.num_position_embeddings, config.hidden_size)
        self.blocks = nn.ModuleList(VisionBlock(config) for _ in range(config.depth))
        self.merger = PatchMerger(config, norm_after_join=False)
        self.deepstack_merger_list = nn.ModuleList(
            PatchMerger(config, norm_after_join=True) for _ in config.deepstack_visual_indexes
        )
        self._geometries: dict[tuple[Grid, torch.device], GridGeometry] = {}

    def forward(self, patches: Tensor, grid: Grid, kept: Tensor | None = None) -> VisionFeatures:
        """Encode patches (batch, rows*columns, 3*patch*patch) of one grid.

        The patches of a moment of a video are `temporal_patch_size` times as long. With `kept`,
        they are those of these merged cells alone.
        """
        geometry = self._geometry(grid, patches.device)
        tokens, computed = patches.shape[1] // grid.merge**2, patches.shape[1]
        if kept is not None:
            geometry = geometry.of(patch_rows(kept.to(patches.device), grid.merge))
            computed = math.ceil(tokens / _STEP) * _STEP * grid.merge**2
        x: Tensor = self.patch_embed(_filled(patches, computed))
        positions = (self.pos_embed(geometry.taps) * geometry.weights).sum(1)
        x = x + _filled(positions, computed).to(x.dtype)
        levels: dict[int, Tensor] = {}
        for index, block in enumerate(self.blocks):
            x = block(x, geometry.rotation)
            if index in self.config.deepstack_visual_indexes:
                level = self.config.deepstack_visual_indexes.index(index)
                levels[level] = self.deepstack_merger_list[level](x)
        shown = [levels[level][:, :tokens] for level in sorted(levels)]
        return VisionFeatures(self.merger(x)[:, :tokens], shown)

    def _geometry(self, grid: Grid, device: torch.device) -> GridGeometry:
        known = self._geometries.get((grid, device))
        if known is None:
            known = grid_geometry(grid, self.config, device)
            if len(self._geometries) >= _REMEMBERED_GRIDS:
                self._geometries.pop(next(iter(self._geometries)))
            self._geometries[grid, device] = known
        return known
