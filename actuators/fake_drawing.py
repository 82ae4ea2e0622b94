"""How the fake screen draws itself, and which character lies under a pixel."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from handrail.actuators.fake_widgets import Button, Caption, Checkbox, Field, Link, Panel, Widget
from handrail.actuators.geometry import Box

_INK = (20, 20, 20)
_EDGE = (120, 120, 130)
_FAINT = (150, 150, 150)
_PAPER = (245, 245, 248)
_BLUE = (30, 80, 200)
_PAD = 6
_FONT_PIXELS = 14


@dataclass(frozen=True)
class Look:
    """What a drawing shows beside the widgets: ``clock`` is a text in the upper right corner."""

    size: tuple[int, int]
    scrolled: int
    focus: Widget | None
    caret: bool
    clock: str


def draw(widgets: Iterable[Widget], look: Look) -> Image.Image:
    """Return the screen as an RGB image; later widgets cover earlier ones."""
    image = Image.new("RGB", look.size, _PAPER)
    pen = ImageDraw.Draw(image)
    for widget in (w for w in widgets if w.painted):
        _draw_widget(pen, widget, look)
    if look.clock:
        pen.text((look.size[0] - 60, 4), look.clock, fill=_INK, font=_font())
    return image


def index_at(field: Field, x: int) -> int:
    """Return the place between characters that is nearest to a pixel column of the content."""
    left = field.box.left + _PAD
    places = range(len(field.text) + 1)
    return min(places, key=lambda place: abs(left + _length(field.shown[:place]) - x))


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(_FONT_PIXELS)


def _length(text: str) -> float:
    return _font().getlength(text)


def _draw_widget(pen: ImageDraw.ImageDraw, widget: Widget, look: Look) -> None:
    box = widget.box
    left, top, right, bottom = box.left, box.top - look.scrolled, box.right - 1, 0
    bottom = top + box.height - 1
    middle = top + (box.height - _FONT_PIXELS) // 2 - 2
    edge = _BLUE if widget is look.focus else _EDGE
    ink = _INK if widget.enabled else _FAINT
    if isinstance(widget, Panel | Button):
        fill = (255, 255, 255) if isinstance(widget, Panel) else (222, 224, 230)
        pen.rectangle((left, top, right, bottom), fill=fill, outline=edge)
        pen.text((left + _PAD, middle), widget.name, fill=ink, font=_font())
    elif isinstance(widget, Field):
        pen.rectangle((left, top, right, bottom), fill=(255, 255, 255), outline=edge)
        _draw_text(pen, widget, Box(left=left, top=top, right=right, bottom=bottom), look)
    elif isinstance(widget, Checkbox):
        side = min(box.width, box.height)
        pen.rectangle((left, top, left + side - 1, bottom), fill=(255, 255, 255), outline=edge)
        if widget.checked:
            pen.line((left + 3, top + 3, left + side - 4, bottom - 3), fill=_INK, width=2)
            pen.line((left + 3, bottom - 3, left + side - 4, top + 3), fill=_INK, width=2)
        pen.text((left + side + _PAD, middle), widget.name, fill=ink, font=_font())
    elif isinstance(widget, Caption | Link):
        ink = _BLUE if isinstance(widget, Link) and widget.enabled else ink
        pen.text((left, middle), widget.name, fill=ink, font=_font())


def _draw_text(pen: ImageDraw.ImageDraw, field: Field, place: Box, look: Look) -> None:
    """Draw a field's text, or its name in grey where it is empty, and its selection and caret."""
    x = place.left + _PAD
    top, bottom = place.top + 3, place.bottom - 3
    start, end = field.selection
    focused = field is look.focus
    if focused and start != end:
        ends = (x + _length(field.shown[:start]), top, x + _length(field.shown[:end]), bottom)
        pen.rectangle(ends, fill=(180, 205, 255))
    middle = place.top + (place.height - _FONT_PIXELS) // 2 - 2
    ink = _INK if field.shown and field.enabled else _FAINT
    pen.text((x, middle), field.shown or field.name, fill=ink, font=_font())
    if focused and look.caret:
        at = x + _length(field.shown[: field.caret])
        pen.line((at, top, at, bottom), fill=_INK)
