"""Looks that the examination's renderer has not: high contrast, bright accents, larger scales."""

import random
from dataclasses import replace

from handrail.model.pocket.canvas import Colour
from handrail.model.pocket.forms import dark_on_accent
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.pocket.theme import Theme, draw_theme

_CONTRASTS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((0, 0, 0), (255, 255, 255), (255, 255, 0)),
    ((0, 0, 0), (255, 255, 0), (0, 255, 255)),
    ((0, 0, 0), (0, 255, 0), (255, 255, 255)),
    ((255, 255, 255), (0, 0, 0), (0, 0, 160)),
)
"""Ground, ink and accent of the high-contrast themes that operating systems offer."""


def scene_theme(spec: ScreenSpec, scale: float, rng: random.Random) -> Theme:
    """Return a theme; one in fourteen is of high contrast, spacing grows with the scale."""
    theme = draw_theme(rng, spec.faces, spec.sizes)
    theme = replace(
        theme,
        gap=round(theme.gap * scale),
        pad=round(theme.pad * scale),
        radius=round(theme.radius * scale),
    )
    if rng.random() < 1 / 14:
        ground, ink, accent = rng.choice(_CONTRASTS)
        return replace(
            theme, background=ground, panel=ground, field=ground, ink=ink, faint=ink, edge=ink,
            accent=accent, on_accent=ground if sum(accent) > 380 else (255, 255, 255),
        )  # fmt: skip
    return dark_on_accent(theme, rng)
