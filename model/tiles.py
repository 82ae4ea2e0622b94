"""Cut a screen into tiles at native scale, for models that were trained on tiles.

Small models lose small text when a whole screen is squeezed into one picture; tiles keep every
pixel.
A checkpoint that wants them says so in ``handrail.json``.
"""

import math
from dataclasses import dataclass

from PIL import Image

from handrail.model.errors import ImageError


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

    def ends_near(self, x: float, y: float, share: float) -> bool:
        """Tell whether a point, in fractions of the screen, lies near an edge of the tile.

        That is within this share of its sides, where the screen goes on behind the edge.
        """
        across = _near(x * self.screen[0] - self.left, self.left, self.image.width, self.screen[0])
        down = _near(y * self.screen[1] - self.top, self.top, self.image.height, self.screen[1])
        return min(across / self.image.width, down / self.image.height) < share


def _near(at: float, start: int, size: int, whole: int) -> float:
    """Return how far a place along a side is from the nearest end that is not the screen's."""
    before = at if start > 0 else math.inf
    return min(before, size - at if start + size < whole else math.inf)


def cut(image: Image.Image, spec: TileSpec) -> list[Tile]:
    """Return tiles of exactly the spec's size that cover the picture, row by row.

    They are spread evenly. A picture smaller than a tile is continued by the colour of its last
    pixel to the right and below. Raises ImageError for a picture that cannot be read.
    """
    padded = _padded(image, spec)
    return [
        _tile(padded, left, top, spec, image.size)
        for top in starts(padded.height, spec.height, spec.overlap_y)
        for left in starts(padded.width, spec.width, spec.overlap_x)
    ]


def around(image: Image.Image, spec: TileSpec, x: float, y: float) -> Tile:
    """Return the tile whose middle is as near as can be to a point, in fractions of the picture."""
    padded = _padded(image, spec)
    left = min(max(0, round(x * image.width - spec.width / 2)), padded.width - spec.width)
    top = min(max(0, round(y * image.height - spec.height / 2)), padded.height - spec.height)
    return _tile(padded, left, top, spec, image.size)


def _padded(image: Image.Image, spec: TileSpec) -> Image.Image:
    try:
        rgb = image.convert("RGB")
    except (OSError, ValueError) as error:
        raise ImageError(f"the image cannot be decoded: {error}") from error
    if min(rgb.size) < 1:
        raise ImageError(f"an image of {rgb.width}x{rgb.height} pixels shows nothing")
    wide, tall = max(rgb.width, spec.width), max(rgb.height, spec.height)
    if (wide, tall) == rgb.size:
        return rgb
    padded = Image.new("RGB", (wide, tall), rgb.getpixel((rgb.width - 1, rgb.height - 1)))
    padded.paste(rgb, (0, 0))
    return padded


def _tile(
    padded: Image.Image, left: int, top: int, spec: TileSpec, screen: tuple[int, int]
) -> Tile:
    box = (left, top, left + spec.width, top + spec.height)
    return Tile(padded.crop(box), left, top, screen)


def starts(side: int, tile: int, overlap: int) -> list[int]:
    """Return where tiles begin along one side, in pixels; the last one ends at the side's end."""
    if side <= tile:
        return [0]
    count = math.ceil((side - overlap) / (tile - overlap))
    return [round(i * (side - tile) / (count - 1)) for i in range(count)]
