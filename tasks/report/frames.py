"""Fit the frames of a run into one page: as they are where there is room, smaller where not."""

import base64
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

# The whole page stays under 5 MB; base64 makes four bytes of three.
BYTES_FOR_ALL = 3_200_000
LARGEST = 300_000
_TRIES = ((75, 1.0), (60, 1.0), (45, 1.0), (50, 0.75), (45, 0.5), (35, 0.35), (25, 0.2), (20, 0.1))


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
    """Return WebP of at most ``limit`` bytes, or the smallest that is tried."""
    if len(data) <= limit:
        return data
    image = Image.open(BytesIO(data)).convert("RGB")
    for quality, scale in _TRIES:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        smaller = image if scale == 1.0 else image.resize(size, Image.Resampling.LANCZOS)
        out = BytesIO()
        smaller.save(out, "WEBP", quality=quality, method=2)
        data = out.getvalue()
        if len(data) <= limit:
            break
    return data
