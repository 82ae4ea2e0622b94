"""Draw forms: screens for training alone, since the examination's own renderer stays as it is.

Sign-in cards, settings under tabs, editors beside a side bar: mostly inputs with labels, as people
meet them, in text that is rather large than small.
"""

import random
from dataclasses import replace

from handrail.model.pocket import contents, controls, screens, widgets
from handrail.model.pocket.canvas import Canvas, Rect
from handrail.model.pocket.pen import Pen
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.pocket.theme import Names, Theme, draw_theme
from handrail.model.pocket.widgets import Widget

_LARGER = 13
"""Half of the forms are set no smaller than this, in pixels."""
_PARTS: tuple[Widget, ...] = (
    *(controls.labelled_field,) * 5,
    *(controls.placeholder_field,) * 2,
    *(controls.choices,) * 3,
    *(controls.buttons,) * 2,
    controls.text_area,
    contents.heading,
    contents.links,
    contents.paragraph,
)


def form(spec: ScreenSpec, rng: random.Random) -> Canvas:
    """Draw a form: a bar, perhaps a side bar, and a card or one to three columns of inputs."""
    if rng.random() < 0.5:
        spec = replace(spec, sizes=(max(_LARGER, spec.sizes[0]), spec.sizes[1] + 1))
    theme = dark_on_accent(draw_theme(rng, spec.faces, spec.sizes), rng)
    canvas = Canvas(spec.width, spec.height, theme.background)
    pen = Pen(canvas, theme, Names(rng, spec.near), rng, 0, 0, spec.width, spec.height)
    top = 0.0
    for kind, share in (("nav", 0.6), ("tabs", 0.3)):
        if rng.random() < share:
            top += screens.bar(pen, top, pen.width, kind)
    left = screens.side_list(pen, top) if rng.random() < 0.35 else 0.0
    area = (left + theme.pad, top + 6, pen.width - theme.pad, pen.height - 6)
    if rng.random() < 0.35:
        _framed(pen, _middle(pen, area))
    else:
        count = rng.choice((1, 1, 2, 2, 3))
        wide = (area[2] - area[0]) / count
        for i in range(count):
            x = area[0] + i * wide
            _framed(pen, (x, area[1], x + wide - theme.pad, area[3]))
    return canvas


def dark_on_accent(theme: Theme, rng: random.Random) -> Theme:
    """Give some themes a bright accent with dark text on it; the renderer's own is always white."""
    dark = sum(theme.background) < 3 * 128
    if rng.random() > (0.6 if dark else 0.25):
        return theme
    brightest = rng.randint(150, 245) if dark else rng.randint(120, 190)
    scale = brightest / max(1, *theme.accent)
    red, green, blue = (min(255, round(part * scale + 20)) for part in theme.accent)
    ink = rng.randint(0, 45)
    return replace(theme, accent=(red, green, blue), on_accent=(ink, ink, ink))


def _middle(pen: Pen, area: Rect) -> Rect:
    """Return a card's place near the middle of an area."""
    wide = min(area[2] - area[0], pen.rng.uniform(280, 560))
    tall = min(area[3] - area[1], pen.rng.uniform(280, 640))
    x = area[0] + (area[2] - area[0] - wide) * pen.rng.choice((0.5, 0.5, pen.rng.random()))
    y = area[1] + (area[3] - area[1] - tall) * pen.rng.random()
    return x, y, x + wide, y + tall


def _framed(pen: Pen, box: Rect) -> None:
    rng, theme = pen.rng, pen.theme
    framed, tabs = rng.random() < 0.55, rng.random() < 0.25
    if framed:
        pen.canvas.rect(box, theme.panel, theme.edge, theme.radius)
    margin = rng.randint(10, 34) if framed else 0
    x, y, wide = box[0] + margin, box[1] + margin, box[2] - box[0] - 2 * margin
    if tabs:
        y += screens.bar(pen.at(x, y, wide, box[3] - y), 0, wide, "tabs") + theme.gap
    widgets.column(pen.at(x, y, wide, box[3] - margin - y), _PARTS)
