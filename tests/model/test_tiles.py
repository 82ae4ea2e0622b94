"""Tiles cover a screen at native scale, and their points come back to it."""

import itertools

import pytest
from PIL import Image

from handrail.model import tiles
from handrail.model.tiles import TileSpec

SPEC = TileSpec(640, 448, 192, 64)
SIZES = ((1280, 800), (1024, 768), (1920, 1080), (640, 448), (641, 449), (160, 210), (3840, 2160))


@pytest.mark.parametrize("size", SIZES)
def test_every_pixel_is_on_a_tile_of_the_right_size(size: tuple[int, int]) -> None:
    made = tiles.cut(Image.new("RGB", size), SPEC)
    assert {t.image.size for t in made} == {(640, 448)}
    columns, rows = {t.left for t in made}, {t.top for t in made}
    assert len(made) == len(columns) * len(rows)
    for starts, side, tile in ((columns, size[0], 640), (rows, size[1], 448)):
        covered = {p for start in starts for p in range(start, start + tile)}
        assert covered >= set(range(side))


@pytest.mark.parametrize("size", SIZES)
def test_neighbours_overlap_enough(size: tuple[int, int]) -> None:
    for side, tile, overlap in ((size[0], 640, 192), (size[1], 448, 64)):
        starts = tiles.starts(max(side, tile), tile, overlap)
        for a, b in itertools.pairwise(starts):
            assert a + tile - b >= overlap


def test_points_come_back_to_the_screen() -> None:
    image = Image.new("RGB", (1280, 800))
    image.putpixel((1000, 700), (255, 0, 0))
    found = 0
    for tile in tiles.cut(image, SPEC):
        for x in range(640):
            for y in (700 - tile.top,):
                if 0 <= y < 448 and tile.image.getpixel((x, y)) == (255, 0, 0):
                    found += 1
                    place = tile.to_screen((x + 0.5) / 640, (y + 0.5) / 448)
                    assert place is not None
                    assert (int(place[0] * 1280), int(place[1] * 800)) == (1000, 700)
    assert found


def test_points_on_the_padding_are_off_the_screen() -> None:
    (tile,) = tiles.cut(Image.new("RGB", (160, 210)), SPEC)
    assert tile.to_screen(0.9, 0.1) is None
    assert tile.to_screen(0.1, 0.1) == pytest.approx((0.4, 44.8 / 210))


def test_an_overlap_as_large_as_the_tile_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        TileSpec(64, 64, 64, 0)
