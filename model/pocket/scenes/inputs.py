"""Draw what one chooses with: lists that drop down, date pickers, check boxes, radio buttons.

Each takes the brush and returns the height in pixels that it used, or 0 where it did not fit.
"""

import calendar

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Element, Rect, centre, text_width
from handrail.model.pocket.controls import entry_point
from handrail.model.pocket.pen import line_height
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD


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
    """Draw check boxes or radio buttons whose state can be asked about, some disabled.

    They stand below one another, or beside one another as far as there is room.
    """
    rng, theme = brush.rng, brush.theme
    kind, row = rng.choice(("check", "radio")), line_height(brush, (6, 16))
    used, x, group = 0.0, brush.x, brush.group()
    flat, before = rng.random() < 0.25, rng.random() < 0.85
    lone = rng.randrange(4) if kind == "radio" or rng.random() < 0.4 else -1
    for number in range(rng.randint(2, 5)):
        name = brush.names.take()
        end = x + theme.size * 2 + text_width(name, theme.body())
        if used + row > brush.height or end > brush.x + brush.width:
            break
        on = number == lone if lone >= 0 else rng.random() < 0.5
        here = brush.at(x, brush.y + used, end - x, row)
        made = choice(here, name, kind, on, before)
        made.group = group
        if flat:
            x = made.box[2] + theme.size * 1.5
        else:
            used += row
    return row if flat and x > brush.x else used


def choice(brush: Brush, name: str, kind: str, on: bool, before: bool = True) -> Element:
    """Draw a check box or radio button as high as the brush, its mark before or behind its name."""
    rng, theme = brush.rng, brush.theme
    side = min(brush.px(rng.choice((12, 13, 14, 16, 18))), theme.size * 1.4)
    disabled, middle = rng.random() < 0.1, brush.y + brush.height / 2
    wide = text_width(name, theme.body())
    x = brush.x if before else brush.x + wide + brush.px(7)
    mark = (x, middle - side / 2, x + side, middle + side / 2)
    ink = theme.faint if disabled else theme.ink
    _mark(brush, mark, (kind, on, disabled))
    start = mark[2] + brush.px(7) if before else brush.x
    text = brush.canvas.text(start, middle, name, theme.body(ink))
    ends = (brush.x, brush.y, max(text[2], mark[2]), brush.y + brush.height)
    made = brush.canvas.add(kind, name, ends, text)
    state = ("selected" if kind == "radio" else "checked") if on else "unchecked"
    made.states = (state, "disabled") if disabled else (state,)
    return made


def _mark(brush: Brush, mark: Rect, look: tuple[str, bool, bool]) -> None:
    """Draw the square or circle of a choice: filled with a tick, or with a dot, where it is on."""
    theme, (kind, on, disabled) = brush.theme, look
    half = (mark[2] - mark[0]) / 2
    strong = theme.faint if disabled else theme.accent
    if kind == "radio":
        dotted = on and brush.habits.field in ("outlined", "soft")
        brush.canvas.rect(mark, strong if on and not dotted else theme.field, theme.edge, half)
        inset = half * 0.5
        ink = strong if dotted else theme.on_accent
    else:
        fill = strong if on else theme.panel if disabled else theme.field
        brush.canvas.rect(mark, fill, None if on else theme.edge, min(3.0, theme.radius))
        inset, ink = half * 0.3, theme.on_accent
    inner = (mark[0] + inset, mark[1] + inset, mark[2] - inset, mark[3] - inset)
    if on and kind == "radio":
        brush.canvas.disc(inner, ink)
    elif on:
        brush.icons.draw(brush.canvas, BY_WORD["done"], brush.style, inner, ink)
