"""Scenes: screens as people have them, for training: windows, pages with pop-ups, phones.

The examination's renderer (``screens.py``) stays as it was when the examination was fixed; what is
drawn here is new to it.
"""

import random
from dataclasses import replace

from handrail.model.pocket.canvas import Canvas
from handrail.model.pocket.scenes import desktops, pages, phones, tongues
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.habits import Habits
from handrail.model.pocket.scenes.icons import Icons
from handrail.model.pocket.scenes.look import scene_theme
from handrail.model.pocket.screens import ScreenSpec

__all__ = ["Icons", "scene"]

_SCALES = (1.0, 1.0, 1.0, 1.25, 1.5, 2.0)


def scene(spec: ScreenSpec, icons: Icons, rng: random.Random) -> Canvas:
    """Draw a desktop (35 %), a web page (45 %) or a phone's application (20 %).

    Everything is 1 to 2 times as large as the spec says, as on displays of high density.
    """
    scale = rng.choice(_SCALES)
    sizes = (round(spec.sizes[0] * scale), round(spec.sizes[1] * scale))
    theme = scene_theme(replace(spec, sizes=sizes), scale, rng)
    canvas = Canvas(spec.width, spec.height, theme.background)
    names = tongues.drawn(rng, spec.near)
    habits = Habits.drawn(rng)
    brush = Brush(canvas, theme, names, rng, 0, 0, spec.width, spec.height, icons, habits, scale)
    draw = rng.random()
    if draw < 0.35:
        desktops.desktop(brush)
    elif draw < 0.8:
        pages.page(brush)
    else:
        phones.phone(brush)
    return canvas
