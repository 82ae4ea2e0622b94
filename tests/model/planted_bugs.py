"""Known ways to get Qwen3-VL wrong, each planted by a patch.

Most were shipped by some server at some time (llama.cpp #25781, SGLang #35772, TensorRT-LLM
#11134, mlx-vlm #581, candle #3551).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from handrail.model import decoder, moe, network, prompt, rope, vision

CPU = "cpu"  # said aloud, because the network is built on the meta device
Plant = Callable[[pytest.MonkeyPatch], None]


def deepstack_off(patch: pytest.MonkeyPatch) -> None:
    see = network.Network.see

    def blind(self: network.Network, images: Any) -> list[vision.VisionFeatures]:
        return [
            vision.VisionFeatures(seen.tokens, [torch.zeros_like(x) for x in seen.deepstack])
            for seen in see(self, images)
        ]

    patch.setattr(network.Network, "see", blind)


def deepstack_after_later_layers(patch: pytest.MonkeyPatch) -> None:
    see = network.Network.see

    def shifted(self: network.Network, images: Any) -> list[vision.VisionFeatures]:
        return [
            vision.VisionFeatures(s.tokens, [torch.zeros_like(s.tokens), *s.deepstack])
            for s in see(self, images)
        ]

    patch.setattr(network.Network, "see", shifted)


def deepstack_of_the_other_image(patch: pytest.MonkeyPatch) -> None:
    see = network.Network.see

    def mixed(self: network.Network, images: Any) -> list[vision.VisionFeatures]:
        first, second = see(self, images)
        return [
            vision.VisionFeatures(first.tokens, second.deepstack),
            vision.VisionFeatures(second.tokens, first.deepstack),
        ]

    patch.setattr(network.Network, "see", mixed)


def chunked_mrope(patch: pytest.MonkeyPatch) -> None:
    def chunked(frequencies: int, sections: Sequence[int]) -> Tensor:
        return torch.tensor([0] * sections[0] + [1] * sections[1] + [2] * sections[2], device=CPU)

    patch.setattr(rope, "interleaved_axes", chunked)


def temporal_axis_only(patch: pytest.MonkeyPatch) -> None:
    def temporal(frequencies: int, sections: Sequence[int]) -> Tensor:
        return torch.zeros(frequencies, dtype=torch.long, device=CPU)

    patch.setattr(rope, "interleaved_axes", temporal)


def row_lost(axis: int) -> Plant:
    """Let the frequencies of rows (1) or columns (2) turn with the time."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        axes = rope.interleaved_axes

        def lost(frequencies: int, sections: Sequence[int]) -> Tensor:
            found = axes(frequencies, sections)
            return torch.where(found == axis, torch.zeros_like(found), found)

        patch.setattr(rope, "interleaved_axes", lost)

    return plant


def bilinear_resize(patch: pytest.MonkeyPatch) -> None:
    resize = Image.Image.resize

    def smooth(self: Image.Image, size: tuple[int, int], filter: object) -> Image.Image:
        return resize(self, size, Image.Resampling.BILINEAR)

    patch.setattr(Image.Image, "resize", smooth)


def resize_without_antialiasing(patch: pytest.MonkeyPatch) -> None:
    def torchs(self: Image.Image, size: tuple[int, int], filter: object) -> Image.Image:
        pixels = torch.from_numpy(np.array(self)).permute(2, 0, 1)[None].float()
        done = F.interpolate(pixels, (size[1], size[0]), mode="bicubic").clamp(0, 255).round()
        return Image.fromarray(done[0].permute(1, 2, 0).to(torch.uint8).numpy())

    patch.setattr(Image.Image, "resize", torchs)


def torchs_resize(self: Image.Image, size: tuple[int, int], filter: object) -> Image.Image:
    """Resize as torchvision does: torch's own antialiased bicubic filter, on bytes."""
    pixels = torch.from_numpy(np.array(self)).permute(2, 0, 1)[None]
    done = F.interpolate(pixels, (size[1], size[0]), mode="bicubic", antialias=True)
    return Image.fromarray(done[0].permute(1, 2, 0).numpy())


def torchvisions_resize(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Image.Image, "resize", torchs_resize)


def image_advances_by_its_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prompt, "max", lambda rows, columns: rows, raising=False)


def align_corners_off(patch: pytest.MonkeyPatch) -> None:
    def half_pixel(length: int, side: int) -> Tensor:
        source = (torch.arange(length).float() + 0.5) * side / length - 0.5
        return source.clamp(0, side - 1)

    patch.setattr(vision, "source_positions", half_pixel)


def borders_one_row_short(patch: pytest.MonkeyPatch) -> None:
    """Stop at the table's last row but one: wrong only at the lower and right borders."""
    right = vision.source_positions
    patch.setattr(vision, "source_positions", lambda n, side: right(n, side).clamp(max=side - 2))


def columns_on_the_scale_of_rows(patch: pytest.MonkeyPatch) -> None:
    """Stretch the table alike in both directions: right for square pictures only."""
    right = vision.source_positions
    lengths: list[int] = []

    def alike(length: int, side: int) -> Tensor:
        lengths.append(length)  # rows and columns are asked for in turn
        rows = lengths[-1 - (len(lengths) - 1) % 2]
        return (right(length, side) * max(length - 1, 1) / max(rows - 1, 1)).clamp(max=side - 1)

    patch.setattr(vision, "source_positions", alike)


def raster_patch_order(patch: pytest.MonkeyPatch) -> None:
    def raster(grid: Any) -> tuple[Tensor, Tensor]:
        index = torch.arange(grid.rows * grid.columns)
        return index // grid.columns, index % grid.columns

    patch.setattr(vision, "_block_order", raster)


def tanh_for_exact_gelu(patch: pytest.MonkeyPatch) -> None:
    def forward(self: vision.PatchMerger, x: Tensor) -> Tensor:
        hidden = F.gelu(self.linear_fc1(self.join(x)), approximate="tanh")
        out: Tensor = self.linear_fc2(hidden)
        return out

    patch.setattr(vision.PatchMerger, "forward", forward)


def exact_for_tanh_gelu(patch: pytest.MonkeyPatch) -> None:
    def forward(self: vision.VisionMLP, x: Tensor) -> Tensor:
        out: Tensor = self.linear_fc2(F.gelu(self.linear_fc1(x)))
        return out

    patch.setattr(vision.VisionMLP, "forward", forward)


def norm_order_swapped(last: bool) -> Plant:
    """Normalise the joined block in the last merger, or single patches in DeepStack's."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = vision.PatchMerger.join

        def wrong(self: vision.PatchMerger, x: Tensor) -> Tensor:
            if self.norm_after_join == last:
                return right(self, x)
            shape = (x.shape[0], -1, self.joined)
            if last:
                weight, bias = self.norm.weight.repeat(4), self.norm.bias.repeat(4)
                return F.layer_norm(x.view(shape), (self.joined,), weight, bias, 1e-6)
            single = F.layer_norm(x, (x.shape[-1],), eps=1e-6).view(shape)
            return single * self.norm.weight + self.norm.bias

        patch.setattr(vision.PatchMerger, "join", wrong)

    return plant


def norm_after_rotation(patch: pytest.MonkeyPatch) -> None:
    def forward(self: Any, x: Tensor, rotation: Any, cache: Any) -> Tensor:
        split = (*x.shape[:2], -1, self.head_dim)
        query = rope.rotate(self.q_proj(x).view(split).transpose(1, 2), rotation)
        key = rope.rotate(self.k_proj(x).view(split).transpose(1, 2), rotation)
        value = self.v_proj(x).view(split).transpose(1, 2)
        out: Tensor = self.o_proj(cache.mixed(self.q_norm(query), self.k_norm(key), value))
        return out

    patch.setattr(decoder.Attention, "forward", forward)


def weights_do_not_sum_to_one(patch: pytest.MonkeyPatch) -> None:
    right = moe.MoE.forward

    def forward(self: moe.MoE, x: Tensor) -> Tensor:
        preference = F.softmax(self.gate(x.flatten(0, -2)), dim=-1, dtype=torch.float32)
        total = preference.topk(self._chosen, dim=-1).values.sum(-1)
        return right(self, x) * total.view(*x.shape[:-1], 1)

    patch.setattr(moe.MoE, "forward", forward)


def gate_and_up_exchanged(patch: pytest.MonkeyPatch) -> None:
    def apply_one(self: moe.FusedExperts, expert: int, x: Tensor) -> Tensor:
        up, gate = F.linear(x, self.matrix("gate_up_proj", expert, x.dtype)).chunk(2, dim=-1)
        return F.linear(F.silu(gate) * up, self.matrix("down_proj", expert, x.dtype))

    patch.setattr(moe.FusedExperts, "apply_one", apply_one)


PLANTED: dict[str, Plant] = {
    "DeepStack off": deepstack_off,
    "DeepStack one layer late": deepstack_after_later_layers,
    "DeepStack of the other image": deepstack_of_the_other_image,
    "a bilinear resize": bilinear_resize,
    "a resize without antialiasing": resize_without_antialiasing,
    "torchvision's resize": torchvisions_resize,
    "M-RoPE without rows": row_lost(1),
    "M-RoPE without columns": row_lost(2),
    "chunked M-RoPE": chunked_mrope,
    "M-RoPE of the temporal axis only": temporal_axis_only,
    "positions advance by rows": image_advances_by_its_rows,
    "align_corners off": align_corners_off,
    "positions a row short at the borders": borders_one_row_short,
    "positions for square pictures only": columns_on_the_scale_of_rows,
    "positions in raster order": raster_patch_order,
    "tanh for exact GELU in the mergers": tanh_for_exact_gelu,
    "exact for tanh GELU in the blocks": exact_for_tanh_gelu,
    "norm after join in the last merger": norm_order_swapped(last=True),
    "norm before join in DeepStack": norm_order_swapped(last=False),
    "query and key norm after rotation": norm_after_rotation,
}
IN_EXPERTS: dict[str, Plant] = {
    "experts' weights that do not sum to one": weights_do_not_sum_to_one,
    "gate and up exchanged": gate_and_up_exchanged,
}
