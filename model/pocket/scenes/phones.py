"""Draw telephones' applications: a status bar, a title, a list or settings, a bar of places."""

from handrail.model.pocket import words
from handrail.model.pocket.pen import prose
from handrail.model.pocket.scenes import fields, menus, overlays, parts
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD
from handrail.model.pocket.scenes.mixed import column


def phone(brush: Brush) -> None:
    """Draw an application as high as the screen, in the middle of a wide one."""
    rng, theme = brush.rng, brush.theme
    wide = min(brush.width, brush.height * rng.uniform(0.46, 0.62))
    left = (brush.width - wide) * rng.random()
    brush.canvas.rect((0, 0, brush.width, brush.height), theme.faint)
    brush.canvas.rect((left, 0, left + wide, brush.height), theme.background)
    app = brush.at(left, 0, wide, brush.height)
    top = _status(app) + _title(app)
    bottom = _places(app) if rng.random() < 0.6 else 0.0
    inner = app.at(left + theme.pad, top + 6, wide - 2 * theme.pad, brush.height - top - bottom - 8)
    draw = rng.random()
    if draw < 0.45:
        _entries(inner)
    elif draw < 0.7:
        used = fields.search(inner)
        parts.toggles(inner.at(inner.x, inner.y + used + 8, inner.width, inner.height - used - 8))
    else:
        column(inner)
    if rng.random() < 0.35:
        _floating(app, bottom)
    draw = rng.random()
    if draw < 0.14:
        overlays.sheet(app)
    elif draw < 0.28:
        overlays.over_page(app)
    elif draw < 0.36:
        menus.context_menu(app)


def _status(app: Brush) -> float:
    tall = app.theme.size * 1.6
    clock = f"{app.rng.randint(0, 23)}:{app.rng.randint(0, 59):02d}"
    app.canvas.text(app.x + app.px(10), tall / 2, clock, app.theme.body(delta=-1))
    return tall


def _title(app: Brush) -> float:
    rng, theme = app.rng, app.theme
    tall, y = theme.size + app.px(rng.randint(24, 40)), theme.size * 1.6
    strong = rng.random() < 0.4
    bar = (app.x, y, app.x + app.width, y + tall)
    app.canvas.rect(bar, theme.accent if strong else theme.background)
    ink, x, end = theme.on_accent if strong else theme.ink, app.x, bar[2]
    if rng.random() < 0.7:
        app.icon_button(BY_WORD[rng.choice(("back", "menu"))], (x, y, x + tall, y + tall), ink)
        x += tall
    for concept in app.icons.pick(rng, rng.randint(0, 3)):
        app.icon_button(concept, (end - tall, y, end, y + tall), ink)
        end -= tall
    app.words("text", app.names.take(), (x, y, end, y + tall), ink, left=x + app.px(10))
    return tall


def _places(app: Brush) -> float:
    """Draw the bar at the bottom: an icon over a word for each place."""
    rng, theme = app.rng, app.theme
    tall, count = theme.size * 2 + app.px(rng.randint(18, 30)), rng.randint(3, 5)
    top, wide, chosen = app.height - tall, app.width / count, rng.randrange(count)
    app.canvas.rect((app.x, top, app.x + app.width, app.height), theme.panel, theme.edge)
    group = app.group()
    for number, concept in enumerate(app.icons.pick(rng, count)):
        x = app.x + number * wide
        ink = theme.accent if number == chosen else theme.faint
        middle = top + tall * 0.38
        app.icon(concept, (x, top, x + wide, middle + theme.size * 0.6), ink)
        name = words.label(rng, 9)
        box = (x, middle + theme.size * 0.5, x + wide, app.height)
        if (made := app.words("tab", name, box, ink)) is not None:
            made.box, made.group = (x, top, x + wide, app.height), group
            made.states = ("selected",) if number == chosen else ()
    return tall


def _entries(app: Brush) -> None:
    """Draw a list of two-line entries, each with a picture and perhaps an arrow."""
    rng, theme = app.rng, app.theme
    row, y = theme.size * 2 + app.px(rng.randint(16, 32)), app.y
    pictures, arrows, group = rng.random() < 0.7, rng.random() < 0.4, app.group()
    while y + row < app.y + app.height:
        box = (app.x, y, app.x + app.width, y + row)
        x = app.x + app.px(6)
        if pictures:
            side = row * 0.6
            app.canvas.disc((x, y + row * 0.2, x + side, y + row * 0.8), theme.accent)
            x += side + app.px(12)
        line = (x, y, box[2] - app.px(30), y + row * 0.55)
        made = app.words("item", app.names.take(), line, left=x)
        small = theme.body(theme.faint, -2)
        if said := prose(app, (box[2] - x) * 0.8, small):
            app.canvas.text(x, y + row * 0.7, said, small)
        if made is not None:
            made.box, made.group = box, group
        if arrows:
            app.icon(BY_WORD["chevron right"], (box[2] - row, y, box[2], y + row), theme.faint)
        app.canvas.line([(x, box[3]), (box[2], box[3])], theme.edge)
        y += row


def _floating(app: Brush, bottom: float) -> None:
    """Draw the round button over the list's end."""
    side = app.theme.size * 3.2
    x, y = app.x + app.width - side - app.px(14), app.height - bottom - side - app.px(14)
    box = (x, y, x + side, y + side)
    app.canvas.cover(box)
    app.canvas.disc(box, app.theme.accent)
    app.icon_button(BY_WORD[app.rng.choice(("add", "edit", "send"))], box, app.theme.on_accent)
