"""Cover places of a picture, so that nothing of what was there is left in it."""

from collections.abc import Iterable

from PIL import Image, ImageDraw, ImageFont

from handrail.actuators.geometry import Box

FILL = (107, 114, 128)
_WORD, _INK, _FONT_PIXELS = "secret", (255, 255, 255), 12


def masked(image: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """Return the picture with each box covered, as far as it lies on it.

    What covers a box depends on the size of that part alone.
    """
    covered = image
    for box in boxes:
        left, top = max(0, box.left), max(0, box.top)
        right, bottom = min(image.width, box.right), min(image.height, box.bottom)
        if right <= left or bottom <= top:
            continue
        if covered is image:
            covered = image.copy()
        covered.paste(cover(right - left, bottom - top), (left, top))
    return covered


def cover(width: int, height: int) -> Image.Image:
    """Return what a box of this size is covered with: a plate that says what it is."""
    plate = Image.new("RGB", (width, height), FILL)
    font = ImageFont.load_default(_FONT_PIXELS)
    if width >= font.getlength(_WORD) + 4 and height >= _FONT_PIXELS + 4:
        pen = ImageDraw.Draw(plate)
        pen.text((width / 2, height / 2), _WORD, fill=_INK, font=font, anchor="mm")
    return plate
