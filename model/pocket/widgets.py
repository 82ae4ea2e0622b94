"""The parts that screens are stacked from, and how."""

from collections.abc import Callable

from handrail.model.pocket import contents, controls
from handrail.model.pocket.pen import Pen

Widget = Callable[[Pen], float]
FORM: tuple[Widget, ...] = (
    controls.labelled_field,
    controls.labelled_field,
    controls.labelled_field,
    controls.placeholder_field,
    controls.choices,
    controls.choices,
    controls.buttons,
    controls.buttons,
    contents.heading,
    contents.paragraph,
    contents.links,
    controls.text_area,
)
CONTENT: tuple[Widget, ...] = (
    contents.heading,
    contents.paragraph,
    contents.paragraph,
    contents.links,
    contents.links,
    contents.rows,
    contents.table,
    controls.buttons,
    controls.buttons,
    controls.choices,
    controls.labelled_field,
    contents.image,
    controls.placeholder_field,
)


def column(pen: Pen, kinds: tuple[Widget, ...]) -> float:
    """Stack widgets downwards until the height is used; return the height used."""
    used, misses = 0.0, 0
    while misses < 4 and used < pen.height:
        step = pen.rng.choice(kinds)(pen.at(pen.x, pen.y + used, pen.width, pen.height - used))
        misses = misses + 1 if step == 0.0 else 0
        used += step + pen.theme.gap * pen.rng.uniform(0.7, 1.6) if step else 0.0
    return used
