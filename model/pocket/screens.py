"""Compose whole screens: web pages, application windows, dialogs, menus, dense text."""

import random
from dataclasses import dataclass

from handrail.model.pocket import contents, controls, widgets, words
from handrail.model.pocket.canvas import Canvas, Rect, TextStyle, centre, text_width
from handrail.model.pocket.pen import Pen
from handrail.model.pocket.theme import Names, draw_theme
from handrail.model.pocket.widgets import CONTENT, FORM


@dataclass(frozen=True)
class ScreenSpec:
    """What to draw: size in pixels, font files, text sizes in pixels, share of near-duplicates."""

    width: int
    height: int
    faces: tuple[str, ...]
    sizes: tuple[int, int] = (10, 16)
    near: float = 0.2


def screen(spec: ScreenSpec, rng: random.Random) -> Canvas:
    """Draw one screen: a web page (60 %) or a desktop window (40 %)."""
    theme = draw_theme(rng, spec.faces, spec.sizes)
    canvas = Canvas(spec.width, spec.height, theme.background)
    pen = Pen(canvas, theme, Names(rng, spec.near), rng, 0, 0, spec.width, spec.height)
    (_web_page if rng.random() < 0.6 else _desktop)(pen)
    return canvas


def text_page(spec: ScreenSpec, rng: random.Random) -> Canvas:
    """Draw a page packed with words in many fonts, sizes and colours, to learn reading from."""
    theme = draw_theme(rng, spec.faces, spec.sizes)
    canvas = Canvas(spec.width, spec.height, theme.background)
    names, y = Names(rng, 0.1), rng.uniform(0, 10)
    while True:
        look = draw_theme(rng, spec.faces, (spec.sizes[0], spec.sizes[1] + 3))
        row = look.size + rng.randint(2, 9)
        if y + row > spec.height:
            return canvas
        draw, ink = rng.random(), theme.ink
        if draw < 0.15:
            canvas.rect((0, y, spec.width, y + row), theme.accent)
            ink = theme.on_accent
        elif draw < 0.3:
            canvas.rect((0, y, spec.width, y + row), theme.panel)
        _text_row(canvas, names, rng, look.body(ink), y + row / 2)
        y += row


def _text_row(
    canvas: Canvas, names: Names, rng: random.Random, style: TextStyle, middle: float
) -> None:
    x = rng.uniform(1, 16)
    while True:
        name = names.take() if rng.random() < 0.6 else words.label(rng)
        if x + text_width(name, style) > canvas.width - 2:
            return
        text = canvas.text(x, middle, name, style)
        canvas.add("text", name, text, text)
        x = text[2] + rng.uniform(style.size * 0.5, style.size * 1.8)


def _web_page(pen: Pen) -> None:
    rng = pen.rng
    top = bar(pen, 0, pen.width, rng.choice(("nav", "nav", "tabs"))) if rng.random() < 0.75 else 0.0
    left = 0.0
    if rng.random() < 0.35:
        left = side_list(pen, top)
    foot = _footer(pen, left) if rng.random() < 0.3 else 0.0
    area = (
        left + pen.theme.pad,
        top + rng.randint(4, 30),
        pen.width - pen.theme.pad,
        pen.height - foot - 6,
    )
    draw = rng.random()
    if draw < 0.3:
        _card(pen, area)
    elif draw < 0.55:
        _columns(pen, area, rng.choice((2, 2, 3)))
    else:
        _columns(pen, area, 1)


def _columns(pen: Pen, area: Rect, count: int) -> None:
    wide = (area[2] - area[0]) / count
    for i in range(count):
        x, inside = area[0] + i * wide, wide - pen.theme.pad
        framed = pen.rng.random() < 0.4
        if framed:
            pen.canvas.rect(
                (x, area[1], x + inside, area[3]), pen.theme.panel, pen.theme.edge, pen.theme.radius
            )
        margin = pen.rng.randint(8, 22) if framed else 0
        kinds = pen.rng.choice((FORM, CONTENT))
        widgets.column(
            pen.at(
                x + margin, area[1] + margin, inside - 2 * margin, area[3] - area[1] - 2 * margin
            ),
            kinds,
        )


def _card(pen: Pen, area: Rect) -> None:
    rng, theme = pen.rng, pen.theme
    wide = min(area[2] - area[0], rng.uniform(300, 620))
    tall = min(area[3] - area[1], rng.uniform(300, 700))
    x = area[0] + (area[2] - area[0] - wide) * rng.choice((0.5, 0.5, rng.random()))
    y = area[1] + (area[3] - area[1] - tall) * rng.random()
    pen.canvas.rect((x, y, x + wide, y + tall), theme.panel, theme.edge, theme.radius)
    margin = rng.randint(14, 36)
    widgets.column(pen.at(x + margin, y + margin, wide - 2 * margin, tall - 2 * margin), FORM)
    if x - area[0] > 180:
        widgets.column(pen.at(area[0], area[1], x - area[0] - 20, area[3] - area[1]), CONTENT)
    if area[2] - x - wide > 180:
        widgets.column(
            pen.at(x + wide + 20, area[1], area[2] - x - wide - 20, area[3] - area[1]), CONTENT
        )


def bar(pen: Pen, y: float, width: float, kind: str) -> float:
    """Draw a navigation bar, a row of tabs or a menu bar; return its height."""
    rng, theme = pen.rng, pen.theme
    style = theme.body()
    tall = theme.size + (rng.randint(6, 14) if kind == "menu" else rng.randint(14, 40))
    strong = kind == "nav" and rng.random() < 0.4
    pen.canvas.rect(
        (pen.x, pen.y + y, pen.x + width, pen.y + y + tall), theme.accent if strong else theme.panel
    )
    pen.canvas.line([(pen.x, pen.y + y + tall), (pen.x + width, pen.y + y + tall)], theme.edge)
    ink, x = theme.on_accent if strong else theme.ink, pen.x + rng.randint(2, 24)
    if kind == "nav":
        brand = theme.heading(rng.choice((2, 4, 6)))
        x = pen.canvas.text(
            x,
            pen.y + y + tall / 2,
            words.label(rng, 14),
            TextStyle(brand.font, brand.size, ink),
        )[2]
        x += rng.uniform(20, 60)
        if rng.random() < 0.3:
            x = max(x, pen.x + width - rng.uniform(280, 520))
    space, chosen = rng.randint(6, 20), rng.randrange(6)
    for i in range(rng.randint(3, 8)):
        name = pen.names.take()
        wide = text_width(name, style) + 2 * space
        if x + wide > pen.x + width - 4:
            break
        box = (x, pen.y + y, x + wide, pen.y + y + tall)
        if kind == "tabs":
            pen.canvas.rect(
                box, theme.background if i == chosen else None, theme.edge, min(4, theme.radius)
            )
        text = pen.canvas.text(x + space, centre(box)[1], name, theme.body(ink))
        if kind != "menu" and i == chosen and rng.random() < 0.6:
            pen.canvas.line(
                [(box[0], box[3] - 2), (box[2], box[3] - 2)],
                theme.accent if not strong else ink,
                2.5,
            )
        pen.canvas.add({"nav": "link", "tabs": "tab", "menu": "menu"}[kind], name, box, text)
        x += wide + rng.choice((0, 0, 4))
    return tall


def side_list(pen: Pen, top: float) -> float:
    """Draw a side bar of entries; return the x where it ends."""
    rng, theme, style = pen.rng, pen.theme, pen.theme.body()
    wide, row, y = rng.uniform(130, 260), theme.size + rng.randint(6, 22), top + rng.uniform(4, 50)
    pen.canvas.rect((pen.x, pen.y + top, pen.x + wide, pen.y + pen.height), theme.panel, theme.edge)
    marks, chosen = rng.random() < 0.5, rng.randrange(9)
    for i in range(rng.randint(4, 14)):
        name, box = pen.names.take(), (pen.x, pen.y + y, pen.x + wide, pen.y + y + row)
        x = pen.x + theme.pad + (22 if marks else 0)
        if y + row > pen.height or x + text_width(name, style) > pen.x + wide - 4:
            continue
        if i == chosen:
            pen.canvas.rect(box, theme.accent, None, min(4, theme.radius))
        if marks:
            pen.canvas.glyph(
                rng, (x - 20, centre(box)[1] - 5, x - 10, centre(box)[1] + 5), theme.faint
            )
        text = pen.canvas.text(
            x, centre(box)[1], name, theme.body(theme.on_accent if i == chosen else None)
        )
        pen.canvas.add("link", name, box, text)
        y += row
    return wide


def _footer(pen: Pen, left: float) -> float:
    tall = pen.theme.size + pen.rng.randint(12, 30)
    y = pen.y + pen.height - tall
    pen.canvas.line([(pen.x + left, y), (pen.x + pen.width, y)], pen.theme.edge)
    contents.links(
        pen.at(pen.x + left + pen.theme.pad, y + 6, pen.width - left - 2 * pen.theme.pad, tall - 6)
    )
    return tall


def _desktop(pen: Pen) -> None:
    rng = pen.rng
    whole = rng.random() < 0.45
    if whole:
        frame = (0.0, 0.0, pen.width, pen.height)
    else:
        pen.canvas.rect(
            (0, 0, pen.width, pen.height),
            (rng.randint(20, 200), rng.randint(20, 200), rng.randint(20, 200)),
        )
        frame = (
            pen.width * rng.uniform(0, 0.2),
            pen.height * rng.uniform(0, 0.15),
            pen.width * rng.uniform(0.75, 1),
            pen.height * rng.uniform(0.75, 1),
        )
    _window(pen, frame, titled=not whole or rng.random() < 0.5)
    if rng.random() < 0.35:
        _dialog(pen)
    if rng.random() < 0.4:
        _menu(pen)


def _window(pen: Pen, frame: Rect, titled: bool) -> None:
    rng, theme = pen.rng, pen.theme
    pen.canvas.rect(frame, theme.background, theme.edge, min(theme.radius, 6))
    y, wide = frame[1], frame[2] - frame[0]
    if titled:
        tall, strong = theme.size + rng.randint(8, 18), rng.random() < 0.4
        pen.canvas.rect((frame[0], y, frame[2], y + tall), theme.accent if strong else theme.panel)
        ink, name = theme.on_accent if strong else theme.ink, words.label(rng)
        x = frame[0] + (10 if rng.random() < 0.5 else (wide - text_width(name, theme.body())) / 2)
        pen.canvas.text(x, y + tall / 2, name, theme.body(ink))
        pen.canvas.glyph(
            rng, (frame[2] - 18, y + tall / 2 - 5, frame[2] - 8, y + tall / 2 + 5), ink
        )
        y += tall
    inner = pen.at(frame[0], y, wide, frame[3] - y)
    if rng.random() < 0.7:
        y += bar(inner, 0, wide, "menu")
    if rng.random() < 0.35:
        y += bar(inner.at(frame[0], y, wide, frame[3] - y), 0, wide, "tabs")
    _columns(pen, (frame[0] + 8, y + 8, frame[2] - 8, frame[3] - 8), rng.choice((1, 1, 2, 3)))


def _dialog(pen: Pen) -> None:
    wide, tall = pen.rng.uniform(260, 520), pen.rng.uniform(160, 380)
    x, y = pen.rng.uniform(0, pen.width - wide), pen.rng.uniform(0, pen.height - tall)
    box = (x, y, x + wide, y + tall)
    pen.canvas.hide(box)
    pen.canvas.rect(box, pen.theme.background, pen.theme.edge, pen.theme.radius)
    used = widgets.column(pen.at(x + 14, y + 14, wide - 28, tall - 60), FORM)
    controls.buttons(pen.at(x + 14, y + 14 + min(used, tall - 60), wide - 28, 44))


def _menu(pen: Pen) -> None:
    """Draw an open menu over what is there: entries, separators, shortcuts at the right."""
    rng, theme = pen.rng, pen.theme
    row, count, wide = theme.size + rng.randint(6, 14), rng.randint(4, 12), rng.uniform(150, 290)
    tall = min(row * count + 8, pen.height - 4)
    x, y = rng.uniform(0, pen.width - wide), rng.uniform(0, pen.height - tall)
    pen.canvas.hide((x, y, x + wide, y + tall))
    pen.canvas.rect((x, y, x + wide, y + tall), theme.field, theme.edge, min(theme.radius, 6))
    at, indent, chosen = y + 4, rng.choice((8, 14, 28)), rng.randrange(count * 2)
    for i in range(count):
        name, box = pen.names.take(), (x + 1, at, x + wide - 1, at + row)
        if at + row > y + tall or text_width(name, theme.body()) + indent + 8 > wide:
            continue
        if i == chosen:
            pen.canvas.rect(box, theme.accent)
        ink = theme.on_accent if i == chosen else theme.ink
        text = pen.canvas.text(x + indent, centre(box)[1], name, theme.body(ink))
        keys = rng.choice(("", "", "Ctrl+", "Shift+Ctrl+", "Alt+")) + rng.choice(
            "ABCDEFGHNOPQRSVWXZ"
        )
        if len(keys) > 1 and text[2] + 20 + text_width(keys, theme.body()) < x + wide - 8:
            shade = theme.body(ink if i == chosen else theme.faint)
            pen.canvas.text(x + wide - 8 - text_width(keys, shade), centre(box)[1], keys, shade)
        pen.canvas.add("menu", name, box, text)
        at += row
        if rng.random() < 0.15:
            pen.canvas.line([(x + 4, at + 2), (x + wide - 4, at + 2)], theme.edge)
            at += 5
