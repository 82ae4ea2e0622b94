"""Draw lists that work: rows that end in icons, rows that can be checked, files, marks under icons.

Each part takes the brush and returns the height in pixels that it used, or 0 where it did not fit.
"""

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Rect, centre, text_width
from handrail.model.pocket.pen import line_height, prose
from handrail.model.pocket.scenes import inputs
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD, Concept

_ROW_ICONS = (
    "delete", "edit", "download", "more", "star", "share", "copy", "bookmark", "add", "close",
    "show password", "archive", "reply", "pin", "kebab menu", "favorite", "flag", "play",
)  # fmt: skip
_ROW_WORDS = ("Delete", "Edit", "Remove", "View", "Open", "Details", "Download", "Reply", "Select")
_FORMS = ("{} {}", "{} icon of {}", "{} icon in the {} row", "{} button of {}", "{} for {}")


def rows(brush: Brush) -> float:
    """Draw a list in a frame, one of its rows perhaps selected, perhaps with icons before them."""
    rng, theme = brush.rng, brush.theme
    row, wide = line_height(brush, (5, 20)), min(brush.width, brush.px(rng.uniform(130, 460)))
    count = int(min(rng.randint(2, 8), brush.height // row))
    if count < 2:
        return 0.0
    frame = (brush.x, brush.y, brush.x + wide, brush.y + count * row)
    brush.canvas.rect(frame, theme.field, theme.edge, min(theme.radius, 6))
    chosen, pictures = rng.randrange(count * 2), list[Concept]()
    if rng.random() < 0.4:
        pictures = brush.icons.pick(rng, count)
    number = brush.group()
    for place in range(count):
        box = (frame[0], brush.y + place * row, frame[2], brush.y + (place + 1) * row)
        ink, x = theme.ink, box[0] + brush.px(8)
        if place == chosen:
            brush.canvas.rect(box, theme.accent)
            ink = theme.on_accent
        if place < len(pictures):
            brush.icon(pictures[place], (x, box[1], x + row, box[3]), ink)
            x += row + brush.px(4)
        made = brush.words("item", brush.names.take(), box, ink, left=x)
        if made is not None:
            made.group, made.states = number, ("selected",) if place == chosen else ()
    return count * row


def icon_rows(brush: Brush) -> float:
    """Draw rows with a name and one to three icons at the end, each asked for with its row."""
    rng, theme = brush.rng, brush.theme
    row, number = line_height(brush, (8, 24)), brush.group()
    icons = [BY_WORD[word] for word in rng.sample(_ROW_ICONS, rng.randint(1, 3))]
    groups = [brush.group() + 1 + place for place in range(len(icons))]
    count = int(min(rng.randint(3, 8), brush.height // row))
    if count < 2 or brush.width < row * len(icons) + theme.size * 8:
        return 0.0
    ruled = rng.random() < 0.6
    for place in range(count):
        box = (brush.x, brush.y + place * row, brush.x + brush.width, brush.y + (place + 1) * row)
        if ruled:
            brush.canvas.line([(box[0], box[3]), (box[2], box[3])], theme.edge)
        end = box[2] - row * len(icons)
        name = brush.names.take()
        made = brush.words("item", name, (*box[:2], end, box[3]), left=box[0] + brush.px(4))
        if made is None:
            continue
        made.group = number
        for concept, group in zip(icons, groups, strict=True):
            cell = (end, box[1], end + row, box[3])
            _row_icon(brush, concept, name, cell, group)
            end += row
    return count * row


def _row_icon(brush: Brush, concept: Concept, row: str, cell: Rect, group: int) -> None:
    inside = brush.icon(concept, cell, brush.theme.faint)
    word = brush.rng.choice(concept.words)
    said = brush.rng.choice(_FORMS).format(word, row)
    made = brush.canvas.add("icon", said, cell, inside, centre(cell))
    made.group, made.shown = group, word


def checked_rows(brush: Brush) -> float:
    """Draw a table whose rows begin with a check box and end with words that act on the row."""
    rng, theme = brush.rng, brush.theme
    row, used = line_height(brush, (8, 22)), 0.0
    actions = rng.sample(_ROW_WORDS, rng.choice((1, 1, 2)))
    groups = [brush.group() + place for place in range(len(actions))]
    wide = sum(text_width(a, theme.body()) + brush.px(16) for a in actions)
    if brush.height < 3 * row or brush.width < wide + theme.size * 14:
        return 0.0
    checks, framed = rng.random() < 0.6, rng.random() < 0.5
    for _ in range(int(min(rng.randint(2, 7), brush.height // row))):
        top, name = brush.y + used, brush.names.take()
        end = brush.x + brush.width - wide
        brush.canvas.line([(brush.x, top + row), (brush.x + brush.width, top + row)], theme.edge)
        if text_width(name, theme.body()) + theme.size * 2.5 > brush.width - wide:
            break
        if checks:
            inputs.choice(brush.at(brush.x, top, end, row), name, "check", rng.random() < 0.3)
        else:
            brush.words("item", name, (brush.x, top, end, top + row), left=brush.x + 4)
        _row_words(brush, list(zip(actions, groups, strict=True)), name, (end, top, 0, top + row),
                   framed)  # fmt: skip
        used += row
    return used


def _row_words(
    brush: Brush, actions: list[tuple[str, int]], row: str, start: Rect, framed: bool
) -> None:
    x, theme = start[0], brush.theme
    for action, group in actions:
        wide = text_width(action, theme.body()) + brush.px(14)
        box = (x, start[1] + 2, x + wide, start[3] - 2)
        if framed:
            brush.canvas.rect(box, theme.panel, theme.edge, theme.radius)
        made = brush.words("button", action, box, theme.ink if framed else theme.accent)
        if made is not None:
            form = brush.rng.choice(("{} in the row {}", "{} in the {} row", "{} of {}", "{} {}"))
            made.name, made.shown, made.group = form.format(action, row), action, group
        x += wide + brush.px(2)


def tiles(brush: Brush) -> float:
    """Draw icons with words under them, in a row: places, files or tools of a ribbon."""
    rng, theme, x = brush.rng, brush.theme, brush.x
    side, framed = brush.px(rng.uniform(20, 44)), rng.random() < 0.3
    tall = side + theme.size * 1.9
    cell = max(side * 1.6, theme.size * 6)
    if tall > brush.height:
        return 0.0
    number = brush.group()
    for concept in brush.icons.pick(rng, rng.randint(3, 8)):
        box = (x, brush.y, x + cell, brush.y + tall)
        if box[2] > brush.x + brush.width:
            break
        name = words.label(rng, 10) if rng.random() < 0.5 else concept.words[0].capitalize()
        if not brush.names.claim(name):
            continue
        if framed:
            brush.canvas.rect(box, theme.panel, theme.edge, theme.radius)
        middle = x + cell / 2
        picture = (middle - side / 2, brush.y + 2, middle + side / 2, brush.y + side + 2)
        brush.icons.draw(brush.canvas, concept, brush.style, picture, theme.ink)
        made = brush.words("button", name, (x, brush.y + side, x + cell, brush.y + tall))
        if made is not None:
            made.box, made.group = box, number
        x += cell + brush.px(4)
    return tall


def messages(brush: Brush) -> float:
    """Draw letters or chats: who wrote, what about, when; a star or a box to check before each."""
    rng, theme, used = brush.rng, brush.theme, 0.0
    row, number = theme.size * 2 + brush.px(rng.randint(10, 24)), brush.group()
    mark = rng.choice(("star", "flag", ""))
    small = theme.body(theme.faint, -1)
    for _ in range(rng.randint(3, 9)):
        top, name = brush.y + used, brush.names.take()
        wide = text_width(name, theme.body())
        x = brush.x + (row if mark else brush.px(6))
        if used + row > brush.height or x + wide + theme.size * 5 > brush.x + brush.width:
            break
        box = (x, top, brush.x + brush.width, top + row)
        if mark:
            cell = (brush.x, top, brush.x + row, top + row)
            said = rng.choice(("{} {}", "{} the message {}")).format(mark, name)
            made = brush.canvas.add("icon", said, cell, cell, centre(cell))
            made.text_box = brush.icon(BY_WORD[mark], cell, theme.faint)
        text = brush.canvas.text(x, top + row * 0.3, name, theme.heading(0))
        item = brush.canvas.add("item", name, box, text)
        item.group = number
        if said := prose(brush, (box[2] - x) * 0.8, small):
            brush.canvas.text(x, top + row * 0.72, said, small)
        clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
        end = box[2] - text_width(clock, small) - brush.px(6)
        if end > text[2]:
            brush.canvas.text(end, top + row * 0.3, clock, small)
        brush.canvas.line([(brush.x, box[3]), (box[2], box[3])], theme.edge)
        used += row
    return used
