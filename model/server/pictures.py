"""Pictures out of data URLs. Nothing is fetched: a server that fetches can be sent anywhere."""

import base64
import binascii
import io
import re
import warnings

from PIL import Image, ImageOps

from handrail.model.server.errors import BadRequest, TooLarge

_DATA = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def picture(url: str, most_pixels: int, param: str) -> Image.Image:
    """Return the picture of a data URL as RGB, turned as its EXIF data says.

    Transparent parts are laid on white; of an animation the first frame counts. Raises BadRequest
    or TooLarge, naming ``param``.
    """
    found = _DATA.match(url)
    if found is None:
        raise BadRequest("a picture must be a data URL (data:image/png;base64,...)", param)
    try:
        raw = base64.b64decode(url[found.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"the picture is not base64: {error}", param) from error
    try:
        return _opened(raw, most_pixels, param)
    except Image.DecompressionBombError as error:
        raise TooLarge(f"the picture is too large: {error}", param) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise BadRequest(f"the picture cannot be read: {str(error)[:120]}", param) from error


def _opened(raw: bytes, most_pixels: int, param: str) -> Image.Image:
    with warnings.catch_warnings():
        # its own limit is checked here, before a pixel is decoded
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        opened = Image.open(io.BytesIO(raw), formats=_FORMATS)
        if opened.width * opened.height > most_pixels:
            raise TooLarge(
                f"the picture has {opened.width}x{opened.height} pixels; at most {most_pixels} "
                "are allowed",
                param,
            )
        opened.load()
        upright = ImageOps.exif_transpose(opened)
    if upright.has_transparency_data:
        layers = upright.convert("RGBA")
        ground = Image.new("RGBA", layers.size, "white")
        return Image.alpha_composite(ground, layers).convert("RGB")
    return upright.convert("RGB")
