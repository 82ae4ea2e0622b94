"""Draw web pages: headers with a search, cards and tables, banners and pop-ups in the way."""

from handrail.model.pocket import controls, words
from handrail.model.pocket.canvas import Rect, centre, text_width
from handrail.model.pocket.pen import prose
from handrail.model.pocket.scenes import inputs
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.icons import BY_WORD
from handrail.model.pocket.scenes.mixed import column

_CONSENT = (
    ("Accept all", "Reject all"), ("Accept", "Decline"), ("Allow all cookies", "Only necessary"),
    ("Agree", "Settings"), ("OK", "Learn more"), ("I agree", "Manage options"),
)  # fmt: skip


def page(brush: Brush) -> None:
    """Draw a page, perhaps scrolled, perhaps with a banner or a pop-up over it."""
    rng, theme = brush.rng, brush.theme
    top = -brush.px(rng.uniform(20, 300)) if rng.random() < 0.25 else 0.0
    top += _header(brush) if top == 0.0 and rng.random() < 0.8 else brush.px(8)
    count = rng.choice((1, 1, 2, 2, 3))
    wide = (brush.width - 2 * theme.pad) / count
    for number in range(count):
        x = theme.pad + number * wide
        column(brush.at(x, top + theme.pad, wide - theme.pad, brush.height - top - theme.pad))
    _scroll_bar(brush)
    draw = rng.random()
    if draw < 0.15:
        _consent(brush)
    elif draw < 0.3:
        _pop_up(brush)
    elif draw < 0.36:
        _toast(brush)


def _header(brush: Brush) -> float:
    rng, theme = brush.rng, brush.theme
    tall = theme.size + brush.px(rng.randint(20, 44))
    strong = rng.random() < 0.4
    bar = (0, 0, brush.width, tall)
    brush.canvas.rect(bar, theme.accent if strong else theme.panel)
    ink, x = theme.on_accent if strong else theme.ink, brush.px(12)
    if rng.random() < 0.4:
        brush.icon_button(BY_WORD["menu"], (x, 0, x + tall, tall), ink)
        x += tall
    name = brush.names.take()
    made = brush.words("link", name, (x, 0, brush.width * 0.4, tall), ink, left=x)
    x = (made.text_box[2] if made else x) + brush.px(20)
    end, group = brush.width - brush.px(8), brush.group()
    for concept in brush.icons.pick(rng, rng.randint(0, 4)):
        brush.icon_button(concept, (end - tall, 0, end, tall), ink)
        end -= tall
    if rng.random() < 0.5:
        wide = min(brush.px(260), end - x - brush.px(160))
        if wide > theme.size * 10:
            place = brush.at(end - wide - 8, tall * 0.15, wide, tall * 0.7)
            end -= wide + 16 if inputs.search_field(place) else 0
    for _ in range(rng.randint(0, 7)):
        name = brush.names.take()
        wide = text_width(name, theme.body()) + brush.px(22)
        if x + wide > end:
            break
        if (made := brush.words("link", name, (x, 0, x + wide, tall), ink)) is not None:
            made.group = group
        x += wide
    return tall


def _scroll_bar(brush: Brush) -> None:
    rng, theme = brush.rng, brush.theme
    if rng.random() < 0.5:
        return
    wide, tall = brush.px(12), brush.height * rng.uniform(0.15, 0.7)
    track = (brush.width - wide, 0.0, brush.width, brush.height)
    brush.canvas.hide(track)
    brush.canvas.rect(track, theme.panel)
    y = rng.uniform(0, brush.height - tall)
    brush.canvas.rect((track[0] + 2, y, track[2] - 2, y + tall), theme.faint, None, wide / 2)


def _consent(brush: Brush) -> None:
    """Draw a cookie banner along the bottom or the top."""
    rng, theme = brush.rng, brush.theme
    tall = brush.px(rng.uniform(60, 150))
    y = brush.height - tall if rng.random() < 0.8 else 0.0
    box = (0.0, y, brush.width, y + tall)
    brush.canvas.hide(box)
    brush.canvas.rect(box, theme.panel, theme.edge)
    said = prose(brush, brush.width * 0.6, theme.body())
    brush.canvas.text(brush.px(16), y + theme.size * 1.2, said, theme.body())
    x, row = brush.px(16), theme.size * 2
    for number, name in enumerate(rng.choice(_CONSENT)):
        wide = text_width(name, theme.body()) + brush.px(30)
        place = (x, box[3] - row - 8, x + wide, box[3] - 8)
        brush.canvas.rect(place, None if number else theme.accent, theme.edge, theme.radius)
        brush.words("button", name, place, None if number else theme.on_accent)
        x += wide + brush.px(10)


def _pop_up(brush: Brush) -> None:
    """Draw a dialog over the darkened page; only what is on it can be clicked."""
    rng, theme = brush.rng, brush.theme
    if rng.random() < 0.7:
        brush.canvas.dim(rng.uniform(0.3, 0.7))
    wide = min(brush.width - 8, brush.px(rng.uniform(280, 560)))
    tall = min(brush.height - 8, brush.px(rng.uniform(200, 420)))
    x, y = (brush.width - wide) / 2, (brush.height - tall) * rng.uniform(0.2, 0.6)
    box: Rect = (x, y, x + wide, y + tall)
    brush.canvas.hide(box)
    brush.canvas.rect(box, theme.background, theme.edge, theme.radius)
    side = theme.size * 2
    cross = (box[2] - side, y, box[2], y + side)
    inside = brush.icon(BY_WORD["close"], cross)
    said = rng.choice(("close icon", "close dialog", "close the pop-up", "close button", "x"))
    brush.canvas.add("icon", said, cross, inside, centre(cross))
    margin = brush.px(18)
    brush.words("text", brush.names.take(), (x + margin, y, cross[0], y + side), left=x + margin)
    column(brush.at(x + margin, y + side, wide - 2 * margin, tall - side * 2.2), 0.4)
    controls.buttons(brush.at(x + margin, box[3] - side, wide - 2 * margin, side))


def _toast(brush: Brush) -> None:
    rng, theme = brush.rng, brush.theme
    name = words.label(rng)
    wide, row = text_width(name, theme.body()) + brush.px(90), theme.size * 2.6
    x = rng.choice((brush.px(12), brush.width - wide - brush.px(12)))
    y = rng.choice((brush.px(12), brush.height - row - brush.px(12)))
    box = (x, y, x + wide, y + row)
    brush.canvas.hide(box)
    brush.canvas.rect(box, theme.ink, None, theme.radius)
    brush.canvas.text(x + brush.px(12), y + row / 2, name, theme.body(theme.background))
    cross = (box[2] - row, y, box[2], box[3])
    brush.icon_button(BY_WORD["close"], cross, theme.background)
