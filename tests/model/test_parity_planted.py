"""The parity tests can fail: each known way to get Qwen3-VL wrong turns the comparison red.

Each was shipped by some server at some time (llama.cpp #25781, SGLang #35772, TensorRT-LLM
#11134, mlx-vlm #581, candle #3551).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from handrail.model import decoder, network, prompt, rope, vision
from handrail.model.engine import Engine
from handrail.model.messages import ImagePart, Message, TextPart

LIMIT = 1e-4
TEXT = "Press the button named Save, then wait 10 seconds."
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


def width_row_lost(patch: pytest.MonkeyPatch) -> None:
    axes = rope.interleaved_axes

    def lost(frequencies: int, sections: Sequence[int]) -> Tensor:
        found = axes(frequencies, sections)
        return torch.where(found == 2, torch.zeros_like(found), found)

    patch.setattr(rope, "interleaved_axes", lost)


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


def image_advances_by_its_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prompt, "max", lambda rows, columns: rows, raising=False)


def align_corners_off(patch: pytest.MonkeyPatch) -> None:
    def half_pixel(length: int, side: int) -> Tensor:
        source = (torch.arange(length).float() + 0.5) * side / length - 0.5
        return source.clamp(0, side - 1)

    patch.setattr(vision, "source_positions", half_pixel)


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
        keys, values = cache.append(self.k_norm(key), value)
        out: Tensor = self.o_proj(decoder.attend(self.q_norm(query), keys, values))
        return out

    patch.setattr(decoder.Attention, "forward", forward)


PLANTED: dict[str, Plant] = {
    "DeepStack off": deepstack_off,
    "DeepStack one layer late": deepstack_after_later_layers,
    "DeepStack of the other image": deepstack_of_the_other_image,
    "a bilinear resize": bilinear_resize,
    "a resize without antialiasing": resize_without_antialiasing,
    "a lost row of M-RoPE": width_row_lost,
    "chunked M-RoPE": chunked_mrope,
    "M-RoPE of the temporal axis only": temporal_axis_only,
    "positions advance by rows": image_advances_by_its_rows,
    "align_corners off": align_corners_off,
    "positions in raster order": raster_patch_order,
    "tanh for exact GELU in the mergers": tanh_for_exact_gelu,
    "exact for tanh GELU in the blocks": exact_for_tanh_gelu,
    "norm after join in the last merger": norm_order_swapped(last=True),
    "norm before join in DeepStack": norm_order_swapped(last=False),
    "query and key norm after rotation": norm_after_rotation,
}


@pytest.mark.parametrize("bug", ["none", *PLANTED])
def test_a_planted_bug_is_seen(
    bug: str, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Callable[[int, int, int], Image.Image], monkeypatch: pytest.MonkeyPatch,
    reference_inputs: Callable[[str, Sequence[Image.Image]], dict[str, Any]],
    relative_error: Callable[[Tensor, Tensor], float],
) -> None:  # fmt: skip
    pictures = [picture(401, 233, 3), picture(401, 233, 4)]
    with torch.no_grad():
        wanted = reference("tied")(**reference_inputs(TEXT, pictures)).logits[0, -1]
    if bug != "none":
        PLANTED[bug](monkeypatch)
    engine = Engine.load(checkpoint("tied"), dtype="float32")
    turn = Message("user", [*(ImagePart(shown) for shown in pictures), TextPart(TEXT)])
    error = relative_error(engine.begin([turn]).logits, wanted)
    assert (error > LIMIT) == (bug != "none"), f"relative error {error:.1e}"
    # Not by a hair: the noise of float32 stands at about 4e-6.
    assert error > 1.5 * LIMIT or bug == "none", f"relative error {error:.1e}"
