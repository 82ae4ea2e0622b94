"""Cut a screen into tiles at native scale, for models that were trained on tiles.

Small models lose small text when a whole screen is squeezed into one picture; tiles keep every
pixel.
A checkpoint that wants them says so in ``handrail.json``.
"""

import math
from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True)
class TileSpec:
    """A tile's width and height, and by how much neighbours overlap at least, in pixels."""

    width: int
    height: int
    overlap_x: int
    overlap_y: int

    def __post_init__(self) -> None:
        if not (0 <= self.overlap_x < self.width and 0 <= self.overlap_y < self.height):
            raise ValueError(f"the overlap must be smaller than the tile: {self!r}")


@dataclass(frozen=True)
class Tile:
    """One tile: its picture, its left upper corner and the screen's size, in pixels."""

    image: Image.Image
    left: int
    top: int
    screen: tuple[int, int]

    def to_screen(self, x: float, y: float) -> tuple[float, float] | None:
        """Turn fractions of the tile into fractions of the screen, None where that is off it."""
        across = (self.left + x * self.image.width) / self.screen[0]
        down = (self.top + y * self.image.height) / self.screen[1]
        return (across, down) if across <= 1.0 and down <= 1.0 else None


def cut(image: Image.Image, spec: TileSpec) -> list[Tile]:
    """Return tiles of exactly the spec's size that cover the picture, row by row.

    They are spread evenly. A picture smaller than a tile is continued by the colour of its last
    pixel to the right and below.
    """
    rgb = image.convert("RGB")
    wide, tall = max(rgb.width, spec.width), max(rgb.height, spec.height)
    if (wide, tall) != rgb.size:
        padded = Image.new("RGB", (wide, tall), rgb.getpixel((rgb.width - 1, rgb.height - 1)))
        padded.paste(rgb, (0, 0))
        rgb = padded
    return [
        Tile(rgb.crop((left, top, left + spec.width, top + spec.height)), left, top, image.size)
        for top in starts(tall, spec.height, spec.overlap_y)
        for left in starts(wide, spec.width, spec.overlap_x)
    ]


def starts(side: int, tile: int, overlap: int) -> list[int]:
    """Return where tiles begin along one side, in pixels; the last one ends at the side's end."""
    if side <= tile:
        return [0]
    count = math.ceil((side - overlap) / (tile - overlap))
    return [round(i * (side - tile) / (count - 1)) for i in range(count)]
