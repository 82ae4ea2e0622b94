"""Draw the parts of a screen, each from a left upper corner, and name what can be clicked.

Every function takes the pen and returns the height in pixels that it used, or 0 where it did not fit.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Canvas, Rect, TextStyle, centre, text_width
from handrail.model.pocket.theme import Names, Theme


@dataclass(frozen=True)
class Pen:
    """What a widget draws with, and the width and height left to it in pixels."""

    canvas: Canvas
    theme: Theme
    names: Names
    rng: random.Random
    x: float
    y: float
    width: float
    height: float

    def at(self, x: float, y: float, width: float, height: float) -> "Pen":
        """Return the same pen elsewhere."""
        return Pen(self.canvas, self.theme, self.names, self.rng, x, y, width, height)


def _line_height(pen: Pen, extra: tuple[int, int] = (6, 18)) -> float:
    return pen.theme.size + pen.rng.randint(*extra)


def _prose(pen: Pen, width: float, style: TextStyle) -> str:
    text = words.word(pen.rng).capitalize()
    for _ in range(30):
        longer = (
            f"{text} {words.word(pen.rng) if pen.rng.random() < 0.85 else words.invented(pen.rng)}"
        )
        if text_width(longer, style) > width:
            break
        text = longer
    return text if text_width(text, style) <= width else ""


def button(pen: Pen, height: float | None = None, primary: bool | None = None) -> Rect | None:
    """Draw one button at the pen; return its box, or None where it is too wide."""
    rng, theme = pen.rng, pen.theme
    name, style = pen.names.take(), theme.body()
    tall = height or _line_height(pen, (8, 22))
    wide = text_width(name, style) + 2 * rng.randint(7, 26)
    if wide > pen.width or tall > pen.height:
        return None
    strong = rng.random() < 0.35 if primary is None else primary
    box = (pen.x, pen.y, pen.x + wide, pen.y + tall)
    look = rng.random()
    ink = theme.on_accent if strong else (theme.accent if look < 0.2 else theme.ink)
    fill = theme.accent if strong else (None if look < 0.3 else theme.panel)
    pen.canvas.rect(box, fill, theme.edge if not strong else None, theme.radius)
    text = pen.canvas.text(
        pen.x + (wide - text_width(name, style)) / 2, centre(box)[1], name, theme.body(ink)
    )
    pen.canvas.add("button", name, box, text)
    return box


def buttons(pen: Pen) -> float:
    """Draw a row of one to four buttons, from the left or right-aligned as dialogs have them."""
    tall, used, x = _line_height(pen, (8, 22)), 0.0, pen.x
    if tall > pen.height:
        return 0.0
    if pen.rng.random() < 0.3:
        x += pen.rng.uniform(0, pen.width * 0.5)
    for i in range(pen.rng.choice((1, 2, 2, 3, 4))):
        box = button(
            pen.at(x, pen.y, pen.x + pen.width - x, pen.height),
            tall,
            None if i else pen.rng.random() < 0.5,
        )
        if box is None:
            break
        x, used = box[2] + pen.theme.gap, tall
    return used


def labelled_field(pen: Pen) -> float:
    """Draw an input with its label above, to the left, or right-aligned in a column before it."""
    rng, theme = pen.rng, pen.theme
    name, style = pen.names.take(), theme.body(delta=rng.choice((0, 0, 0, -1)))
    shown = name + rng.choice(("", "", "", ":", " *"))
    wide, tall = text_width(shown, style), _line_height(pen, (8, 20))
    if rng.random() < 0.5:
        column = max(wide, rng.uniform(60, 170)) + rng.randint(6, 20)
        if column + 60 > pen.width or tall > pen.height:
            return 0.0
        x = pen.x if rng.random() < 0.65 else pen.x + column - wide - 8
        text = pen.canvas.text(x, pen.y + tall / 2, shown, style)
        box = (
            pen.x + column,
            pen.y,
            min(pen.x + pen.width, pen.x + column + rng.uniform(70, 340)),
            pen.y + tall,
        )
        used = tall
    else:
        above = style.size + rng.randint(4, 9)
        if wide > pen.width or above + tall > pen.height:
            return 0.0
        text = pen.canvas.text(pen.x, pen.y + above / 2, shown, style)
        box = (
            pen.x,
            pen.y + above,
            pen.x + min(pen.width, rng.uniform(80, 420)),
            pen.y + above + tall,
        )
        used = above + tall
    _input(pen, box)
    pen.canvas.add("field", name, box, text, centre(box))
    return used + _hint(pen, box, used)


def _input(pen: Pen, box: Rect) -> None:
    rng, theme = pen.rng, pen.theme
    pen.canvas.rect(
        box, theme.field, theme.accent if rng.random() < 0.1 else theme.edge, min(theme.radius, 6)
    )
    filled = rng.random()
    if filled < 0.45:
        style = theme.body(theme.faint if filled < 0.2 else None)
        text = words.value(rng) if filled >= 0.2 else words.label(rng)
        if text_width(text, style) + 16 < box[2] - box[0]:
            pen.canvas.text(box[0] + rng.randint(4, 12), centre(box)[1], text, style)
    if filled > 0.88:
        x = box[2] - 12
        pen.canvas.line(
            [(x - 4, centre(box)[1] - 2), (x, centre(box)[1] + 2), (x + 4, centre(box)[1] - 2)],
            theme.faint,
            1.5,
        )


def _hint(pen: Pen, box: Rect, used: float) -> float:
    style = pen.theme.body(pen.theme.faint, delta=-2)
    if pen.rng.random() > 0.12 or used + style.size + 6 > pen.height:
        return 0.0
    text = _prose(pen, pen.width * 0.8, style)
    if text:
        pen.canvas.text(box[0], box[3] + 3 + style.size / 2, text, style)
    return style.size + 6


def placeholder_field(pen: Pen) -> float:
    """Draw an input that carries its name inside, in faint ink."""
    theme, tall = pen.theme, _line_height(pen, (8, 20))
    name, style = pen.names.take(), theme.body(theme.faint)
    wide = min(pen.width, pen.rng.uniform(120, 360))
    if text_width(name, style) + 24 > wide or tall > pen.height:
        return 0.0
    box = (pen.x, pen.y, pen.x + wide, pen.y + tall)
    pen.canvas.rect(box, theme.field, theme.edge, min(theme.radius, 6))
    text = pen.canvas.text(pen.x + pen.rng.randint(6, 14), pen.y + tall / 2, name, style)
    pen.canvas.add("field", name, box, text, centre(box))
    return tall


def choices(pen: Pen) -> float:
    """Draw one to four check boxes, radio buttons or switches with their labels."""
    rng, theme, style = pen.rng, pen.theme, pen.theme.body()
    kind, row, used = (
        rng.choice(("check", "check", "radio", "switch")),
        _line_height(pen, (4, 14)),
        0.0,
    )
    side = rng.choice((12, 13, 14, 16))
    for _ in range(rng.randint(1, 4)):
        name = pen.names.take()
        wide = side * (1.9 if kind == "switch" else 1)
        gap = rng.randint(5, 9)
        if wide + gap + text_width(name, style) > pen.width or used + row > pen.height:
            break
        middle = pen.y + used + row / 2
        mark = (pen.x, middle - side / 2, pen.x + wide, middle + side / 2)
        on = rng.random() < 0.4
        round_corners = side / 2 if kind != "check" else min(3, theme.radius)
        pen.canvas.rect(
            mark, theme.accent if on else theme.field, None if on else theme.edge, round_corners
        )
        if on and kind == "check":
            x, y = mark[0], mark[1]
            pen.canvas.line(
                [(x + 3, y + side / 2), (x + side * 0.42, y + side - 4), (x + side - 3, y + 4)],
                theme.on_accent,
                1.8,
            )
        elif kind == "switch":
            x = mark[2] - side if on else mark[0]
            pen.canvas.disc(
                (x + 2, mark[1] + 2, x + side - 2, mark[3] - 2),
                theme.on_accent if on else theme.faint,
            )
        text = pen.canvas.text(mark[2] + gap, middle, name, style)
        pen.canvas.add(
            "radio" if kind == "radio" else "check",
            name,
            (pen.x, pen.y + used, text[2], pen.y + used + row),
            text,
        )
        used += row
    return used


def heading(pen: Pen) -> float:
    """Draw a heading or a line of bold text; it is a target of kind ``text``."""
    style = pen.theme.heading(pen.rng.choice((0, 2, 4, 8, 12)))
    name, tall = pen.names.take(), style.size + pen.rng.randint(4, 12)
    if text_width(name, style) > pen.width or tall > pen.height:
        return 0.0
    text = pen.canvas.text(pen.x, pen.y + tall / 2, name, style)
    pen.canvas.add("text", name, text, text)
    return tall


def paragraph(pen: Pen) -> float:
    """Draw two to five lines of prose, some with a link inside a line."""
    rng, theme = pen.rng, pen.theme
    style, link = theme.body(theme.faint if rng.random() < 0.4 else None), theme.body(theme.accent)
    row, used = theme.size + rng.randint(3, 8), 0.0
    for _ in range(rng.randint(1, 5)):
        if used + row > pen.height:
            break
        middle = pen.y + used + row / 2
        before = _prose(pen, pen.width * rng.uniform(0.2, 1.0), style)
        if not before:
            break
        end = pen.canvas.text(pen.x, middle, before, style)[2]
        if rng.random() < 0.3:
            name = pen.names.take()
            if end + 5 + text_width(name, link) < pen.x + pen.width:
                _link(pen, end + style.size * 0.3, middle, name, link)
        used += row
    return used


def _link(pen: Pen, x: float, middle: float, name: str, style: TextStyle) -> Rect:
    text = pen.canvas.text(x, middle, name, style)
    if pen.rng.random() < 0.5:
        pen.canvas.line([(text[0], text[3] - 1), (text[2], text[3] - 1)], style.colour)
    pen.canvas.add("link", name, text, text)
    return text


def links(pen: Pen) -> float:
    """Draw a row or a column of links."""
    rng, theme, down = pen.rng, pen.theme, pen.rng.random() < 0.5
    style = theme.body(theme.accent if rng.random() < 0.7 else theme.ink)
    row, x, used = _line_height(pen, (3, 14)), pen.x, 0.0
    for _ in range(rng.randint(2, 6)):
        name = pen.names.take()
        if x + text_width(name, style) > pen.x + pen.width or used + row > pen.height:
            break
        text = _link(pen, x, pen.y + used + row / 2, name, style)
        if down:
            used += row
        else:
            x = text[2] + rng.randint(10, 30)
    return used if down else row


def rows(pen: Pen) -> float:
    """Draw a list: rows in a box, one of them perhaps selected, perhaps with marks before them."""
    rng, theme = pen.rng, pen.theme
    row, wide = _line_height(pen, (5, 20)), min(pen.width, rng.uniform(110, 420))
    count, marks = min(rng.randint(2, 7), int(pen.height // row)), rng.random() < 0.3
    if count < 2:
        return 0.0
    pen.canvas.rect(
        (pen.x, pen.y, pen.x + wide, pen.y + count * row),
        theme.field,
        theme.edge,
        min(theme.radius, 6),
    )
    chosen, indent = rng.randrange(count * 2), rng.randint(6, 14) + (theme.size + 8 if marks else 0)
    for i in range(count):
        name, box = pen.names.take(), (pen.x, pen.y + i * row, pen.x + wide, pen.y + (i + 1) * row)
        style = theme.body(theme.on_accent if i == chosen else None)
        if text_width(name, style) + indent + 6 > wide:
            continue
        if i == chosen:
            pen.canvas.rect(box, theme.accent, None, 0)
        if marks:
            pen.canvas.glyph(
                rng, (pen.x + 6, centre(box)[1] - 5, pen.x + 16, centre(box)[1] + 5), style.colour
            )
        text = pen.canvas.text(pen.x + indent, centre(box)[1], name, style)
        pen.canvas.add("item", name, box, text)
    return count * row


def table(pen: Pen) -> float:
    """Draw a table: a header and rows of cells, every text a target."""
    rng, theme, row = pen.rng, pen.theme, _line_height(pen, (6, 16))
    columns, count = rng.randint(2, 5), min(rng.randint(2, 7), int(pen.height // row))
    wide = pen.width / columns
    if count < 2 or wide < 60:
        return 0.0
    for i in range(count):
        top = pen.y + i * row
        if i == 0:
            pen.canvas.rect((pen.x, top, pen.x + pen.width, top + row), theme.panel)
        pen.canvas.line([(pen.x, top + row), (pen.x + pen.width, top + row)], theme.edge)
        for j in range(columns):
            name, style = pen.names.take(), theme.heading(0) if i == 0 else theme.body()
            if text_width(name, style) + 10 > wide or rng.random() < 0.1:
                continue
            text = pen.canvas.text(pen.x + j * wide + 5, top + row / 2, name, style)
            pen.canvas.add("item", name, (text[0], top, text[2], top + row), text)
    return count * row


def text_area(pen: Pen) -> float:
    """Draw a labelled area of several lines."""
    rng, theme, style = pen.rng, pen.theme, pen.theme.body()
    name, above, tall = pen.names.take(), pen.theme.size + 7, rng.uniform(50, 130)
    wide = min(pen.width, rng.uniform(160, 480))
    if above + tall > pen.height or text_width(name, style) > pen.width:
        return 0.0
    text = pen.canvas.text(pen.x, pen.y + above / 2, name, style)
    box = (pen.x, pen.y + above, pen.x + wide, pen.y + above + tall)
    pen.canvas.rect(box, theme.field, theme.edge, min(theme.radius, 6))
    if rng.random() < 0.5:
        paragraph(pen.at(box[0] + 8, box[1] + 6, wide - 16, tall - 12))
    pen.canvas.add("field", name, box, text, centre(box))
    return above + tall


def image(pen: Pen) -> float:
    """Draw a picture's place: a tinted box with a glyph."""
    tall, wide = pen.rng.uniform(30, 120), min(pen.width, pen.rng.uniform(40, 260))
    if tall > pen.height:
        return 0.0
    pen.canvas.rect(
        (pen.x, pen.y, pen.x + wide, pen.y + tall),
        pen.theme.panel,
        pen.theme.edge,
        pen.theme.radius,
    )
    middle = (pen.x + wide / 2, pen.y + tall / 2)
    pen.canvas.glyph(
        pen.rng, (middle[0] - 9, middle[1] - 9, middle[0] + 9, middle[1] + 9), pen.theme.faint
    )
    return tall


Widget = Callable[[Pen], float]
FORM: tuple[Widget, ...] = (
    labelled_field,
    labelled_field,
    labelled_field,
    placeholder_field,
    choices,
    choices,
    buttons,
    buttons,
    heading,
    paragraph,
    links,
    text_area,
)
CONTENT: tuple[Widget, ...] = (
    heading,
    paragraph,
    paragraph,
    links,
    links,
    rows,
    table,
    buttons,
    buttons,
    choices,
    labelled_field,
    image,
    placeholder_field,
)


def column(pen: Pen, kinds: tuple[Widget, ...]) -> float:
    """Stack widgets downwards until the height is used; return the height used."""
    used, misses = 0.0, 0
    while misses < 4 and used < pen.height:
        step = pen.rng.choice(kinds)(pen.at(pen.x, pen.y + used, pen.width, pen.height - used))
        misses = misses + 1 if step == 0.0 else 0
        used += step + pen.theme.gap * pen.rng.uniform(0.7, 1.6) if step else 0.0
    return used
