"""Fit the frames of a run into one page: as they are where there is room, smaller where not."""

import base64
import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

# The whole page stays under 5 MB; base64 makes four bytes of three.
BYTES_FOR_ALL = 3_200_000
LARGEST = 300_000
_QUALITY, _EFFORT, _SMALLEST = 60, 1, 0.05


def data_uris(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return a ``data:`` address for each of the frames; those that cannot be read are left out."""
    distinct = sorted(set(names) - {""})
    if not distinct:
        return {}
    limit = min(LARGEST, BYTES_FOR_ALL // len(distinct))
    addresses = {}
    for name in distinct:
        try:
            data = fitted((folder / name).read_bytes(), limit)
        except (OSError, UnidentifiedImageError):
            continue
        addresses[name] = "data:image/webp;base64," + base64.b64encode(data).decode("ascii")
    return addresses


def fitted(data: bytes, limit: int) -> bytes:
    """Return WebP of at most ``limit`` bytes, smaller in scale as far as that takes."""
    if len(data) <= limit:
        return data
    image = Image.open(BytesIO(data)).convert("RGB")
    scale = 1.0
    while len(data) > limit and scale > _SMALLEST:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        out = BytesIO()
        image.resize(size).save(out, "WEBP", quality=_QUALITY, method=_EFFORT)
        data = out.getvalue()
        # Bytes go about with the area; a little less, so that the next one fits.
        scale *= min(0.9, 0.9 * math.sqrt(limit / len(data)))
    return data
