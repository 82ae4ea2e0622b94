"""Coordinates as Qwen3-VL writes them: 0..1000 of the image, whatever its size."""

from handrail.model.errors import CoordinateError

FULL_SCALE = 1000
_PRINTABLE = 1e9


def fraction(value: object) -> float:
    """Convert a coordinate of 0..1000 to a fraction of the image, 0.0..1.0.

    1000 is the far edge (1.0). Raises CoordinateError for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CoordinateError(f"a coordinate must be a number in 0..1000, not {value!r}")
    if not 0 <= value <= FULL_SCALE:
        # A number may be too long to print.
        shown = f"{value}" if abs(value) < _PRINTABLE else "a huge number"
        raise CoordinateError(f"a coordinate must lie in 0..1000, not {shown}")
    return value / FULL_SCALE
