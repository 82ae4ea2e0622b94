"""Points, boxes and the one place that makes pixels.

Three spaces meet here. *Fractions* (0.0 to 1.0 of a screenshot's sides) come from the model.
*Pixels* are positions in the screenshot, integers from its upper left. *Input units* are what the
device under the actuator takes: CSS pixels in a browser, root-window pixels on X11.
"""

import math
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Point(_Frozen):
    """A pixel of the screenshot: x to the right, y down, both from 0."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)


class Box(_Frozen):
    """A rectangle of pixels: left and top inside, right and bottom just outside (xyxy)."""

    left: int
    top: int
    right: int
    bottom: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError(f"a box needs right > left and bottom > top, not {self!r}")
        return self

    @property
    def width(self) -> int:
        """Return the width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return self.bottom - self.top

    @property
    def center(self) -> Point:
        """Return the middle pixel.

        Raises ValueError where that lies left of or above the screen, as for a box scrolled off.
        """
        return Point(x=(self.left + self.right) // 2, y=(self.top + self.bottom) // 2)

    def contains(self, point: Point) -> bool:
        """Tell whether the pixel lies inside."""
        return self.left <= point.x < self.right and self.top <= point.y < self.bottom


class ScreenGeometry(_Frozen):
    """How a screenshot's pixels lie on the device: size, scale and origin.

    ``scale`` is screenshot pixels for one input unit (a device scale factor of 2 gives 2.0);
    ``origin_x`` and ``origin_y`` are the input units of the screenshot's upper left corner, which
    may be negative on a monitor left of or above the first.
    """

    width: int = Field(gt=0)
    height: int = Field(gt=0)
    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    origin_x: int = 0
    origin_y: int = 0

    def contains(self, point: Point) -> bool:
        """Tell whether the pixel is on this screen."""
        return point.x < self.width and point.y < self.height

    def clipped(self, box: Box) -> Box | None:
        """Return the part of a box that is on this screen, None where nothing is."""
        left, top = max(0, box.left), max(0, box.top)
        right, bottom = min(self.width, box.right), min(self.height, box.bottom)
        if right <= left or bottom <= top:
            return None
        return Box(left=left, top=top, right=right, bottom=bottom)

    def point(self, fraction_x: float, fraction_y: float) -> Point:
        """Return the pixel at a fraction of the sides; 1.0 is the last pixel.

        Raises ValueError for a fraction outside 0..1 or not a number.
        """
        for name, value in (("x", fraction_x), ("y", fraction_y)):
            if not (math.isfinite(value) and 0.0 <= value <= 1.0):
                raise ValueError(f"the {name} fraction must be in 0..1, not {value!r}")
        return Point(
            x=min(self.width - 1, int(fraction_x * self.width)),
            y=min(self.height - 1, int(fraction_y * self.height)),
        )

    def to_input(self, point: Point) -> tuple[float, float]:
        """Return the input units of a pixel's centre-most device position.

        Raises ValueError for a pixel that is not on this screen.
        """
        if not self.contains(point):
            raise ValueError(
                f"({point.x}, {point.y}) is not on a {self.width}x{self.height} screen"
            )
        return self.origin_x + point.x / self.scale, self.origin_y + point.y / self.scale

    def from_input(self, x: float, y: float) -> Point | None:
        """Return the pixel under a device position, or None where it is off this screen."""
        px, py = (x - self.origin_x) * self.scale, (y - self.origin_y) * self.scale
        if not (0 <= px < self.width and 0 <= py < self.height):
            return None
        return Point(x=int(px), y=int(py))
