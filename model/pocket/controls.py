"""Draw what a form is made of: buttons, fields, choices, areas of text.

Every function takes the pen and returns the height in pixels that it used, or 0 without room.
"""

from handrail.model.pocket import contents, words
from handrail.model.pocket.canvas import Rect, centre, text_width
from handrail.model.pocket.pen import Pen, line_height, prose


def button(pen: Pen, height: float | None = None, primary: bool | None = None) -> Rect | None:
    """Draw one button at the pen; return its box, or None where it is too wide."""
    rng, theme = pen.rng, pen.theme
    name, style = pen.names.take(), theme.body()
    tall = height or line_height(pen, (8, 22))
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
    tall, used, x = line_height(pen, (8, 22)), 0.0, pen.x
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
    wide, tall = text_width(shown, style), line_height(pen, (8, 20))
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
    pen.canvas.add("field", name, box, text, entry_point(box))
    return used + _hint(pen, box, used)


def entry_point(box: Rect) -> tuple[float, float]:
    """Return where a person clicks an input: near its beginning, which is beside the label."""
    return box[0] + min((box[2] - box[0]) / 2, 64), box[1] + min((box[3] - box[1]) / 2, 32)


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
            x = box[0] + rng.randint(4, 12)
            pen.canvas.text(x, centre(box)[1], text, style, hint=filled < 0.2)
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
    text = prose(pen, pen.width * 0.8, style)
    if text:
        pen.canvas.text(box[0], box[3] + 3 + style.size / 2, text, style)
    return style.size + 6


def placeholder_field(pen: Pen) -> float:
    """Draw an input that carries its name inside, in faint ink."""
    theme, tall = pen.theme, line_height(pen, (8, 20))
    name, style = pen.names.take(), theme.body(theme.faint)
    wide = min(pen.width, pen.rng.uniform(120, 360))
    if text_width(name, style) + 24 > wide or tall > pen.height:
        return 0.0
    box = (pen.x, pen.y, pen.x + wide, pen.y + tall)
    pen.canvas.rect(box, theme.field, theme.edge, min(theme.radius, 6))
    text = pen.canvas.text(pen.x + pen.rng.randint(6, 14), pen.y + tall / 2, name, style)
    pen.canvas.add("field", name, box, text, entry_point(box))
    return tall


def choices(pen: Pen) -> float:
    """Draw one to four check boxes, radio buttons or switches with their labels."""
    rng, theme, style = pen.rng, pen.theme, pen.theme.body()
    kind, row, used = (
        rng.choice(("check", "check", "radio", "switch")),
        line_height(pen, (4, 14)),
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
        shown = "selected" if kind == "radio" and on else "checked" if on else "unchecked"
        pen.canvas.elements[-1].states = (shown,)
        used += row
    return used


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
        contents.paragraph(pen.at(box[0] + 8, box[1] + 6, wide - 16, tall - 12))
    pen.canvas.add("field", name, box, text, entry_point(box))
    return above + tall
