"""Pictures become the same patches as in the published preprocessor."""

import io
import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import compress, crc32

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers.models.qwen2_vl import image_processing_pil_qwen2_vl as reference

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import VisionConfig
from handrail.model.errors import ConfigError, ImageError
from handrail.model.processor import (
    ImageProcessor,
    ProcessorConfig,
    load_processor_config,
    smart_resize,
)

PUBLISHED: dict[str, Any] = {
    "size": {"longest_edge": 16777216, "shortest_edge": 65536}, "patch_size": 16,
    "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
}  # fmt: skip
VISION = VisionConfig(
    depth=1, hidden_size=64, intermediate_size=64, num_heads=4, out_hidden_size=64,
    deepstack_visual_indexes=(0,),
)  # fmt: skip
Picture = Callable[[int, int, int], Image.Image]


@pytest.fixture
def processor() -> ImageProcessor:
    return ImageProcessor(ProcessorConfig.model_validate(PUBLISHED), VISION)


@settings(max_examples=200, deadline=None)
@given(
    height=st.integers(1, 5000), width=st.integers(1, 5000), fewest=st.integers(1, 90_000),
    more=st.integers(0, 10_000_000), factor=st.sampled_from([28, 32]),
)  # fmt: skip
def test_sizes_equal_the_reference(
    height: int, width: int, fewest: int, more: int, factor: int
) -> None:
    if max(height, width) / min(height, width) > 200:
        with pytest.raises(ImageError, match="200"):
            smart_resize(height, width, factor, (fewest, fewest + more))
        return
    assert smart_resize(height, width, factor, (fewest, fewest + more)) == reference.smart_resize(
        height, width, factor, fewest, fewest + more
    )


@pytest.mark.parametrize(("size", "tokens"), [((1024, 768), 768), ((1920, 1080), 2040)])
def test_screens_cost_what_is_published(
    processor: ImageProcessor, size: tuple[int, int], tokens: int
) -> None:
    assert processor.grid(*size).tokens == tokens


def pil_reference(picture: Image.Image) -> Any:
    return reference.Qwen2VLImageProcessorPil(**PUBLISHED)(images=[picture], return_tensors="pt")


@pytest.mark.parametrize("size", [(256, 256), (300, 211), (97, 640), (1, 150)])
def test_patches_equal_the_reference(
    processor: ImageProcessor, picture: Picture, size: tuple[int, int]
) -> None:
    screen = picture(*size, 4)
    wanted = pil_reference(screen)
    ours = processor.patches(screen)
    assert [1, ours.grid.rows, ours.grid.columns] == wanted["image_grid_thw"][0].tolist()
    slots = wanted["pixel_values"].view(-1, 3, 2, 256)
    assert torch.equal(slots[:, :, 0], slots[:, :, 1])
    torch.testing.assert_close(ours.patches.view(-1, 3, 256), slots[:, :, 0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1", "CMYK"])
def test_every_mode_is_read_as_the_reference_reads_it(
    processor: ImageProcessor, picture: Picture, mode: str
) -> None:
    screen = picture(288, 270, 4).convert(mode)
    slots = pil_reference(screen)["pixel_values"].view(-1, 3, 2, 256)
    ours = processor.patches(screen).patches.view(-1, 3, 256)
    torch.testing.assert_close(ours, slots[:, :, 0], atol=1e-6, rtol=0)


def test_resizing_agrees_with_torch_within_one_level(
    processor: ImageProcessor, picture: Picture
) -> None:
    """The torchvision path of other servers resizes with this filter on 8-bit pixels."""
    screen = picture(300, 211, 4)
    pixels = torch.from_numpy(np.array(screen)).permute(2, 0, 1)[None]
    theirs = torch.nn.functional.interpolate(
        pixels, size=(224, 320), mode="bicubic", antialias=True, align_corners=False
    )[0].float()
    grid = processor.grid(300, 211)
    assert (grid.rows, grid.columns) == (14, 20)
    blocks = processor.patches(screen).patches.view(7, 10, 2, 2, 3, 16, 16)
    ours = (blocks.permute(4, 0, 2, 5, 1, 3, 6).reshape(3, 224, 320) + 1) * 127.5
    assert float((ours - theirs).abs().max()) < 1.01


@pytest.mark.parametrize("size", [(201, 1), (1, 500)])
def test_a_picture_that_is_too_thin_is_refused(
    processor: ImageProcessor, size: tuple[int, int]
) -> None:
    with pytest.raises(ImageError, match=f"{size[0]}x{size[1]}"):
        processor.patches(Image.new("RGB", size))


def test_a_picture_of_one_pixel_is_enlarged(processor: ImageProcessor) -> None:
    seen = processor.patches(Image.new("RGB", (1, 1), "red"))
    assert seen.grid.tokens == 64
    colours = seen.patches.view(-1, 3, 256).mean((0, 2))
    torch.testing.assert_close(colours, torch.tensor([1.0, -1.0, -1.0]))


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(
    processor: ImageProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # Pillow refuses it by itself else
    told = pytest.raises(ImageError, match=r"20000x20000 pixels is too large: at most 134,217")
    with Image.open(io.BytesIO(png_without_pixels(20_000, 20_000))) as huge, told:
        processor.patches(huge)


def test_of_an_animation_the_frame_that_is_open_is_seen(
    processor: ImageProcessor, tmp_path: Path
) -> None:
    first, second = (Image.new("RGB", (300, 260), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "moving.gif", save_all=True, append_images=[second])
    with Image.open(tmp_path / "moving.gif") as moving:
        seen = processor.patches(moving).patches
        assert torch.equal(seen, processor.patches(first).patches)
        moving.seek(1)
        assert torch.equal(processor.patches(moving).patches, processor.patches(second).patches)


def test_exif_does_not_turn_a_picture(
    processor: ImageProcessor, picture: Picture, tmp_path: Path
) -> None:
    """As in the reference: who opens a photograph turns it, and knows which way is up."""
    screen, exif = picture(320, 260, 3), Image.Exif()
    exif[0x0112] = 6
    screen.save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as turned:
        ours, wanted = processor.patches(turned), pil_reference(turned)
    assert [1, ours.grid.rows, ours.grid.columns] == wanted["image_grid_thw"][0].tolist()
    assert torch.equal(ours.patches, processor.patches(screen).patches)


def png_without_pixels(width: int, height: int) -> bytes:
    """Return a PNG file that names a size and holds no pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", size), (b"IDAT", compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)


def test_a_truncated_picture_is_refused(
    processor: ImageProcessor, picture: Picture, tmp_path: Path
) -> None:
    file = tmp_path / "screen.png"
    picture(300, 300, 1).save(file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with Image.open(file) as broken, pytest.raises(ImageError, match="decoded"):
        processor.patches(broken)


@pytest.mark.parametrize(
    "content",
    [
        {"min_pixels": 4096, "max_pixels": 8192, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
        {**PUBLISHED, "size": {"shortest_edge": 4096, "longest_edge": 8192}},
    ],
)
def test_both_spellings_of_the_budget_are_read(content: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(content), encoding="utf-8")
    config = load_processor_config(CheckpointFolder(tmp_path))
    assert (config.min_pixels, config.max_pixels) == (4096, 8192)


def test_the_joint_file_of_newer_exports_is_read(tmp_path: Path) -> None:
    content = json.dumps({"image_processor": PUBLISHED, "processor_class": "Qwen3VLProcessor"})
    (tmp_path / "processor_config.json").write_text(content, encoding="utf-8")
    assert load_processor_config(CheckpointFolder(tmp_path)).max_pixels == 16777216


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"size": {}}, "min_pixels"),
        ({"image_mean": None}, "image_mean"),
        ({"image_std": [0, 0.5, 0.5]}, "image_std"),
        ({"size": {"shortest_edge": 9, "longest_edge": 8}}, "exceed"),
        ({"rescale_factor": math.nan}, "rescale_factor"),
    ],
)
def test_a_bad_processor_file_is_named(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    content = json.dumps({**PUBLISHED, **change})
    (tmp_path / "preprocessor_config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"(?s)preprocessor_config.json.*{named}"):
        load_processor_config(CheckpointFolder(tmp_path))


def test_a_missing_processor_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no preprocessor_config\.json"):
        load_processor_config(CheckpointFolder(tmp_path))
