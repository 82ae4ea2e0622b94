"""Inputs with their states: focused, disabled and wrong fields, lists that drop down, date pickers.

Each takes the brush and returns the height in pixels that it used, or 0 where it did not fit.
"""

import calendar

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Colour, Rect, centre, text_width
from handrail.model.pocket.controls import entry_point
from handrail.model.pocket.pen import line_height
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.icons import BY_WORD

_RED: Colour = (200, 30, 40)


def stated_field(brush: Brush) -> float:
    """Draw a labelled input that is focused, disabled, wrong or plain, and says so by its look."""
    rng, theme = brush.rng, brush.theme
    name, state = brush.names.take(), rng.choice(("focused", "disabled", "invalid", "", ""))
    above, tall = theme.size * 1.5, line_height(brush, (10, 22))
    if above + tall > brush.height or text_width(name, theme.body()) > brush.width:
        return 0.0
    ink = theme.faint if state == "disabled" else theme.ink
    text = brush.canvas.text(brush.x, brush.y + above / 2, name, theme.body(ink))
    wide = min(brush.width, brush.px(rng.uniform(120, 420)))
    box = (brush.x, brush.y + above, brush.x + wide, brush.y + above + tall)
    edge = {"focused": theme.accent, "invalid": _RED}.get(state, theme.edge)
    brush.canvas.rect(box, theme.panel if state == "disabled" else theme.field, edge, theme.radius)
    if state == "focused":
        inner = (box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1)
        brush.canvas.rect(inner, None, theme.accent, theme.radius)
        x = box[0] + brush.px(7)
        brush.canvas.line([(x, box[1] + 5), (x, box[3] - 5)], theme.ink, 1.2)
    elif rng.random() < 0.5:
        value = words.value(rng)
        if text_width(value, theme.body()) + 20 < wide:
            brush.canvas.text(box[0] + brush.px(8), centre(box)[1], value, theme.body(ink))
    brush.canvas.add("field", name, box, text, entry_point(box))
    brush.canvas.elements[-1].states = (state,) if state else ()
    return above + tall


def search_field(brush: Brush) -> float:
    """Draw a field for searching: an icon, a hint, perhaps a button at its end."""
    rng, theme = brush.rng, brush.theme
    tall = line_height(brush, (10, 24))
    wide = min(brush.width, brush.px(rng.uniform(150, 420)))
    hint = rng.choice(("Search", "Search...", "Search here", "Find", f"Search {words.word(rng)}"))
    side = theme.size * 1.6
    if tall > brush.height or text_width(hint, theme.body()) + side * 2 > wide:
        return 0.0
    box = (brush.x, brush.y, brush.x + wide, brush.y + tall)
    radius = tall / 2 if rng.random() < 0.4 else theme.radius
    brush.canvas.rect(box, theme.field, theme.edge, radius)
    x = box[0] + brush.px(8)
    if rng.random() < 0.6:
        brush.icon(BY_WORD["search"], (x, box[1], x + side, box[3]), theme.faint)
        x += side
    text = brush.canvas.text(x, centre(box)[1], hint, theme.body(theme.faint))
    asked = rng.choice((hint, "search field", "the search box", "search"))
    brush.canvas.add("field", asked, (box[0], box[1], box[2] - tall, box[3]), text)
    if rng.random() < 0.5:
        brush.icon_button(BY_WORD["search"], (box[2] - tall, box[1], box[2], box[3]), theme.ink)
    return tall


def dropdown(brush: Brush) -> float:
    """Draw a labelled list that drops down, closed or open over what is below."""
    rng, theme = brush.rng, brush.theme
    name, row = brush.names.take(), line_height(brush, (8, 18))
    label = text_width(name, theme.body()) + brush.px(12)
    wide = min(brush.width - label, brush.px(rng.uniform(110, 280)))
    if row > brush.height or wide < theme.size * 5:
        return 0.0
    text = brush.canvas.text(brush.x, brush.y + row / 2, name, theme.body())
    box = (brush.x + label, brush.y, brush.x + label + wide, brush.y + row)
    brush.canvas.rect(box, theme.field, theme.edge, theme.radius)
    value = words.label(rng, 12)
    if text_width(value, theme.body()) + row + 8 < wide:
        brush.canvas.text(box[0] + brush.px(6), centre(box)[1], value, theme.body())
    brush.icon(BY_WORD["expand"], (box[2] - row, box[1], box[2], box[3]), theme.faint)
    brush.canvas.add("list", name, box, text, entry_point(box))
    if rng.random() > 0.35 or 5 * row > brush.height:
        return row
    return row + _opened(brush, (box[0], box[3], box[2], box[3]), row)


def _opened(brush: Brush, under: Rect, row: float) -> float:
    rng, theme, group = brush.rng, brush.theme, brush.group()
    count = int(min(rng.randint(3, 8), (brush.height - row) // row))
    panel = (under[0], under[1], under[2], under[1] + count * row)
    brush.canvas.rect(panel, theme.field, theme.edge)
    chosen = rng.randrange(count + 2)
    for number in range(count):
        box = (panel[0], panel[1] + number * row, panel[2], panel[1] + (number + 1) * row)
        if number == chosen:
            brush.canvas.rect(box, theme.accent)
        ink = theme.on_accent if number == chosen else None
        made = brush.words("option", brush.names.take(), box, ink, left=box[0] + brush.px(8))
        if made is not None:
            made.group, made.states = group, ("selected",) if number == chosen else ()
    return count * row


def date_picker(brush: Brush) -> float:
    """Draw a month of days with arrows to the months beside it."""
    rng, theme = brush.rng, brush.theme
    cell = theme.size + brush.px(rng.randint(6, 14))
    year, month = rng.randint(1990, 2040), rng.randint(1, 12)
    weeks = calendar.Calendar(rng.choice((0, 6))).monthdayscalendar(year, month)
    if 7 * cell > brush.width or (len(weeks) + 2) * cell > brush.height:
        return 0.0
    tall = (len(weeks) + 2) * cell
    panel = (brush.x, brush.y, brush.x + 7 * cell, brush.y + tall)
    brush.canvas.rect(panel, theme.field, theme.edge, theme.radius)
    head = (panel[0] + cell, panel[1], panel[2] - cell, panel[1] + cell)
    brush.words("text", f"{calendar.month_name[month]} {year}", head)
    for concept, x, said in (
        ("back", panel[0], "previous month"), ("forward", panel[2] - cell, "next month"),
    ):  # fmt: skip
        box = (x, panel[1], x + cell, panel[1] + cell)
        inside = brush.icon(BY_WORD[concept], box)
        brush.canvas.add("icon", said, box, inside, centre(box))
    _days(brush, weeks, cell, calendar.month_name[month])
    return tall


def _days(brush: Brush, weeks: list[list[int]], cell: float, month: str) -> None:
    rng, theme = brush.rng, brush.theme
    chosen = rng.randint(1, 28)
    for column, letter in enumerate("MTWTFSS"):
        x, y = brush.x + (column + 0.35) * cell, brush.y + 1.5 * cell
        brush.canvas.text(x, y, letter, theme.body(theme.faint, -1))
    for row, week in enumerate(weeks):
        for column, day in enumerate(week):
            x, y = brush.x + column * cell, brush.y + (row + 2) * cell
            box = (x, y, x + cell, y + cell)
            if not day:
                continue
            if day == chosen:
                brush.canvas.disc(box, theme.accent)
            ink = theme.on_accent if day == chosen else None
            made = brush.words("day", str(day), box, ink)
            if made is not None:
                made.name = rng.choice((f"{month} {day}", f"day {day}", f"{day} {month}"))
                made.states = ("selected",) if day == chosen else ()


def stated_choices(brush: Brush) -> float:
    """Draw check boxes or radio buttons whose state can be asked about, some disabled."""
    rng, theme = brush.rng, brush.theme
    kind, row = rng.choice(("check", "radio")), line_height(brush, (6, 16))
    side, used, group = brush.px(rng.choice((12, 13, 14, 16))), 0.0, brush.group()
    lone = rng.randrange(4) if kind == "radio" or rng.random() < 0.4 else -1
    for number in range(rng.randint(2, 5)):
        name = brush.names.take()
        x = brush.x + side + brush.px(7)
        if used + row > brush.height or x + text_width(name, theme.body()) > brush.x + brush.width:
            break
        middle = brush.y + used + row / 2
        on = number == lone if lone >= 0 else rng.random() < 0.5
        disabled = rng.random() < 0.1
        mark = (brush.x, middle - side / 2, brush.x + side, middle + side / 2)
        round_by = side / 2 if kind == "radio" else min(3.0, theme.radius)
        fill = theme.faint if on and disabled else theme.accent if on else theme.field
        brush.canvas.rect(mark, fill, None if on else theme.edge, round_by)
        if on:
            inner = (mark[0] + 3, mark[1] + 3, mark[2] - 3, mark[3] - 3)
            brush.icons.draw(brush.canvas, BY_WORD["done"], brush.style, inner, theme.on_accent)
        ink = theme.faint if disabled else theme.ink
        text = brush.canvas.text(x, middle, name, theme.body(ink))
        box = (brush.x, brush.y + used, text[2], brush.y + used + row)
        brush.canvas.add(kind, name, box, text)
        made = brush.canvas.elements[-1]
        state = ("selected" if kind == "radio" else "checked") if on else "unchecked"
        made.states, made.group = (state, *(("disabled",) if disabled else ())), group
        used += row
    return used
