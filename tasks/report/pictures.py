"""Pictures out of files that anybody may have written, made small enough to be shown."""

import base64
import warnings
from io import BytesIO

from PIL import Image, UnidentifiedImageError

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
_MOST_PIXELS = 40_000_000
_SIDE, _QUALITY = 480, 70


def thumbnail(content: bytes) -> str:
    """Return a small version as a ``data:`` address, empty where it is no picture."""
    image = _opened(content)
    if image is None:
        return ""
    out = BytesIO()
    try:
        with warnings.catch_warnings(), image:
            warnings.simplefilter("ignore")
            image.thumbnail((_SIDE, _SIDE))
            image.convert("RGBA").save(out, "WEBP", quality=_QUALITY, method=1)
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError):
        return ""
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def dimensions(content: bytes) -> str:
    """Return width and height in words."""
    image = _opened(content)
    if image is None:
        return "unreadable"
    with image:
        return f"{image.width} x {image.height}"


def _opened(content: bytes) -> Image.Image | None:
    """Return a picture whose pixels are not read yet, None where it is none or far too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(BytesIO(content), formats=_FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        return None
    except Image.DecompressionBombError:
        return None
    return image if image.width * image.height <= _MOST_PIXELS else None
