"""Pictures become the same patches as in the published preprocessor."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
