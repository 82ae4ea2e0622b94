"""Preprocessing in torch gives the pixels that Pillow gives, and the same prompt."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.config import load_config
from handrail.model.loading import load_prompts
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.resize import resize, takes

side = st.integers(1, 90)


@settings(max_examples=60)
@given(side, side, side, side, st.integers(0, 2**31), st.booleans())
def test_every_pixel_is_pillows(
    height: int, width: int, rows: int, columns: int, seed: int, hard: bool
) -> None:
    assume(takes((width, height), rows, columns))
    chance = np.random.default_rng(seed)
    # black beside white is where a filter with negative weights leaves the range
    levels = chance.choice([0, 255], (height, width, 3)) if hard else None
    pixels = chance.integers(0, 256, (height, width, 3)) if levels is None else levels
    picture = Image.fromarray(pixels.astype(np.uint8))
    wanted = np.asarray(picture.resize((columns, rows), Image.Resampling.BICUBIC))
    ours = resize(torch.from_numpy(np.array(picture)), rows, columns)
    assert np.array_equal(ours.numpy(), wanted)


def test_where_pillow_begins_with_the_rows_it_is_left_to_pillow() -> None:
    assert takes((2, 4), 2, 1)
    assert not takes((2, 6), 3, 1)


@pytest.mark.parametrize("size", [(1920, 1080), (1000, 700), (333, 801)])
def test_so_is_every_pixel_of_a_screen(
    size: tuple[int, int], picture: Callable[[int, int, int], Image.Image]
) -> None:
    screen = picture(*size, 3)
    assert takes(size, 896, 1184)
    wanted = np.asarray(screen.resize((1184, 896), Image.Resampling.BICUBIC))
    ours = resize(torch.from_numpy(np.array(screen)), 896, 1184)
    assert np.array_equal(ours.numpy(), wanted)


def test_prompts_of_a_device_are_those_of_pillow(
    checkpoint: Callable[[str], Path], picture: Callable[[int, int, int], Image.Image]
) -> None:
    folder = CheckpointFolder(checkpoint("2B"))
    config = load_config(folder)
    builders = [load_prompts(folder, config, 0, on) for on in (None, torch.device("cpu"))]
    seen = [ImagePart(picture(*size, 1)) for size in ((301, 145), (128, 64), (700, 500), (64, 900))]
    turn = [Message("user", [*seen, TextPart("Press.")])]
    pillow, device = (builder.build(turn, (), "") for builder in builders)
    assert pillow.token_ids == device.token_ids
    for wanted, ours in zip(pillow.images, device.images, strict=True):
        assert (wanted.digest, wanted.grid) == (ours.digest, ours.grid)
        assert (wanted.patches - ours.patches).abs().max() <= 2**-23
