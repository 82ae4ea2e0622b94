"""Draw buttons as makers draw them: filled, outlined, raised, bare, with icons, split, in groups.

Each part takes the brush and returns the height in pixels that it used, or 0 where it did not fit.
"""

from typing import Literal

from handrail.model.pocket.canvas import Colour, Element, Rect, centre, text_width
from handrail.model.pocket.pen import line_height
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD, Concept

Rank = Literal["main", "plain", "outline", "bare", "link", "danger"]
"""What a button is for, which decides how loud it looks."""

_RANKS: tuple[Rank, ...] = ("main", "plain", "plain", "plain", "outline", "bare", "link", "danger")
_ADDED = ("add", "download", "edit", "share", "print", "save", "send", "refresh", "filter", "home")
_GREY: Colour = (150, 150, 150)


def press(
    brush: Brush, name: str, box: Rect, rank: Rank, concept: Concept | None = None
) -> Element | None:
    """Draw a button with its name in the middle; None, with nothing written, where it is too wide.

    ``concept``: an icon that stands before the name.
    """
    disabled = brush.rng.random() < 0.05
    ink = _ground(brush, box, rank, disabled)
    shown = name.upper() if brush.habits.upper else name
    style = brush.theme.body(ink)
    side = brush.theme.size * 1.5 if concept is not None else 0.0
    wide = text_width(shown, style) + side
    if wide > box[2] - box[0]:
        return None
    x = (box[0] + box[2] - wide) / 2
    if concept is not None:
        brush.icon(concept, (x - 2, box[1], x + side - 2, box[3]), ink)
    text = brush.canvas.text(x + side, centre(box)[1], shown, style)
    if rank == "link":
        brush.canvas.line([(text[0], text[3]), (text[2], text[3])], ink)
    made = brush.canvas.add("button", name, box, text)
    made.states = ("disabled",) if disabled else ()
    return made


def width(brush: Brush, name: str, pad: float, pictured: bool = False) -> float:
    """Return how wide a button is with ``pad`` pixels at each side of its name."""
    shown = name.upper() if brush.habits.upper else name
    picture = brush.theme.size * 1.5 if pictured else 0.0
    return text_width(shown, brush.theme.body()) + 2 * pad + picture


def _ground(brush: Brush, box: Rect, rank: Rank, disabled: bool) -> Colour:
    """Draw what lies under a button's name; return the colour of the name."""
    theme, habits = brush.theme, brush.habits
    tall = box[3] - box[1]
    radius = theme.radius if habits.round < 0 else habits.round * tall
    radius = min(radius, tall / 2)
    if rank in ("bare", "link"):
        return theme.faint if disabled else theme.accent if brush.rng.random() < 0.7 else theme.ink
    if disabled:
        brush.canvas.rect(box, theme.panel, theme.edge, radius)
        return theme.faint
    fill = {"main": theme.accent, "danger": (196, 43, 54)}.get(rank, theme.panel)
    loud = rank in ("main", "danger")
    if rank == "outline" or (habits.button == "outlined" and not loud):
        edge = theme.accent if rank == "outline" else theme.edge
        brush.canvas.rect(box, None, edge, radius)
        return theme.accent if rank == "outline" else theme.ink
    if habits.button == "raised":
        brush.canvas.shadow(box, radius, brush.px(3))
    if habits.button == "blended":
        brush.canvas.blend(box, _mixed(fill, (255, 255, 255)), _mixed(fill, (0, 0, 0)), radius)
        brush.canvas.rect(box, None, _mixed(fill, _GREY), radius)
    else:
        brush.canvas.rect(box, fill, None if loud else theme.edge, radius)
    if rank == "danger":
        return (255, 255, 255)
    return theme.on_accent if loud else theme.ink


def _mixed(colour: Colour, other: Colour, share: float = 0.14) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def row(brush: Brush) -> float:
    """Draw one to five buttons beside one another, some with icons, the first perhaps the main."""
    rng = brush.rng
    tall = line_height(brush, rng.choice(((4, 8), (8, 20), (12, 28), (16, 36))))
    if tall > brush.height:
        return 0.0
    x, pad = brush.x, brush.px(rng.choice((6, 10, 14, 18, 24)))
    gap = brush.px(rng.choice((4, 8, 8, 12, 16)))
    pictured, end = rng.random() < 0.35, brush.x + brush.width
    if rng.random() < 0.2:
        x += rng.uniform(0, brush.width * 0.4)
    used = 0.0
    for number in range(rng.choice((1, 2, 2, 3, 3, 5))):
        name = brush.names.take()
        concept = BY_WORD[rng.choice(_ADDED)] if pictured and rng.random() < 0.8 else None
        wide = width(brush, name, pad, concept is not None)
        if x + wide > end:
            break
        rank: Rank = "main" if number == 0 and rng.random() < 0.5 else rng.choice(_RANKS)
        press(brush, name, (x, brush.y, x + wide, brush.y + tall), rank, concept)
        x, used = x + wide + gap, tall
    return used


def stack(brush: Brush) -> float:
    """Draw one to three buttons as wide as the column, one below the other."""
    rng, used = brush.rng, 0.0
    tall = line_height(brush, (12, 30))
    wide = min(brush.width, brush.px(rng.uniform(180, 420)))
    for number in range(rng.randint(1, 3)):
        name = brush.names.take()
        if used + tall > brush.height or width(brush, name, 8, pictured=True) > wide:
            break
        box = (brush.x, brush.y + used, brush.x + wide, brush.y + used + tall)
        concept = BY_WORD[rng.choice(_ADDED)] if rng.random() < 0.3 else None
        press(
            brush, name, box, "main" if number == 0 else rng.choice(("plain", "outline")), concept
        )
        used += tall + brush.px(8)
    return used


def group(brush: Brush) -> float:
    """Draw buttons that share their edges, one of them chosen."""
    rng, theme, number = brush.rng, brush.theme, brush.group()
    tall, x, chosen = line_height(brush, (8, 20)), brush.x, rng.randrange(4)
    if tall > brush.height:
        return 0.0
    pad = brush.px(rng.randint(8, 18))
    for place in range(rng.randint(2, 5)):
        name = brush.names.take()
        wide = width(brush, name, pad)
        if x + wide > brush.x + brush.width:
            break
        box, strong = (x, brush.y, x + wide, brush.y + tall), place == chosen
        brush.canvas.rect(box, theme.accent if strong else theme.field, theme.edge)
        made = brush.words("button", name, box, theme.on_accent if strong else None)
        if made is not None:
            made.group, made.states = number, ("selected",) if strong else ()
        x += wide - 1
    return tall


def split(brush: Brush) -> float:
    """Draw a button with an arrow beside it that opens more of its kind."""
    rng, name = brush.rng, brush.names.take()
    tall = line_height(brush, (8, 20))
    wide = width(brush, name, brush.px(12))
    if tall > brush.height or wide + tall > brush.width:
        return 0.0
    rank: Rank = rng.choice(("main", "plain", "outline"))
    made = press(brush, name, (brush.x, brush.y, brush.x + wide, brush.y + tall), rank)
    box = (brush.x + wide + 1, brush.y, brush.x + wide + tall, brush.y + tall)
    ink = _ground(brush, box, rank, disabled=made is not None and bool(made.states))
    inside = brush.icon(BY_WORD["expand"], box, ink)
    form = rng.choice(("more {}", "{} options", "{} menu", "open {} menu"))
    brush.canvas.add("icon", form.format(name), box, inside, centre(box))
    return tall


def tiny(brush: Brush) -> float:
    """Draw small icons as buttons side by side, as cards, players and editors have them."""
    rng, theme, x = brush.rng, brush.theme, brush.x
    side = theme.size + brush.px(rng.choice((3, 6, 10, 14)))
    if side > brush.height:
        return 0.0
    framed, round_by = rng.random() < 0.5, rng.choice((0.0, theme.radius, side / 2))
    strong = rng.randrange(8)
    for number, concept in enumerate(brush.icons.pick(rng, rng.randint(2, 8))):
        box = (x, brush.y, x + side, brush.y + side)
        if box[2] > brush.x + brush.width:
            break
        ink = theme.ink
        if number == strong:
            brush.canvas.rect(box, theme.accent, None, round_by)
            ink = theme.on_accent
        elif framed:
            brush.canvas.rect(box, theme.field, theme.edge, round_by)
        brush.icon_button(concept, box, ink)
        x += side + brush.px(rng.choice((0, 4, 8)))
    return side
