"""Plain ground is left out of a picture, and what is left is read as if the rest were hidden."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from handrail.model.engine import Engine
from handrail.model.ground import drawn_cells, patch_rows
from handrail.model.kernels import attention
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.vision import VisionBlock

SIZE = (192, 128)
CELL = 32
DRAWN = [1, 8, 9, 16]
"""Cells of the picture below on which something is drawn, of 4 rows of 6."""


def picture() -> Image.Image:
    made = Image.new("RGB", SIZE, (240, 240, 240))
    pen = ImageDraw.Draw(made)
    pen.text((CELL + 4, 4), "OK", "black")
    pen.line((2 * CELL, CELL + 9, 4 * CELL - 1, CELL + 20), "red", 2)
    pen.rectangle((4 * CELL, 2 * CELL, 5 * CELL - 1, 3 * CELL - 1), "blue")
    pen.point((4 * CELL + 31, 2 * CELL + 31), "white")
    pen.rectangle((0, 3 * CELL, CELL - 1, 4 * CELL - 1), "green")  # a cell of one colour
    return made


def asked(image: Image.Image, *more: Image.Image) -> list[Message]:
    return [Message("user", [*(ImagePart(i) for i in (image, *more)), TextPart("Press OK.")])]


@pytest.fixture
def engine(checkpoint: Callable[[str], Path]) -> Engine:
    made = Engine.load(checkpoint("untied"), dtype="float32")
    made.skip_ground()
    return made


def test_only_cells_of_one_colour_go() -> None:
    pixels = torch.from_numpy(np.array(picture()))[None]
    assert drawn_cells(pixels, CELL).tolist() == DRAWN
    assert patch_rows(torch.tensor([1, 3]), 2).tolist() == [4, 5, 6, 7, 12, 13, 14, 15]


def test_a_moment_of_a_video_keeps_what_any_of_its_frames_shows() -> None:
    frames = torch.zeros(2, 64, 64, 3, dtype=torch.uint8)
    frames[1, 40, 3, 0] = 1
    frames[1, :32, 32:] = 7  # another colour later is something that happened
    assert drawn_cells(frames, CELL).tolist() == [1, 2]


def test_a_picture_of_one_colour_keeps_a_cell() -> None:
    assert drawn_cells(torch.full((1, 64, 96, 3), 9, dtype=torch.uint8), CELL).tolist() == [0]


def test_what_is_left_keeps_its_place(engine: Engine) -> None:
    whole = engine.prompts.build(asked(picture()), (), "")
    engine.skip_ground(False)
    every = engine.prompts.build(asked(picture()), (), "")
    (start,) = every.image_starts
    assert whole.image_starts == (start,)
    assert whole.image_tokens == len(DRAWN)
    assert every.image_tokens == 24
    place = [start + cell for cell in DRAWN]
    assert torch.equal(whole.positions[:, start : start + 4], every.positions[:, place])
    assert torch.equal(whole.positions[:, start + 4 :], every.positions[:, start + 24 :])
    assert whole.next_position == every.next_position
    assert whole.images[0].digest != every.images[0].digest


def test_the_tower_sees_what_it_would_see_if_the_rest_were_hidden(engine: Engine) -> None:
    (image,) = engine.prompts.build(asked(picture()), (), "").images
    engine.skip_ground(False)
    (every,) = engine.prompts.build(asked(picture()), (), "").images
    with torch.inference_mode():
        (seen,) = engine.network.see([image])
        shown = patch_rows(torch.tensor(DRAWN), 2)

        def hiding(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            return attention.attend(query, key[:, :, shown], value[:, :, shown])

        for block in engine.network.model.visual.blocks:
            assert isinstance(block, VisionBlock)
            block.attn.attend = hiding
        (wanted,) = engine.network.see([every])
    for mine, theirs in (
        (seen.tokens, wanted.tokens),
        *zip(seen.deepstack, wanted.deepstack, strict=True),
    ):
        off = (mine - theirs[:, DRAWN]).abs().max()
        assert off < 1e-4 * theirs.abs().max()


def test_pictures_of_different_ground_are_read_together_as_they_are_alone(engine: Engine) -> None:
    other = picture()
    ImageDraw.Draw(other).text((100, 100), "More", "black")
    together = engine.begin_batch([asked(picture()), asked(other), asked(picture(), other)])
    for decode, shown in zip(together, ([picture()], [other], [picture(), other]), strict=True):
        engine.reader.forget()
        alone = engine.begin(asked(*shown))
        assert decode.image_tokens == alone.image_tokens
        assert torch.allclose(decode.logits, alone.logits, atol=1e-4)


def test_what_was_read_with_its_ground_is_not_taken_for_what_is_read_without(
    engine: Engine,
) -> None:
    first = engine.begin(asked(picture())).logits
    engine.skip_ground(False)
    second = engine.begin(asked(picture())).logits
    engine.reader.forget()
    assert torch.allclose(second, engine.begin(asked(picture())).logits, atol=1e-4)
    assert not torch.allclose(first, second, atol=1e-3)


def test_pictures_of_many_shapes_are_computed_in_few(engine: Engine) -> None:
    """The libraries keep something for each shape they have seen: a long run would grow by it."""
    shapes: set[int] = set()
    for block in engine.network.model.visual.blocks:
        assert isinstance(block, VisionBlock)
        block.mlp.register_forward_hook(lambda _, __, made: shapes.add(made.shape[1]))
    shown = []
    for cells in range(1, 25):
        image = Image.new("RGB", SIZE, "white")
        for cell in range(cells):
            image.putpixel((cell % 6 * CELL + 5, cell // 6 * CELL + 5), (cell, 0, 0))
        shown.append(engine.begin(asked(image)).image_tokens)
    assert shown == list(range(1, 25))
    assert shapes == {64, 128}
