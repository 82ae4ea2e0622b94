"""How a dialog box is laid out and painted over a frame."""

from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont

from handrail.actuators.base import sanitise
from handrail.actuators.geometry import Box, ScreenGeometry

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "Helvetica.ttc")
_WIDTH, _PADDING, _LINE, _FIELD, _BUTTON = 460, 20, 20, 30, (88, 32)
_TALLEST, _MOST_LINES = 420, 12
_INK, _PAPER, _EDGE, _BLUE, _RED = "#202124", "#ffffff", "#9aa0a6", "#1a56db", "#b3261e"
_SELECTION = "#b3d7ff"


@dataclass(frozen=True)
class Sheet:
    """What a box says: all of it but ``accept`` may come from a page; ``field`` None means none."""

    title: str
    message: str
    error: str
    field: str | None
    selected: bool
    accept: str
    can_cancel: bool


@dataclass(frozen=True)
class Layout:
    """Where the parts of a box lie, in pixels."""

    panel: Box
    lines: tuple[str, ...]
    field: Box | None
    cancel: Box | None
    ok: Box


@lru_cache(maxsize=4)
def lay_out(sheet: Sheet, geometry: ScreenGeometry) -> Layout:
    """Place a box on a screen: in the middle, nearer to the top; measuring text is slow."""
    scale = _fit(geometry)
    pad, width = round(_PADDING * scale), min(round(_WIDTH * scale), geometry.width)
    lines = _lines(sheet, _font(round(14 * scale)), width - 2 * pad)
    text_height = round(len(lines) * _LINE * scale)
    field_height = round((_FIELD + 12) * scale) if sheet.field is not None else 0
    chrome = round((2 * _PADDING + 16 + _BUTTON[1]) * scale)
    height = min(geometry.height, text_height + field_height + chrome)
    left, top = (geometry.width - width) // 2, max(0, (geometry.height - height) // 3)
    panel = Box(left=left, top=top, right=left + width, bottom=top + height)
    right, bottom = panel.right - pad, panel.bottom - pad
    wide, high = round(_BUTTON[0] * scale), round(_BUTTON[1] * scale)
    ok = Box(left=right - wide, top=bottom - high, right=right, bottom=bottom)
    step = wide + round(12 * scale)
    cancel = Box(left=ok.left - step, top=ok.top, right=ok.right - step, bottom=ok.bottom)
    field_top = panel.top + pad + text_height + round(4 * scale)
    field_bottom = field_top + round(_FIELD * scale)
    field = Box(left=panel.left + pad, top=field_top, right=right, bottom=field_bottom)
    return Layout(
        panel=panel,
        lines=lines,
        field=None if sheet.field is None else field,
        cancel=cancel if sheet.can_cancel else None,
        ok=ok,
    )


def paint(sheet: Sheet, frame: Image.Image, geometry: ScreenGeometry) -> Image.Image:
    """Return the frame, dimmed, with the box on it."""
    layout, scale = lay_out(sheet, geometry), _fit(geometry)
    image = Image.blend(frame.convert("RGB"), Image.new("RGB", frame.size, "#000000"), 0.25)
    pen, font = ImageDraw.Draw(image), _font(round(14 * scale))
    pen.rectangle(_xy(layout.panel), fill=_PAPER, outline=_EDGE, width=max(1, round(scale)))
    left, top = layout.panel.left + round(_PADDING * scale), layout.panel.top
    for number, line in enumerate(layout.lines):
        in_error = bool(sheet.error) and number == len(layout.lines) - 1
        place = (left, top + round((_PADDING + number * _LINE) * scale))
        pen.text(place, line, font=font, fill=_RED if in_error else _INK)
    if layout.field is not None:
        _paint_field(pen, layout.field, sheet, font)
    if layout.cancel is not None:
        _paint_button(pen, layout.cancel, "Cancel", font, primary=False)
    _paint_button(pen, layout.ok, sheet.accept, font, primary=True)
    return image


def _paint_field(pen: ImageDraw.ImageDraw, field: Box, sheet: Sheet, font: Font) -> None:
    pen.rectangle(_xy(field), fill=_PAPER, outline=_BLUE, width=2)
    inset = max(4, field.height // 5)
    shown = sanitise(sheet.field or "", limit=1000)
    while shown and font.getlength(shown) > field.width - 2 * inset:
        shown = shown[1:]  # as in a real field, the end that is being written stays in view
    left, top, bottom = field.left + inset, field.top + inset, field.bottom - inset
    end = left + round(font.getlength(shown))
    if sheet.selected and shown:
        pen.rectangle((left, top, end, bottom), fill=_SELECTION)
    pen.text((left, (top + bottom) // 2), shown, font=font, fill=_INK, anchor="lm")
    pen.line((end + 1, top, end + 1, bottom), fill=_INK)


def _paint_button(
    pen: ImageDraw.ImageDraw, box: Box, word: str, font: Font, *, primary: bool
) -> None:
    pen.rounded_rectangle(_xy(box), box.height // 8, _BLUE if primary else _PAPER, _BLUE)
    middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    pen.text(middle, word, font=font, fill=_PAPER if primary else _BLUE, anchor="mm")


def _lines(sheet: Sheet, font: Font, room: int) -> tuple[str, ...]:
    lines = _wrap(sanitise(sheet.title), font, room)[:1]
    for line in sheet.message[:2000].splitlines():
        if len(lines) <= _MOST_LINES:
            lines += _wrap(sanitise(line, limit=1000), font, room)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], "..."]
    if sheet.error:
        lines += _wrap(sanitise(sheet.error), font, room)[:1]
    return tuple(lines)


def _wrap(text: str, font: Font, room: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while font.getlength(line) > room and len(line) > 1:
            cut = max(1, int(len(line) * room / font.getlength(line)))
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line]


def _xy(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right - 1, box.bottom - 1


def _fit(geometry: ScreenGeometry) -> float:
    """Return the size of the box, shrunk on screens that are too small for it."""
    return min(geometry.scale, geometry.width / _WIDTH, geometry.height / _TALLEST)


@cache
def _font(size: int) -> Font:
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, max(6, size))
        except OSError:
            continue
    return ImageFont.load_default(max(6, size))
