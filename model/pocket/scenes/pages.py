"""Draw web pages: headers with a search, cards and tables, banners and pop-ups in the way."""

from handrail.model.pocket.canvas import text_width
from handrail.model.pocket.scenes import inputs, overlays
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.icons import BY_WORD
from handrail.model.pocket.scenes.mixed import column


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
    if rng.random() < 0.36:
        overlays.over_page(brush)


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
