"""The parts of scenes: tool bars, trees, tables with actions, sliders, lists that drop down.

Each takes the brush and returns the height in pixels that it used, or 0 where it did not fit.
"""

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Colour, Rect, centre, text_width
from handrail.model.pocket.pen import line_height, prose
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD


def toolbar(brush: Brush) -> float:
    """Draw a row of icons, in groups, some with words beside them."""
    rng, theme = brush.rng, brush.theme
    side = theme.size + brush.px(rng.randint(8, 22))
    if side > brush.height:
        return 0.0
    if rng.random() < 0.6:
        box = (brush.x, brush.y, brush.x + brush.width, brush.y + side)
        brush.canvas.rect(box, theme.panel, theme.edge if rng.random() < 0.4 else None)
    x, worded = brush.x + brush.px(4), rng.random() < 0.25
    for concept in brush.icons.pick(rng, rng.randint(3, 14)):
        if x + side > brush.x + brush.width:
            break
        brush.icon_button(concept, (x, brush.y, x + side, brush.y + side))
        x += side
        if worded and x + theme.size * 9 < brush.x + brush.width:
            name = brush.names.take()
            text = brush.canvas.text(x, brush.y + side / 2, name, theme.body())
            brush.canvas.add("button", name, (x - side, brush.y, text[2], brush.y + side), text)
            x = text[2] + brush.px(8)
        if rng.random() < 0.2:
            brush.canvas.line([(x + 3, brush.y + 4), (x + 3, brush.y + side - 4)], theme.edge)
            x += brush.px(7)
    return side


def tree(brush: Brush) -> float:
    """Draw a tree: entries indented by depth, with arrows where they have children."""
    rng, theme = brush.rng, brush.theme
    row, used, depth = line_height(brush, (4, 12)), 0.0, 0
    chosen, pictured = rng.randrange(12), rng.random() < 0.6
    for number in range(rng.randint(4, 14)):
        if used + row > brush.height:
            break
        x = brush.x + depth * brush.px(16)
        box = (brush.x, brush.y + used, brush.x + brush.width, brush.y + used + row)
        ink = theme.ink
        if number == chosen:
            brush.canvas.rect(box, theme.accent)
            ink = theme.on_accent
        parent = rng.random() < 0.4
        name = brush.names.take()
        if parent:
            opened = rng.random() < 0.5
            mark = (x, box[1], x + brush.px(14), box[3])
            inside = brush.icon(BY_WORD["expand" if opened else "chevron right"], mark, ink)
            word = "collapse" if opened else "expand"
            brush.canvas.add("icon", f"{word} {name}", mark, inside, centre(mark))
        x += brush.px(16)
        if pictured:
            brush.icon(
                BY_WORD["folder" if parent else "document"], (x, box[1], x + row, box[3]), ink
            )
            x += row
        made = brush.words("item", name, (x, *box[1:]), ink, left=x + 2)
        if made is not None and number == chosen:
            made.states = ("selected",)
        depth = max(0, min(4, depth + (1 if parent else rng.choice((0, 0, -1)))))
        used += row
    return used


def _actions(brush: Brush, actions: list[str], row: str, box: Rect) -> None:
    rng, x, framed = brush.rng, box[0], brush.rng.random() < 0.5
    for action in actions:
        wide = text_width(action, brush.theme.body()) + brush.px(18)
        place = (x, box[1] + 2, x + wide, box[3] - 2)
        if framed:
            brush.canvas.rect(place, brush.theme.panel, brush.theme.edge, brush.theme.radius)
        ink = brush.theme.ink if framed else brush.theme.accent
        text = brush.canvas.text(
            x + (wide - text_width(action, brush.theme.body())) / 2,
            centre(place)[1],
            action,
            brush.theme.body(ink),
        )
        form = rng.choice(("{} in the row {}", "{} in the {} row", "{} of {}", "{} for {}"))
        brush.canvas.add("button", form.format(action, row), place, text)
        x += wide + brush.px(4)


def tabs(brush: Brush) -> float:
    """Draw a row of tabs, one of them selected: boxes, words over a line, or rounded pills."""
    rng, theme = brush.rng, brush.theme
    tall, x, group = line_height(brush, (10, 24)), brush.x, brush.group()
    if tall > brush.height:
        return 0.0
    chosen, look = rng.randrange(4), rng.choice(("box", "line", "line", "pill"))
    pad, crossed = brush.px(rng.randint(8, 18)), look == "box" and rng.random() < 0.3
    if look == "line":
        y = brush.y + tall
        brush.canvas.line([(x, y), (x + brush.width, y)], theme.edge)
    for number in range(rng.randint(2, 7)):
        name, strong = brush.names.take(), number == chosen
        wide = text_width(name, theme.body()) + 2 * pad + (tall if crossed else 0)
        if x + wide > brush.x + brush.width:
            break
        box = (x, brush.y, x + wide, brush.y + tall)
        ink = _tab(brush, box, look) if strong else theme.ink
        room = (box[0], box[1], box[2] - (tall if crossed else 0), box[3])
        made = brush.words("tab", name, room, ink)
        if made is not None:
            made.box, made.group, made.states = room, group, ("selected",) if strong else ()
        if crossed:
            cross = (room[2], box[1], box[2], box[3])
            inside = brush.icon(BY_WORD["close"], cross, theme.faint)
            said = rng.choice(("close {}", "close tab {}", "close the {} tab")).format(name)
            brush.canvas.add("icon", said, cross, inside, centre(cross))
        x += wide
    return tall


def _tab(brush: Brush, box: Rect, look: str) -> Colour:
    """Draw what tells the selected tab from the others; return the colour of its name."""
    theme = brush.theme
    if look == "pill":
        brush.canvas.rect(box, theme.accent, None, (box[3] - box[1]) / 2)
        return theme.on_accent
    if look == "box":
        brush.canvas.rect(box, theme.panel, theme.edge, min(6, theme.radius))
    brush.canvas.line([(box[0], box[3] - 1), (box[2], box[3] - 1)], theme.accent, brush.px(2.5))
    return theme.accent


def slider(brush: Brush) -> float:
    """Draw a labelled slider; its handle is what is asked for."""
    rng, theme = brush.rng, brush.theme
    row, name = line_height(brush, (6, 16)), brush.names.take()
    label = text_width(name, theme.body()) + brush.px(14)
    wide = min(brush.width - label, brush.px(rng.uniform(90, 320)))
    if wide < brush.px(60) or row > brush.height:
        return 0.0
    middle = brush.y + row / 2
    text = brush.canvas.text(brush.x, middle, name, theme.body())
    x, at = brush.x + label, brush.x + label + wide * rng.uniform(0.05, 0.95)
    brush.canvas.line([(x, middle), (x + wide, middle)], theme.edge, brush.px(4))
    brush.canvas.line([(x, middle), (at, middle)], theme.accent, brush.px(4))
    half = brush.px(rng.uniform(6, 10))
    knob = (at - half, middle - half, at + half, middle + half)
    brush.canvas.disc(knob, theme.accent)
    form = rng.choice(("{} slider", "the {} slider", "slider {}"))
    brush.canvas.add("slider", form.format(name), knob, text, centre(knob))
    return row


def toggles(brush: Brush) -> float:
    """Draw settings as phones do: words at the left, a switch far at the right."""
    rng, theme = brush.rng, brush.theme
    row, used = line_height(brush, (12, 28)), 0.0
    wide, tall = brush.px(34), brush.px(18)
    for _ in range(rng.randint(2, 5)):
        name = brush.names.take()
        if used + row > brush.height or text_width(name, theme.body()) + wide > brush.width - 12:
            break
        box = (brush.x, brush.y + used, brush.x + brush.width, brush.y + used + row)
        text = brush.canvas.text(brush.x, centre(box)[1], name, theme.body())
        on, middle = rng.random() < 0.5, centre(box)[1]
        track = (box[2] - wide, middle - tall / 2, box[2], middle + tall / 2)
        brush.canvas.rect(track, theme.accent if on else theme.faint, None, tall / 2)
        x = track[2] - tall if on else track[0]
        brush.canvas.disc((x + 2, track[1] + 2, x + tall - 2, track[3] - 2), theme.field)
        brush.canvas.add("switch", name, box, text, centre(track))
        brush.canvas.elements[-1].states = ("on",) if on else ("off",)
        brush.canvas.line([(box[0], box[3]), (box[2], box[3])], theme.edge)
        used += row
    return used


def cards(brush: Brush) -> float:
    """Draw a grid of cards: a picture, a title, a line of prose, a button each."""
    rng, theme = brush.rng, brush.theme
    count = max(1, int(brush.width // brush.px(rng.uniform(170, 300))))
    wide, tall = brush.width / count, brush.px(rng.uniform(150, 260))
    if tall > brush.height:
        return 0.0
    action, liked = words.label(rng, 12), rng.choice(("favorite", "cart", "bookmark", "more", ""))
    group = brush.group()
    for number in range(count):
        x = brush.x + number * wide
        box = (x, brush.y, x + wide - theme.gap, brush.y + tall)
        brush.canvas.rect(box, theme.panel, theme.edge, theme.radius)
        y = box[1] + tall * 0.35
        brush.canvas.rect((box[0] + 4, box[1] + 4, box[2] - 4, y), theme.faint, None, theme.radius)
        title = brush.names.take()
        row = theme.size * 1.7
        made = brush.words("text", title, (x + 8, y, box[2] - 4, y + row), left=x + 8)
        small = theme.body(theme.faint, -1)
        if said := prose(brush, wide - theme.gap - 20, small):
            brush.canvas.text(x + 8, y + row * 1.5, said, small)
        if made is None:
            continue
        made.group = group
        _actions(brush, [action], title, (x + 8, box[3] - row - 8, 0, box[3] - 6))
        if liked:
            spot = (box[2] - row - 4, box[3] - row - 6, box[2] - 4, box[3] - 6)
            inside = brush.icon(BY_WORD[liked], spot, theme.faint)
            word = rng.choice(BY_WORD[liked].words)
            said = rng.choice(("{} {}", "{} icon of {}", "{} for {}")).format(word, title)
            brush.canvas.add("icon", said, spot, inside, centre(spot))
    return tall


def pages_row(brush: Brush) -> float:
    """Draw pagination: previous, numbers, next."""
    rng, theme, x = brush.rng, brush.theme, brush.x
    side = line_height(brush, (8, 16))
    if side > brush.height:
        return 0.0
    first = rng.choice((1, 1, rng.randint(1, 90)))
    chosen = first + rng.randrange(5)
    shown = ["Previous", *(str(first + i) for i in range(rng.randint(3, 7))), "Next"]
    for name in shown:
        wide = max(side, text_width(name, theme.body()) + brush.px(16))
        if x + wide > brush.x + brush.width:
            break
        box, strong = (x, brush.y, x + wide, brush.y + side), name == str(chosen)
        brush.canvas.rect(box, theme.accent if strong else None, theme.edge, theme.radius)
        said = f"page {name}" if name.isdigit() and rng.random() < 0.6 else name
        style = theme.body(theme.on_accent if strong else None)
        left = x + (wide - text_width(name, style)) / 2
        text = brush.canvas.text(left, centre(box)[1], name, style)
        made = brush.canvas.add("link", said, box, text)
        made.states = ("selected",) if strong else ()
        x += wide + brush.px(rng.choice((0, 4)))
    return side
