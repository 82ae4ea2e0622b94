"""Draw web pages: headers with a search, cards and tables, banners and pop-ups in the way."""

from handrail.model.pocket import screens
from handrail.model.pocket.canvas import text_width
from handrail.model.pocket.scenes import fields, menus, overlays, web
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD
from handrail.model.pocket.scenes.mixed import PAGE, column


def page(brush: Brush) -> None:
    """Draw a page, perhaps scrolled, perhaps with a banner or a pop-up over it.

    What is on it goes on below the screen's edge, as it does on pages that can be scrolled.
    """
    rng = brush.rng
    top = -brush.px(rng.uniform(20, 300)) if rng.random() < 0.25 else 0.0
    top += _header(brush) if top == 0.0 and rng.random() < 0.8 else brush.px(8)
    draw = rng.random()
    if draw < 0.2:
        _card(brush, top)
    else:
        left = screens.side_list(brush, max(0.0, top)) if rng.random() < 0.25 else 0.0
        _columns(brush, left, top)
    if rng.random() < 0.5:
        wide = brush.px(12)
        brush.scroll_bar((brush.width - wide, 0.0, brush.width, brush.height))
    draw = rng.random()
    if draw < 0.36:
        overlays.over_page(brush)
    elif draw < 0.46:
        menus.context_menu(brush)


def _columns(brush: Brush, left: float, top: float) -> None:
    """Stack what the page holds in one to three columns, the widest first or all alike."""
    rng, theme = brush.rng, brush.theme
    shares = rng.choice(((1.0,), (1.0,), (0.5, 0.5), (0.5, 0.5), (0.68, 0.32), (0.3, 0.4, 0.3)))
    wide, x = brush.width - left - 2 * theme.pad, left + theme.pad
    if shares == (1.0,) and rng.random() < 0.5:
        wide = min(wide, brush.px(rng.uniform(560, 900)))
        x += (brush.width - x - wide) / 2
    below = brush.px(140)
    for share in shares:
        tall = brush.height + below - top - theme.pad
        column(brush.at(x, top + theme.pad, wide * share - theme.pad, tall), 0.75, PAGE)
        x += wide * share


def _card(brush: Brush, top: float) -> None:
    """Draw one card in the middle: what signs in, or a form."""
    rng, theme = brush.rng, brush.theme
    wide = min(brush.width - 8, brush.px(rng.uniform(280, 520)))
    tall = min(brush.height - max(0.0, top) - 16, brush.px(rng.uniform(300, 620)))
    x = (brush.width - wide) * rng.choice((0.5, 0.5, 0.5, rng.random()))
    y = max(0.0, top) + (brush.height - max(0.0, top) - tall) * rng.uniform(0.2, 0.7)
    box = (x, y, x + wide, y + tall)
    if rng.random() < 0.5:
        brush.canvas.shadow(box, theme.radius, brush.px(6))
    brush.canvas.rect(box, theme.panel, theme.edge, theme.radius)
    margin = brush.px(rng.uniform(14, 36))
    inner = brush.at(x + margin, y + margin, wide - 2 * margin, tall - 2 * margin)
    if rng.random() < 0.6:
        web.sign_in(inner)
    else:
        column(inner, 0.8)


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
    if rng.random() < 0.35 and not strong:
        end -= web.pair(brush.at(0, 0, end, tall), tall)
    for concept in brush.icons.pick(rng, rng.randint(0, 4)):
        brush.icon_button(concept, (end - tall, 0, end, tall), ink)
        end -= tall
    if rng.random() < 0.5:
        wide = min(brush.px(260), end - x - brush.px(160))
        if wide > theme.size * 10:
            place = brush.at(end - wide - 8, tall * 0.15, wide, tall * 0.7)
            end -= wide + 16 if fields.search(place) else 0
    for _ in range(rng.randint(0, 7)):
        name = brush.names.take()
        wide = text_width(name, theme.body()) + brush.px(22)
        if x + wide > end:
            break
        if (made := brush.words("link", name, (x, 0, x + wide, tall), ink)) is not None:
            made.group = group
        x += wide
    return tall
