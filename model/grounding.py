"""Where things are in a picture, in fractions of its sides, and how sure a model is of it.

Qwen3-VL writes coordinates as 0..1000 of the image, whatever its size; some checkpoints and
endpoints write 0..999.
"""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

from handrail.model.errors import CoordinateError

Scale = Literal[1000, 999]
"""The number that means the far edge."""
_PRINTABLE = 1e9


def fraction(value: object, scale: Scale = 1000) -> float:
    """Convert a coordinate of 0..scale to a fraction of the image, 0.0..1.0.

    The scale itself is the far edge (1.0). Raises CoordinateError for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CoordinateError(f"a coordinate must be a number in 0..{scale}, not {value!r}")
    if not 0 <= value <= scale:
        # A number may be too long to print.
        shown = f"{value}" if abs(value) < _PRINTABLE else "a huge number"
        raise CoordinateError(f"a coordinate must lie in 0..{scale}, not {shown}")
    return value / scale


@dataclass(frozen=True)
class Pointed:
    """Where a phrase is, or would be.

    ``x`` and ``y`` are fractions of the picture's sides. ``odds`` are the model's log-odds that it
    is there at all, ``sure`` its log-probability of the coordinates: raw scores, not calibrated.
    ``agreed`` says whether a second, closer look found the same place, None where there was none.
    ``scale`` is what the coordinates were written in. ``gaze`` is by how much (in logarithms) a
    head that was shown where to look prefers this picture's best place to "not here"; ``chance`` is
    the calibrated probability that it is there. Both are None where a checkpoint tells none.
    """

    x: float
    y: float
    odds: float
    sure: float
    agreed: bool | None = None
    scale: Scale = 1000
    gaze: float | None = None
    chance: float | None = None

    @property
    def found(self) -> bool:
        """Return whether it is there rather than not, as far as the model can tell."""
        return self.odds > 0 if self.chance is None else self.chance > 0.5

    @property
    def confidence(self) -> float:
        """Return the chance that it is there, 0..1; that which the bare odds say without one."""
        if self.chance is not None:
            return self.chance
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.odds))))

    def near(self, other: "Pointed", share: float) -> bool:
        """Tell whether both are within this share of the sides of each other."""
        return abs(self.x - other.x) <= share and abs(self.y - other.y) <= share


@dataclass(frozen=True)
class Boxed:
    """A rectangle around something, in fractions of the picture's sides; ``sure`` as above."""

    left: float
    top: float
    right: float
    bottom: float
    sure: float
    scale: Scale = 1000


class Grounder(Protocol):
    """Finds what a phrase names in a picture."""

    def point(self, image: Image.Image, phrase: str) -> Pointed:
        """Return the best place, with scores that say whether it is one. Raises ModelError."""
        ...

    def boxes(self, image: Image.Image, phrase: str) -> tuple[Boxed, ...]:
        """Return a box around each thing that the phrase names, none where there is none.

        Raises ModelError; UnsupportedError where the checkpoint has learned no boxes.
        """
        ...
