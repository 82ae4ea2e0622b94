"""The fixed examination of questions: fresh screens in the fonts that are kept from training.

Every kind of question in turn, each on a screen of its own: web pages, windows, forms and scenes,
these with icons drawn by hand, so that they are the same wherever they are drawn. A change of the
renderers or of these constants makes it another suite and needs another ``SUITE`` name.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handrail.model.pocket import fonts, forms, inquiries, questions, scenes, screens, targets
from handrail.model.pocket.canvas import Canvas
from handrail.model.pocket.inquiries import Inquiry, Sort
from handrail.model.pocket.scenes import Icons
from handrail.model.pocket.screens import ScreenSpec

SUITE = "questions-1"
COUNT = 700
SEED = 20_261_130
SORTS: tuple[Sort, ...] = (
    "at a point", "in a field", "beside a name", "by its place", "there", "on", "enabled",
)  # fmt: skip
_SIZES = ((1024, 768), (1280, 800))
_BY_HAND = Icons(Path("no icon sets"))
_PHRASED = 0.3
_NEAR = 0.2


@dataclass(frozen=True)
class Item:
    """One question about an RGB screen (H, W, 3), in a person's words, and what is true.

    ``goal`` is empty where the text at ``asked.point`` is asked for, in pixels.
    """

    number: int
    image: NDArray[np.uint8]
    goal: str
    asked: Inquiry


def items(count: int = COUNT, seed: int = SEED) -> Iterator[Item]:
    """Yield the suite's items in order. Raises FontMissing where a font file is not installed."""
    faces = fonts.required(fonts.EXAMINATION)
    for number in range(count):
        rng = random.Random(f"{SUITE}:{seed}:{number}")
        yield _item(number, rng, faces)


def _item(number: int, rng: random.Random, faces: tuple[str, ...]) -> Item:
    sort, size = SORTS[number % len(SORTS)], _SIZES[number % 2]
    while True:
        canvas = _screen(ScreenSpec(*size, faces, near=_NEAR), rng)
        image = canvas.image()
        tile = targets.cut(canvas, image, 0, 0, *size)
        if asked := inquiries.drawn(tile, sort, rng, _PHRASED):
            break
    named = bool(asked.name)
    goal = questions.asked(rng, asked.question, asked.name, asked.kind).text if named else ""
    return Item(number, image, goal, asked)


def _screen(spec: ScreenSpec, rng: random.Random) -> Canvas:
    draw = rng.random()
    if draw < 0.3:
        return screens.screen(spec, rng)
    return forms.form(spec, rng) if draw < 0.6 else scenes.scene(spec, _BY_HAND, rng)
