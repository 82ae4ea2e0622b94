"""Draw the parts of a screen, each from a left upper corner, and name what can be clicked.

Every function takes the pen and returns the height in pixels that it used, or 0 where it did not
fit.
"""

import random
from dataclasses import dataclass

from handrail.model.pocket import words
from handrail.model.pocket.canvas import Canvas, TextStyle, text_width
from handrail.model.pocket.theme import Names, Theme


@dataclass(frozen=True)
class Pen:
    """What a widget draws with, and the width and height left to it in pixels."""

    canvas: Canvas
    theme: Theme
    names: Names
    rng: random.Random
    x: float
    y: float
    width: float
    height: float

    def at(self, x: float, y: float, width: float, height: float) -> "Pen":
        """Return the same pen elsewhere."""
        return Pen(self.canvas, self.theme, self.names, self.rng, x, y, width, height)


def line_height(pen: Pen, extra: tuple[int, int] = (6, 18)) -> float:
    return pen.theme.size + pen.rng.randint(*extra)


def prose(pen: Pen, width: float, style: TextStyle) -> str:
    text = pen.names.word().capitalize()
    for _ in range(30):
        longer = (
            f"{text} {pen.names.word() if pen.rng.random() < 0.85 else words.invented(pen.rng)}"
        )
        if text_width(longer, style) > width:
            break
        text = longer
    return text if text_width(text, style) <= width else ""
