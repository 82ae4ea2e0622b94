"""Draw desktops: a panel, windows over one another, menus, message boxes."""

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Rect, text_width
from handrail.model.pocket.pen import line_height
from handrail.model.pocket.scenes import menus, overlays, parts
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.mixed import column
from handrail.model.pocket.scenes.windows import title_bar


def desktop(brush: Brush) -> None:
    """Draw a whole desktop with one to three windows, the last of them in front."""
    rng, size = brush.rng, (brush.width, brush.height)
    colour = (rng.randint(10, 210), rng.randint(10, 210), rng.randint(10, 210))
    brush.canvas.rect((0, 0, *size), colour)
    bottom = size[1]
    if rng.random() < 0.6:
        bottom -= _panel(brush)
    if rng.random() < 0.4:
        _desktop_icons(brush, bottom)
    for _ in range(rng.choice((1, 1, 2, 3))):
        wide = size[0] * rng.uniform(0.45, 1.0)
        tall = bottom * rng.uniform(0.5, 1.0)
        x, y = rng.uniform(0, size[0] - wide), rng.uniform(0, bottom - tall)
        brush.canvas.cover((x, y, x + wide, y + tall))
        _window(brush, (x, y, x + wide, y + tall))
    if rng.random() < 0.35:
        overlays.message_box(brush)
    if rng.random() < 0.3:
        menus.context_menu(brush)


def _panel(brush: Brush) -> float:
    """Draw a task bar with windows' names and a clock; return its height."""
    rng, theme = brush.rng, brush.theme
    tall = theme.size + brush.px(rng.randint(12, 26))
    top = brush.height - tall
    brush.canvas.rect((0, top, brush.width, brush.height), theme.panel)
    x = brush.px(4)
    for concept in brush.icons.pick(rng, rng.randint(1, 5)):
        brush.icon_button(concept, (x, top, x + tall, brush.height))
        x += tall
    clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    end = brush.width - text_width(clock, theme.body()) - brush.px(10)
    brush.canvas.text(end, top + tall / 2, clock, theme.body())
    for _ in range(rng.randint(0, 4)):
        name = brush.names.take()
        wide = text_width(name, theme.body()) + brush.px(20)
        if x + wide > end:
            break
        box = (x, top + 3, x + wide, brush.height - 3)
        brush.canvas.rect(box, theme.field, theme.edge, theme.radius)
        brush.words("button", name, box)
        x += wide + brush.px(4)
    return tall


def _desktop_icons(brush: Brush, bottom: float) -> None:
    rng, white = brush.rng, brush.theme.body((255, 255, 255))
    cell, y = brush.px(84), brush.px(12)
    for concept in brush.icons.pick(rng, rng.randint(2, 7)):
        name = brush.names.take()
        wide = text_width(name, white)
        if y + cell > bottom or wide > cell + 20:
            break
        side = brush.px(34)
        x = brush.px(14) + (cell - side) / 2
        brush.icons.draw(
            brush.canvas, concept, brush.style, (x, y, x + side, y + side), (240, 240, 240)
        )
        text = brush.canvas.text(brush.px(14) + (cell - wide) / 2, y + side * 1.45, name, white)
        box = (min(x - 8, text[0]), y, max(x + side + 8, text[2]), text[3])
        brush.canvas.add("item", name, box, text)
        y += cell


def _window(brush: Brush, frame: Rect) -> None:
    rng, theme = brush.rng, brush.theme
    brush.canvas.rect(frame, theme.background, theme.edge, min(theme.radius, 8))
    y = frame[1] + title_bar(brush, frame)[0]
    inner = brush.at(frame[0], y, frame[2] - frame[0], frame[3] - y)
    opened: list[Rect] = []
    if rng.random() < 0.7:
        y += menus.menu_bar(inner, opened)
    for part, share in ((parts.toolbar, 0.65), (parts.tabs, 0.35)):
        if rng.random() < share:
            y += part(inner.at(frame[0], y, inner.width, frame[3] - y))
    bottom, left = frame[3] - brush.px(8), frame[0] + brush.px(8)
    if rng.random() < 0.5:
        row = line_height(brush, (2, 8))
        bottom -= row
        brush.canvas.line([(frame[0], bottom), (frame[2], bottom)], theme.edge)
        brush.canvas.text(left, bottom + row / 2, words.label(rng), theme.body(theme.faint))
    if rng.random() < 0.4:
        wide = inner.width * rng.uniform(0.2, 0.35)
        parts.tree(brush.at(left, y + 6, wide, bottom - y - 8))
        left += wide + brush.px(10)
    _pane(brush.at(left, y + 8, frame[2] - left - brush.px(8), bottom - y - 10))
    if opened and rng.random() < 0.35:
        menus.menu(brush, opened[rng.randrange(len(opened))][0], opened[0][3])


def _pane(brush: Brush) -> None:
    """Fill what is left of a window, perhaps as something that scrolls and is scrolled."""
    rng = brush.rng
    box = (brush.x, brush.y, brush.x + brush.width, brush.y + brush.height)
    if rng.random() < 0.55 or brush.height < brush.px(120):
        column(brush)
        return
    wide = brush.px(rng.choice((8, 12, 16)))
    up = brush.px(rng.choice((0.0, 0.0, rng.uniform(10, 200))))
    with brush.canvas.within((box[0], box[1], box[2] - wide, box[3])):
        column(brush.at(box[0], box[1] - up, brush.width - 2 * wide, brush.height + up + 120))
    brush.scroll_bar((box[2] - wide, box[1], box[2], box[3]))
