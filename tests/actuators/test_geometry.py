"""Fractions, pixels and input units: what goes there comes back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from handrail.actuators.geometry import Box, Point, ScreenGeometry

SIDES = st.integers(min_value=1, max_value=8_000)
FRACTIONS = st.floats(min_value=0, max_value=1)
SCALES = st.sampled_from([0.5, 1.0, 1.25, 1.5, 1.75, 2.0, 2.625, 3.0])
ORIGINS = st.integers(min_value=-8_000, max_value=8_000)
SCREEN = ScreenGeometry(width=1280, height=800)


@given(SIDES, SIDES, FRACTIONS, FRACTIONS)
def test_every_fraction_is_on_the_screen(width: int, height: int, x: float, y: float) -> None:
    screen = ScreenGeometry(width=width, height=height)
    assert screen.contains(screen.point(x, y))


def test_the_ends_are_the_first_and_the_last_pixel() -> None:
    assert SCREEN.point(0, 0) == Point(x=0, y=0)
    assert SCREEN.point(1, 1) == Point(x=1279, y=799)
    assert SCREEN.point(0.5, 0.5) == Point(x=640, y=400)


@pytest.mark.parametrize("bad", [-0.001, 1.001, math.nan, math.inf, -math.inf])
def test_other_numbers_are_no_fractions(bad: float) -> None:
    with pytest.raises(ValueError, match=r"x fraction must be in 0\.\.1"):
        SCREEN.point(bad, 0)
    with pytest.raises(ValueError, match=r"y fraction must be in 0\.\.1"):
        SCREEN.point(0, bad)


@given(st.data(), SCALES, ORIGINS, ORIGINS)
def test_a_pixel_comes_back_from_the_device(
    data: st.DataObject, scale: float, origin_x: int, origin_y: int
) -> None:
    screen = ScreenGeometry(
        width=2000, height=1500, scale=scale, origin_x=origin_x, origin_y=origin_y
    )
    x = data.draw(st.integers(min_value=0, max_value=1999))
    y = data.draw(st.integers(min_value=0, max_value=1499))
    at_x, at_y = screen.to_input(Point(x=x, y=y))
    # Half a pixel inside: rounding on the way must not decide which pixel is meant.
    back = screen.from_input(at_x + 0.5 / scale, at_y + 0.5 / scale)
    assert back == Point(x=x, y=y)


def test_scale_and_origin_place_a_monitor() -> None:
    left = ScreenGeometry(width=2560, height=1600, scale=2.0, origin_x=-1280, origin_y=100)
    assert left.to_input(Point(x=0, y=0)) == (-1280, 100)
    assert left.to_input(Point(x=2559, y=1599)) == (-0.5, 899.5)
    assert left.from_input(-1280, 100) == Point(x=0, y=0)
    assert left.from_input(-0.5, 899.5) == Point(x=2559, y=1599)
    assert left.from_input(0, 100) is None
    assert left.from_input(-1281, 100) is None


def test_a_pixel_off_the_screen_has_no_place() -> None:
    with pytest.raises(ValueError, match="not on a 1280x800 screen"):
        SCREEN.to_input(Point(x=1280, y=0))
    assert not SCREEN.contains(Point(x=0, y=800))


def test_a_box_holds_its_left_top_and_not_its_right_bottom() -> None:
    box = Box(left=10, top=20, right=30, bottom=24)
    assert (box.width, box.height, box.center) == (20, 4, Point(x=20, y=22))
    assert box.contains(Point(x=10, y=20))
    assert not box.contains(Point(x=30, y=20))
    assert not box.contains(Point(x=10, y=24))


@pytest.mark.parametrize("edges", [(5, 0, 5, 9), (6, 0, 5, 9), (0, 9, 5, 9), (0, 10, 5, 9)])
def test_an_empty_box_is_refused(edges: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = edges
    with pytest.raises(ValidationError, match="right > left"):
        Box(left=left, top=top, right=right, bottom=bottom)


@pytest.mark.parametrize(
    "fields",
    [{"width": 0}, {"height": -1}, {"scale": 0.0}, {"scale": math.nan}, {"scale": math.inf}],
)
def test_a_screen_has_a_size_and_a_scale(fields: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ScreenGeometry.model_validate({"width": 10, "height": 10, **fields})
