"""What screens tell and are asked about: labels with values beside them, buttons greyed out.

Each takes the brush and returns the height in pixels that it used, or 0 where it did not fit.
"""

import random

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Colour, TextStyle, Value, text_width
from handrail.model.pocket.pen import line_height
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.theme import Theme


def facts(brush: Brush) -> float:
    """Draw names with values beside them: an order's sums, the details of a thing."""
    rng, theme = brush.rng, brush.theme
    row, used = line_height(brush, (3, 14)), 0.0
    wide = min(brush.width, brush.px(rng.uniform(150, 420)))
    column = wide * rng.uniform(0.35, 0.6) if rng.random() < 0.7 else 0.0
    right, colon, lined = rng.random() < 0.4, rng.random() < 0.4, rng.random() < 0.4
    faint = theme.body(theme.faint) if rng.random() < 0.4 else theme.body()
    for _ in range(rng.randint(2, 6)):
        name, value = brush.names.take(), _worth(rng)
        style = theme.heading(0) if rng.random() < 0.25 else theme.body()
        after = text_width(name, faint) + brush.px(10 if colon else 14)
        long = text_width(value, style)
        x = brush.x + (wide - long if right else max(column, after))
        if used + row > brush.height or brush.x + after > x or x + long > brush.x + wide:
            break
        _fact(
            brush, (name, name + ":" if colon else name, value), (used + row / 2, x), faint, style
        )
        used += row
        if lined:
            brush.canvas.line(
                [(brush.x, brush.y + used), (brush.x + wide, brush.y + used)], theme.edge
            )
    return used


def _fact(
    brush: Brush,
    said: tuple[str, str, str],
    at: tuple[float, float],
    plain: TextStyle,
    style: TextStyle,
) -> None:
    """Write a name, as it is shown, and its value; ``at``: the line's middle and the value's x."""
    (name, shown, value), middle = said, brush.y + at[0]
    text = brush.canvas.text(brush.x, middle, shown, plain)
    brush.canvas.add("text", name, text, text)
    box = brush.canvas.text(at[1], middle, value, style)
    brush.canvas.values.append(Value(name, "", box, (text,)))


def _worth(rng: random.Random) -> str:
    """Return what stands beside a name: a number, a sum, a date, a word or two."""
    draw = rng.random()
    if draw < 0.25:
        return str(rng.randint(0, 10 ** rng.randint(1, 6)))
    if draw < 0.45:
        sum_of = f"{rng.randint(0, 9999)}.{rng.randint(0, 99):02d}"
        return rng.choice(("${}", "${}", "{}", "{} EUR")).format(sum_of)
    if draw < 0.55:
        return f"{rng.randint(0, 100)}%"
    if draw < 0.65:
        return f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    return words.value(rng) or "-"


def stated_buttons(brush: Brush) -> float:
    """Draw a row of buttons, some of them greyed out."""
    rng, theme = brush.rng, brush.theme
    tall, x, used = line_height(brush, (8, 22)), brush.x, 0.0
    strong = rng.randrange(6)
    for number in range(rng.randint(2, 5)):
        name, disabled = brush.names.take(), rng.random() < 0.4
        wide = text_width(name, theme.body()) + 2 * brush.px(rng.randint(7, 24))
        if x + wide > brush.x + brush.width or tall > brush.height:
            break
        box = (x, brush.y, x + wide, brush.y + tall)
        primary = number == strong
        fill, ink = theme.accent if primary else theme.panel, theme.on_accent if primary else None
        if disabled:
            fill, ink = _greyed(theme, primary)
        brush.canvas.rect(box, fill, None if primary and not disabled else theme.edge, theme.radius)
        made = brush.words("button", name, box, ink)
        if made is not None and disabled:
            made.states = ("disabled",)
        x, used = box[2] + theme.gap, tall
    return used


def _greyed(theme: Theme, primary: bool) -> tuple[Colour, Colour]:
    """Return the fill and the ink of a disabled button: half way to the ground."""
    fill = _between(theme.accent if primary else theme.panel, theme.background, 0.6)
    ink = theme.on_accent if primary else theme.ink
    return fill, _between(ink, fill, 0.55)


def _between(colour: Colour, ground: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, ground, strict=True))
    return red, green, blue
