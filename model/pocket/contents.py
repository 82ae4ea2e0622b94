"""Draw what a page tells: headings, prose, links, lists, tables, pictures.

Every function takes the pen and returns the height in pixels that it used, or 0 without room.
"""

from handrail.model.pocket.canvas import Rect, TextStyle, Value, centre, text_width
from handrail.model.pocket.pen import Pen, line_height, prose

_Written = tuple[str, Rect]
"""A text, and where it is drawn."""


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
        before = prose(pen, pen.width * rng.uniform(0.2, 1.0), style)
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
    row, x, used = line_height(pen, (3, 14)), pen.x, 0.0
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
    row, wide = line_height(pen, (5, 20)), min(pen.width, rng.uniform(110, 420))
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
    rng, theme, row = pen.rng, pen.theme, line_height(pen, (6, 16))
    columns, count = rng.randint(2, 5), min(rng.randint(2, 7), int(pen.height // row))
    wide = pen.width / columns
    if count < 2 or wide < 60:
        return 0.0
    heads: dict[int, _Written] = {}
    for i in range(count):
        top, first = pen.y + i * row, None
        if i == 0:
            pen.canvas.rect((pen.x, top, pen.x + pen.width, top + row), theme.panel)
        pen.canvas.line([(pen.x, top + row), (pen.x + pen.width, top + row)], theme.edge)
        for j in range(columns):
            name, style = pen.names.take(), theme.heading(0) if i == 0 else theme.body()
            if text_width(name, style) + 10 > wide or rng.random() < 0.1:
                continue
            text = pen.canvas.text(pen.x + j * wide + 5, top + row / 2, name, style)
            pen.canvas.add("item", name, (text[0], top, text[2], top + row), text)
            if i == 0:
                heads[j] = (name, text)
            elif j == 0:
                first = (name, text)
            elif first and j in heads:
                named = (first[1], heads[j][1])
                value = Value(first[0], heads[j][0], text, named, alone=columns == 2)
                pen.canvas.values.append(value)
    return count * row


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
