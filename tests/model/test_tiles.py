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


def test_a_tile_ends_near_a_point_where_the_screen_goes_on() -> None:
    """Tiles of 640x448 on 1280x800: at 0, 320, 640 and at 0, 352."""
    first, middle = (tiles.cut(Image.new("RGB", (1280, 800)), SPEC)[n] for n in (0, 1))
    assert (middle.left, middle.top) == (320, 0)

    def ends(tile: tiles.Tile, x: int, y: int) -> bool:
        return tile.ends_near(x / 1280, y / 800, 0.25)

    assert not ends(first, 0, 0)  # the screen ends there too
    assert not ends(first, 479, 335)
    assert ends(first, 481, 0)
    assert ends(first, 0, 337)
    assert ends(middle, 479, 0)
    assert not ends(middle, 481, 0)
    assert ends(middle, 801, 0)


def test_a_lone_tile_ends_near_nothing() -> None:
    (only,) = tiles.cut(Image.new("RGB", (300, 200)), SPEC)
    assert not only.ends_near(0.99, 0.99, 0.5)


def test_points_on_the_padding_are_off_the_screen() -> None:
    (tile,) = tiles.cut(Image.new("RGB", (160, 210)), SPEC)
    assert tile.to_screen(0.9, 0.1) is None
    assert tile.to_screen(0.1, 0.1) == pytest.approx((0.4, 44.8 / 210))


def test_an_overlap_as_large_as_the_tile_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        TileSpec(64, 64, 64, 0)
