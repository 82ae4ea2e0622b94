"""Draw menus: bars of them, open ones with icons, shortcuts and ticks, and those within others."""

from handrail.model.pocket.canvas import Rect, text_width
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD

_COMMON = ("File", "Edit", "View", "Insert", "Format", "Tools", "Window", "Help", "Go", "Bookmarks")
_KEYS = ("Ctrl+", "Ctrl+", "Shift+Ctrl+", "Alt+", "F")


def menu_bar(brush: Brush, opened: list[Rect]) -> float:
    """Draw a row of menus; note their boxes in ``opened``."""
    rng, theme, x = brush.rng, brush.theme, brush.x + brush.px(4)
    tall, group = theme.size + brush.px(rng.randint(6, 14)), brush.group()
    real = rng.sample(_COMMON, 8) if rng.random() < 0.4 else []
    for _ in range(rng.randint(3, 8)):
        name = real.pop() if real else brush.names.take()
        wide = text_width(name, theme.body()) + brush.px(16)
        box = (x, brush.y, x + wide, brush.y + tall)
        if box[2] > brush.x + brush.width:
            break
        if brush.names.claim(name) or not real:
            made = brush.words("menu", name, box)
            if made is not None:
                made.group = group
                opened.append(box)
            x += wide
    return tall


def menu(brush: Brush, x: float, y: float, depth: int = 0) -> None:
    """Draw an open menu at a point; one of its entries may have opened another beside it."""
    rng, theme = brush.rng, brush.theme
    row, count = theme.size + brush.px(rng.randint(6, 14)), rng.randint(3, 10)
    wide = brush.px(rng.uniform(160, 290))
    tall = count * row + brush.px(6)
    x, y = min(x, brush.x + brush.width - wide), min(y, brush.height - tall)
    if x < 0 or y < 0:
        return
    panel, radius = (x, y, x + wide, y + tall), min(theme.radius, 8)
    brush.canvas.cover(panel)
    if rng.random() < 0.5:
        brush.canvas.shadow(panel, radius, brush.px(4))
    brush.canvas.rect(panel, theme.field, theme.edge, radius)
    indent = brush.px(rng.choice((10, 10, 26)))
    chosen, inner = rng.randrange(count * 2), brush.at(x, y, wide, row)
    pictures = brush.icons.pick(rng, count) if rng.random() < 0.35 else []
    for number in range(count):
        box = (x, y + brush.px(3) + number * row, x + wide, y + brush.px(3) + (number + 1) * row)
        left, ink = x + indent, theme.ink
        if number == chosen:
            brush.canvas.rect((box[0] + 1, box[1], box[2] - 1, box[3]), theme.accent)
            ink = theme.on_accent
        if number < len(pictures):
            mark = (x + brush.px(4), box[1], x + brush.px(4) + row, box[3])
            brush.icon(pictures[number], mark, ink)
            left = x + row + brush.px(8)
        _entry(inner, box, left, number == chosen)
    if depth < 1 and chosen < count and rng.random() < 0.4:
        top = y + brush.px(3) + chosen * row
        mark = (x + wide - row, top, x + wide, top + row)
        brush.icon(BY_WORD["chevron right"], mark, theme.on_accent)
        menu(brush, x + wide - 2, top, depth + 1)


def _entry(brush: Brush, box: Rect, left: float, chosen: bool) -> None:
    """Draw one entry: ticked or not, with keys at its end or an arrow, perhaps not to be had."""
    rng, theme, draw = brush.rng, brush.theme, brush.rng.random()
    disabled = not chosen and rng.random() < 0.12
    ink = theme.on_accent if chosen else theme.faint if disabled else theme.ink
    made = brush.words("menu", brush.names.take(), box, ink, left=left)
    if made is None:
        return
    made.states = ("disabled",) if disabled else ()
    end, row = box[2], box[3] - box[1]
    if draw < 0.25:
        keys = rng.choice(_KEYS)
        keys += str(rng.randint(1, 12)) if keys == "F" else rng.choice("ABCDEFGHNOPQRSVWXZ")
        x = end - text_width(keys, theme.body()) - brush.px(10)
        if x > made.text_box[2] + 12:
            brush.canvas.text(x, box[1] + row / 2, keys, theme.body(ink))
    elif draw < 0.35:
        brush.icon(BY_WORD["chevron right"], (end - row, box[1], end, box[3]), ink)
    elif draw < 0.42:
        brush.icon(BY_WORD["done"], (end - row, box[1], end, box[3]), ink)
        made.states = ("checked", *made.states)
    if rng.random() < 0.12:
        brush.canvas.line([(box[0] + 4, box[3]), (box[2] - 4, box[3])], theme.edge)


def context_menu(brush: Brush) -> None:
    """Draw a menu where somebody clicked with the right button, or on three dots."""
    rng = brush.rng
    x = brush.x + rng.uniform(0, brush.width * 0.8)
    menu(brush, x, rng.uniform(0, brush.height * 0.7))
