"""Stack parts of scenes and widgets of the first renderer in one column."""

from collections.abc import Callable

from handrail.model.pocket import widgets
from handrail.model.pocket.scenes import inputs, parts
from handrail.model.pocket.scenes.brush import Brush

Part = Callable[[Brush], float]

_PARTS: tuple[Part, ...] = (
    parts.toolbar, parts.tree, parts.action_table, parts.tabs, parts.slider, parts.toggles,
    parts.cards, parts.pages_row, inputs.stated_field, inputs.stated_field, inputs.search_field,
    inputs.dropdown, inputs.date_picker, inputs.stated_choices, inputs.stated_choices,
)  # fmt: skip


def column(brush: Brush, share: float = 0.6) -> float:
    """Stack parts downwards until the height is used; ``share`` of them are the scenes' own."""
    used, misses = 0.0, 0
    while misses < 5 and used < brush.height:
        here = brush.at(brush.x, brush.y + used, brush.width, brush.height - used)
        if brush.rng.random() < share:
            step = brush.rng.choice(_PARTS)(here)
        else:
            step = brush.rng.choice((*widgets.FORM, *widgets.CONTENT))(here)
        misses = misses + 1 if step == 0.0 else 0
        used += step + brush.theme.gap * brush.rng.uniform(0.7, 1.6) if step else 0.0
    return used
