"""Stack parts of scenes and widgets of the first renderer in one column."""

from collections.abc import Callable

from handrail.model.pocket import contents, controls
from handrail.model.pocket.scenes import buttons, facts, fields, inputs, lists, parts, web
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.widgets import Widget

Part = Callable[[Brush], float]

_PARTS: tuple[Part, ...] = (
    *(fields.form,) * 4, *(fields.field,) * 4, *(buttons.row,) * 4, *(inputs.dropdown,) * 3,
    *(inputs.stated_choices,) * 2, *(parts.slider,) * 2, fields.search, fields.number,
    buttons.stack, buttons.group, buttons.split, buttons.tiny, parts.toolbar, parts.tree,
    parts.tabs, parts.toggles, parts.cards, parts.pages_row, inputs.date_picker, lists.icon_rows,
    lists.checked_rows, lists.tiles, lists.messages, lists.rows, web.text,
    *(facts.facts,) * 3, *(facts.stated_buttons,) * 2,
)  # fmt: skip
"""What windows, pages and phones are stacked from."""
PAGE: tuple[Part, ...] = (
    *_PARTS, web.hero, *(web.text,) * 3, web.crumbs, web.accordion, web.chips, web.sign_in,
    web.footer,
)  # fmt: skip
"""What pages are stacked from."""

_PLAIN: tuple[Widget, ...] = (
    contents.heading, contents.paragraph, contents.links, contents.links, contents.table,
    contents.image, controls.text_area, controls.buttons,
)  # fmt: skip
"""Of the first renderer's widgets those that have no state to tell, as it tells none."""


def column(brush: Brush, share: float = 0.6, offered: tuple[Part, ...] = _PARTS) -> float:
    """Stack parts downwards until the height is used; ``share`` of them are the scenes' own."""
    used, misses = 0.0, 0
    while misses < 5 and used < brush.height:
        here = brush.at(brush.x, brush.y + used, brush.width, brush.height - used)
        if brush.rng.random() < share:
            step = brush.rng.choice(offered)(here)
        else:
            step = brush.rng.choice(_PLAIN)(here)
        misses = misses + 1 if step == 0.0 else 0
        used += step + brush.theme.gap * brush.rng.uniform(0.7, 1.6) if step else 0.0
    return used
