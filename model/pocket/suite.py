"""The fixed examination of grounding: 1,000 fresh screens that training never drew.

1024x768 and 1280x800 in turn, text of 10-16 px, twelve font files kept from training, 20 % labels
that
almost repeat another, one target a screen. Fixed before the first training run; a change of the
renderer or of these constants makes it another suite and needs another ``SUITE`` name.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handrail.model.pocket import fonts, screens
from handrail.model.pocket.canvas import Canvas, Element, Rect
from handrail.model.pocket.screens import ScreenSpec

SUITE = "renders-1"
COUNT = 1000
SEED = 20_261_120
_SIZES = ((1024, 768), (1280, 800))


@dataclass(frozen=True)
class Item:
    """One question: an RGB screen (H, W, 3), a name, and the box that counts as a hit."""

    number: int
    image: NDArray[np.uint8]
    name: str
    kind: str
    box: Rect
    elements: int
    near: bool


def items(count: int = COUNT, seed: int = SEED) -> Iterator[Item]:
    """Yield the suite's items in order. Raises FontMissing where a font file is not installed."""
    for number, (canvas, target) in enumerate(_drawn(count, seed)):
        near = any(_almost(target.name, e.name) for e in canvas.elements if e is not target)
        yield Item(
            number, canvas.image(), target.name, target.kind, target.box, len(canvas.elements), near
        )


def screens_of(count: int = COUNT, seed: int = SEED) -> Iterator[Canvas]:
    """Yield the screens of the suite's items, with all that can be asked for on each."""
    return (canvas for canvas, _ in _drawn(count, seed))


def _drawn(count: int, seed: int) -> Iterator[tuple[Canvas, Element]]:
    faces = fonts.required(fonts.EXAMINATION)
    for number in range(count):
        rng = random.Random(f"{SUITE}:{seed}:{number}")
        yield _screen_with_target(rng, _SIZES[number % 2], faces)


def _screen_with_target(
    rng: random.Random, size: tuple[int, int], faces: tuple[str, ...]
) -> tuple[Canvas, Element]:
    while True:
        canvas = screens.screen(ScreenSpec(*size, faces), rng)
        names = [e.name.casefold() for e in canvas.elements]
        alone = [e for e in canvas.elements if names.count(e.name.casefold()) == 1]
        if len(alone) >= 8:
            return canvas, rng.choice(alone)


def _almost(a: str, b: str) -> bool:
    """Tell whether two labels differ by at most two edits, or share a word of three letters."""
    a, b = a.casefold(), b.casefold()
    if a == b:
        return False
    if {w for w in a.split() if len(w) > 2} & {w for w in b.split() if len(w) > 2}:
        return True
    return abs(len(a) - len(b)) <= 2 and edits(a, b) <= 2


def edits(a: str, b: str) -> int:
    """Return the Levenshtein distance."""
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a):
        current = [i + 1]
        for j, y in enumerate(b):
            current.append(min(previous[j + 1] + 1, current[j] + 1, previous[j] + (x != y)))
        previous = current
    return previous[-1]
