"""Draw what web pages are made of: heroes, running text with links, crumbs, sign-in cards, footers.

Each part takes the brush and returns the height in pixels that it used, or 0 where it did not fit.
"""

from dataclasses import replace

from handrail.model.pocket.canvas import Rect, TextStyle, centre, text_width
from handrail.model.pocket.pen import line_height, prose
from handrail.model.pocket.scenes import buttons, fields, inputs
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD
from handrail.model.pocket.scenes.habits import LabelPlace

_SOCIAL = ("Google", "Apple", "GitHub", "Facebook", "Microsoft", "email")
_PAIRS = (
    ("Sign in", "Sign up"), ("Log in", "Sign up"), ("Log in", "Register"), ("Sign in", "Join now"),
    ("Login", "Create account"), ("Log in", "Start free trial"), ("Sign in", "Subscribe"),
)  # fmt: skip
"""What stands side by side at a header's end, and means two things."""
_FORGOT = ("Forgot password?", "Forgot your password?", "Reset password", "Need help?")
_REMEMBER = ("Remember me", "Keep me signed in", "Stay logged in", "Trust this device")


def hero(brush: Brush) -> float:
    """Draw a large heading, lines of text below it, one or two buttons."""
    rng, theme = brush.rng, brush.theme
    size = brush.px(rng.randint(20, 34))
    style = TextStyle(theme.heading_font, size, theme.ink)
    name, used = brush.names.take(), size * 1.6
    if text_width(name, style) > brush.width or used * 3 > brush.height:
        return 0.0
    middle = rng.random() < 0.4
    x = brush.x + ((brush.width - text_width(name, style)) / 2 if middle else 0)
    text = brush.canvas.text(x, brush.y + used / 2, name, style)
    brush.canvas.add("text", name, text, text)
    used += running(brush.at(brush.x, brush.y + used, brush.width, brush.height - used), 2)
    here = brush.at(brush.x, brush.y + used, brush.width, brush.height - used)
    return used + buttons.row(here)


def text(brush: Brush) -> float:
    """Draw two to six lines of running text with links in the middle of them."""
    return running(brush, brush.rng.randint(2, 6))


def running(brush: Brush, lines: int) -> float:
    """Draw lines of running text that fill the width, some with a link between the words."""
    rng, theme, used = brush.rng, brush.theme, 0.0
    style = theme.body(theme.faint if rng.random() < 0.3 else None, rng.choice((0, 0, 1, 2)))
    row, underlined = style.size * rng.uniform(1.35, 1.8), rng.random() < 0.6
    for _ in range(lines):
        if used + row > brush.height:
            break
        x, end, middle = brush.x, brush.x + brush.width, brush.y + used + row / 2
        said = prose(brush, brush.width * rng.uniform(0.3, 1.0), style)
        x = brush.canvas.text(x, middle, said, style)[2] + style.size * 0.3
        if rng.random() < 0.4:
            name, link = brush.names.take(), replace(style, colour=theme.accent)
            if x + text_width(name, link) < end:
                box = brush.canvas.text(x, middle, name, link)
                if underlined:
                    brush.canvas.line([(box[0], box[3]), (box[2], box[3])], theme.accent)
                brush.canvas.add("link", name, box, box)
                x = box[2] + style.size * 0.3
                brush.canvas.text(x, middle, prose(brush, end - x, style).lower(), style)
        used += row
    return used


def crumbs(brush: Brush) -> float:
    """Draw where a page stands: links with arrows or strokes between them."""
    rng, theme, x = brush.rng, brush.theme, brush.x
    row, mark = line_height(brush, (4, 12)), rng.choice(("/", ">", "|", "-"))
    if row > brush.height:
        return 0.0
    number = brush.group()
    for _ in range(rng.randint(2, 5)):
        name = brush.names.take()
        wide = text_width(name, theme.body())
        if x + wide + theme.size * 2 > brush.x + brush.width:
            break
        made = brush.words("link", name, (x, brush.y, x + wide + 1, brush.y + row), theme.accent)
        if made is not None:
            made.group = number
        x += wide + theme.size * 0.6
        x = brush.canvas.text(x, brush.y + row / 2, mark, theme.body(theme.faint))[2]
        x += theme.size * 0.6
    here = prose(brush, min(brush.px(120), brush.x + brush.width - x), theme.body(theme.faint))
    brush.canvas.text(x, brush.y + row / 2, here, theme.body(theme.faint))
    return row


def accordion(brush: Brush) -> float:
    """Draw questions that open, with an arrow or a plus at their end, one of them perhaps open."""
    rng, theme, used = brush.rng, brush.theme, 0.0
    row, mark = line_height(brush, (12, 28)), rng.choice(("expand", "add", "chevron right"))
    opened, number = rng.randrange(5), brush.group()
    for place in range(rng.randint(2, 5)):
        box = (brush.x, brush.y + used, brush.x + brush.width, brush.y + used + row)
        if used + row > brush.height:
            break
        made = brush.words("button", brush.names.take(), box, left=brush.x + brush.px(8))
        if made is not None:
            made.group, made.states = number, ("expanded",) if place == opened else ("collapsed",)
        shown = {"expand": "collapse", "add": "minus"}.get(mark, "expand")
        icon = BY_WORD[shown if place == opened else mark]
        brush.icon(icon, (box[2] - row, box[1], box[2], box[3]), theme.faint)
        used += row
        if place == opened:
            inner = brush.at(brush.x + brush.px(8), brush.y + used, brush.width * 0.9, row * 2)
            used += running(inner, 2) if used + row * 2 < brush.height else 0.0
        y = brush.y + used
        brush.canvas.line([(brush.x, y), (brush.x + brush.width, y)], theme.edge)
    return used


def chips(brush: Brush) -> float:
    """Draw small rounded words, each with a cross that removes it, or one of them chosen."""
    rng, theme, x = brush.rng, brush.theme, brush.x
    tall, crossed, chosen = line_height(brush, (4, 12)), rng.random() < 0.5, rng.randrange(6)
    if tall > brush.height:
        return 0.0
    for place in range(rng.randint(2, 6)):
        name = brush.names.take()
        wide = text_width(name, theme.body()) + tall * (1.8 if crossed else 1.0)
        if x + wide > brush.x + brush.width:
            break
        box, strong = (x, brush.y, x + wide, brush.y + tall), place == chosen and not crossed
        brush.canvas.rect(box, theme.accent if strong else theme.panel, theme.edge, tall / 2)
        ink = theme.on_accent if strong else theme.ink
        made = brush.words("button", name, box, ink, left=x + tall / 2)
        if made is not None:
            made.states = ("selected",) if strong else ()
        if crossed:
            cross = (box[2] - tall, box[1], box[2], box[3])
            inside = brush.icon(BY_WORD["close"], cross, theme.faint)
            said = rng.choice(("remove {}", "clear {}", "delete {}")).format(name)
            brush.canvas.add("icon", said, cross, inside, centre(cross))
        x += wide + brush.px(6)
    return tall


def pair(brush: Brush, height: float) -> float:
    """Draw "Sign in" and "Sign up" at the right end of the brush; return the width they take."""
    rng, names = brush.rng, brush.rng.choice(_PAIRS)
    tall, x = min(height - 6, brush.theme.size * 2.2), brush.x + brush.width
    ranks: tuple[buttons.Rank, buttons.Rank] = rng.choice((("bare", "main"), ("plain", "main"),
        ("outline", "main"), ("bare", "bare"), ("bare", "outline")))  # fmt: skip
    if not all([brush.names.claim(name) for name in names]):
        return 0.0
    for name, rank in reversed(tuple(zip(names, ranks, strict=True))):
        wide = buttons.width(brush, name, brush.px(10))
        y = brush.y + (height - tall) / 2
        buttons.press(brush, name, (x - wide, y, x, y + tall), rank)
        x -= wide + brush.px(6)
    return brush.x + brush.width - x


def sign_in(brush: Brush) -> float:
    """Draw a card to sign in with: fields, what remembers, what was forgotten, other ways in."""
    rng, theme = brush.rng, brush.theme
    row, gap = theme.size * rng.uniform(2.2, 3.2), brush.px(rng.uniform(6, 16))
    place: LabelPlace = rng.choice(("above", "above", "hint", "inside", "floating"))
    inner = replace(brush, habits=replace(brush.habits, place=place))
    used = 0.0
    if brush.words("text", brush.names.take(), _band(brush, used, row), left=brush.x) is not None:
        used += row
    for _ in range(rng.choice((1, 2, 2, 3))):
        step = fields.field(inner.at(brush.x, brush.y + used, brush.width, brush.height - used))
        used += step + gap if step else 0.0
    if used + 2 * row < brush.height:
        used += _asides(brush.at(brush.x, brush.y + used, brush.width, row), gap)
    names = [rng.choice(("Sign in", "Log in", "Continue", "Create account", "Submit", "Next"))]
    names += [f"Continue with {who}" for who in rng.sample(_SOCIAL, rng.randint(0, 3))]
    for number, name in enumerate(names):
        if used + row > brush.height or not brush.names.claim(name):
            break
        buttons.press(inner, name, _band(brush, used, row), "plain" if number else "main")
        used += row + gap
    return used


def _asides(brush: Brush, gap: float) -> float:
    """Draw what remembers a person and what helps who forgot, in one line or in two."""
    rng, theme, used = brush.rng, brush.theme, 0.0
    remember, forgot = rng.choice(_REMEMBER), rng.choice(_FORGOT)
    if rng.random() < 0.6 and brush.names.claim(remember):
        inputs.choice(brush, remember, "check", rng.random() < 0.4)
        used += brush.height
    wide = text_width(forgot, theme.body())
    if rng.random() < 0.6 and brush.names.claim(forgot) and wide < brush.width * 0.5:
        x = brush.x + brush.width - wide if used else brush.x
        box = (x, brush.y, x + wide + 1, brush.y + brush.height)
        brush.words("link", forgot, box, theme.accent, left=x)
        used = brush.height
    return used + gap if used else 0.0


def _band(brush: Brush, used: float, tall: float) -> Rect:
    return brush.x, brush.y + used, brush.x + brush.width, brush.y + used + tall


def footer(brush: Brush) -> float:
    """Draw columns of links under headings."""
    rng, theme = brush.rng, brush.theme
    row, count = line_height(brush, (3, 10)), rng.randint(2, 5)
    wide, tall = brush.width / count, 0.0
    small = theme.body(theme.faint if rng.random() < 0.5 else None, -1)
    for column in range(count):
        x, y = brush.x + column * wide, brush.y
        for place in range(rng.randint(3, 6)):
            name = brush.names.take()
            style = theme.heading(0) if place == 0 else small
            if y + row > brush.y + brush.height or text_width(name, style) > wide - 8:
                break
            box = brush.canvas.text(x, y + row / 2, name, style)
            brush.canvas.add("link" if place else "text", name, box, box)
            y += row
        tall = max(tall, y - brush.y)
    return tall
