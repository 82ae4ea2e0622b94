"""A control's box is grown from a point on it, without anything learned."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from handrail.model.regions import Box, around, common_colour, grown, repeats

SIZE = (900, 400)


def pixels(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(image)


@pytest.fixture
def page() -> Image.Image:
    return Image.new("RGB", SIZE, (250, 250, 252))


@pytest.mark.parametrize("at", [(350.0, 116.0), (305.5, 103.0), (396.0, 131.0)])
def test_a_button_is_a_patch_of_its_colour(page: Image.Image, at: tuple[float, float]) -> None:
    pen = ImageDraw.Draw(page)
    pen.rectangle((300, 100, 399, 132), fill=(20, 90, 200))
    pen.text((350, 116), "Save", "white", anchor="mm", font=ImageFont.load_default(14))
    assert around(pixels(page), *at) == (300, 100, 400, 133)


def test_a_field_ends_at_its_border(page: Image.Image) -> None:
    ImageDraw.Draw(page).rectangle((100, 200, 500, 240), outline=(90, 90, 90))
    assert around(pixels(page), 320, 215) == (101, 201, 500, 240)


def text_on(page: Image.Image, at: tuple[int, int], text: str) -> Box:
    font = ImageFont.load_default(15)
    pen = ImageDraw.Draw(page)
    pen.text(at, text, (10, 10, 10), font=font)
    left, top, right, bottom = pen.textbbox(at, text, font=font)
    return int(left), int(top), int(right) + 1, int(bottom) + 1


@pytest.mark.parametrize("at", [(60.0, 58.0), (110.0, 60.0), (150.0, 55.0), (45.0, 57.0)])
def test_a_text_on_the_ground_is_its_line(page: Image.Image, at: tuple[float, float]) -> None:
    line = text_on(page, (50, 50), "Terms of service")
    text_on(page, (50, 90), "Another line below")
    text_on(page, (300, 50), "Far away in the same line")
    left, top, right, bottom = around(pixels(page), *at)
    assert abs(left - line[0]) <= 2
    assert abs(right - line[2]) <= 2
    assert line[1] - 1 <= top < bottom <= line[3] + 1
    assert bottom - top >= 9


def test_a_line_that_would_run_into_a_long_one_is_joined_less(page: Image.Image) -> None:
    short = text_on(page, (40, 50), "Name")
    ImageDraw.Draw(page).rectangle((short[2] + 6, 50, 890, 64), fill="black")
    assert abs(around(pixels(page), 50, 58)[2] - short[2]) <= 2


@pytest.mark.parametrize("at", [(450.0, 200.0), (0.0, 0.0), (899.9, 399.9), (-3.0, 500.0)])
def test_on_plain_ground_a_small_box_stands_for_what_is_not_there(
    page: Image.Image, at: tuple[float, float]
) -> None:
    left, top, right, bottom = around(pixels(page), *at)
    assert (right - left, bottom - top) == (40, 24)
    assert left <= min(max(at[0], 0), 899) <= right


def test_what_fills_the_picture_has_no_box_of_its_own() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 900, 3), dtype=np.uint8)
    left, top, right, bottom = around(noise, 450, 150)
    assert right - left <= 760
    assert bottom - top <= 84


def test_a_picture_smaller_than_a_control_is_looked_at_too() -> None:
    tiny = Image.new("RGB", (3, 2), "white")
    assert around(pixels(tiny), 1, 1)[2] > 0


def test_what_is_grown_follows_corners_and_no_diagonal() -> None:
    drawn = ["#.###", "#.#.#", "###.#", "....#", "#.###", ".#..."]
    mask = np.array([[c == "#" for c in row] for row in drawn])
    seed = np.zeros_like(mask)
    seed[0, 0] = True
    wanted = mask.copy()
    wanted[4, 0] = wanted[5, 1] = False
    assert np.array_equal(grown(mask, seed), wanted)
    assert not grown(mask, ~mask).any()


def test_the_common_colour_is_that_of_most() -> None:
    part = np.array([[[1, 2, 3], [9, 9, 9]], [[1, 2, 3], [1, 2, 4]]], np.uint8)
    assert common_colour(part).tolist() == [1, 2, 3]


def test_what_repeats_in_a_column_is_found_from_above_on_stripes_too(page: Image.Image) -> None:
    pen = ImageDraw.Draw(page)
    for row, ground in enumerate(("white", "#f0f2f6", "white", "#e1ebfa")):
        pen.rectangle((0, 40 + 60 * row, 899, 99 + 60 * row), fill=ground)
        text_on(page, (600, 60 + 60 * row), "Delete")
        text_on(page, (500, 60 + 60 * row), "Edit")
        text_on(page, (50, 60 + 60 * row), f"Row {row}")
    text_on(page, (600, 300), "Cancel")
    text_on(page, (604, 350), "Delete")  # not in line
    box = around(pixels(page), 620, 188)
    found = repeats(pixels(page), box)
    assert box in found
    assert [top - found[0][1] for _, top, _, _ in found] == [0, 60, 120, 180]
    assert {(left, right) for left, _, right, _ in found} == {(box[0], box[2])}


@pytest.mark.parametrize("box", [(10, 10, 40, 30), (-20, -12, 20, 12), (-9, -9, -1, -1)])
def test_plain_ground_repeats_nothing(page: Image.Image, box: Box) -> None:
    assert repeats(pixels(page), box) == [box]
