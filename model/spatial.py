"""Take phrases apart that say where something stands: beside a name, or in which row.

A small model finds names far more often than places. So of "the checkbox left of Newsletter" the
name is looked for first, and then the thing itself, by its role alone, in a picture that shows
nothing but the strip on that side of the name (the decomposition of least-to-most prompting, arXiv
2205.10625, with the rest of the picture masked). Of "Delete in the third row" the name is looked
for, and its likenesses in the column are counted from above.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from handrail.model import tiles
from handrail.model.regions import Box, common_colour
from handrail.model.tiles import Tile, TileSpec

ROLES = frozenset(
    {
        *("button", "icon", "link", "field", "text field", "number field", "input", "box"),
        *("checkbox", "check box", "radio button", "option", "switch", "toggle", "slider"),
        *("dropdown", "list", "combo box", "tab", "menu", "menu item", "menu entry"),
        *("item", "entry", "day", "text", "heading"),
    }
)
"""What is asked for beside something; any other words before "left of" are part of a name."""
SIDES = {
    "left": ("left of", "to the left of"),
    "right": ("right of", "to the right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}
"""The words for each side, the commonest first."""
REACHES = (110, 280)
"""How far a strip reaches from the name, in pixels: what is near is meant before what is far."""
_HALF_HEIGHT, _HALF_WIDTH, _GAP = 18, 50, 2
"""A strip is at least twice so high or so wide, and begins so far from the name's box. All were
chosen on 98 questions about training's photographs of which the name had been found."""
_LONGEST = 200
"""Longer phrases, in characters, are not taken apart: one may hold another, and that a third."""
_SIDE_OF = {word: side for side, words in SIDES.items() for word in words}


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


# Without "the", a capital begins a name: "Text below icons" is a label.
_FORM = re.compile(
    rf"((?i:the ))?(?P<role>(?(1)(?i:{_any_of(ROLES)})|(?:{_any_of(ROLES)})))"
    rf" (?P<side>(?i:{_any_of(_SIDE_OF)})) (?P<anchor>\S.*)"
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_NUMBERS = {word: number for number, word in enumerate(_ORDINALS, start=1)}
_ROW = re.compile(
    rf"(\S.*?) (?:in|of|on) the (?:({_any_of(_NUMBERS)})|([1-9]\d?)(?:st|nd|rd|th)) (?:row|line)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Relation:
    """Something of a role on one side ("left", "right", "above", "below") of something else."""

    role: str
    side: str
    anchor: str


@dataclass(frozen=True)
class Row:
    """What stands under one name in several rows, and in which of them, from 1, it is meant."""

    name: str
    number: int


@dataclass(frozen=True)
class Strip:
    """A tile that shows only what lies on one side of a box, and that part, in its pixels."""

    tile: Tile
    shown: Box

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a place, in fractions of the screen, lies in the strip."""
        across = x * self.tile.screen[0] - self.tile.left
        down = y * self.tile.screen[1] - self.tile.top
        left, top, right, bottom = self.shown
        return left <= across < right and top <= down < bottom


def relation_in(phrase: str) -> Relation | None:
    """Return what a phrase says of where something stands, None where it says nothing of that."""
    said = _FORM.fullmatch(phrase.strip())
    if said is None or len(phrase) > _LONGEST:
        return None
    return Relation(said["role"].lower(), _SIDE_OF[said["side"].lower()], said["anchor"])


def row_in(phrase: str) -> Row | None:
    """Return what a phrase says of a row ("Delete in the third row"), None where it says none."""
    said = _ROW.fullmatch(phrase.strip())
    if said is None or len(phrase) > _LONGEST:
        return None
    name, word, number = said.groups()
    return Row(name, _NUMBERS[word.lower()] if word else int(number))


def strip(image: Image.Image, box: Box, side: str, reach: int, spec: TileSpec) -> Strip | None:
    """Return what a picture shows within `reach` pixels on a side of a box; None at its edge.

    It stands on a tile of the spec's size where it stands in the picture; the rest of the tile has
    the strip's commonest colour.
    """
    left, top, right, bottom = _beside(box, side, reach)
    x, y = (left + right) / 2 / image.width, (top + bottom) / 2 / image.height
    tile = tiles.around(image, spec, min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
    wide, tall = min(image.width, spec.width), min(image.height, spec.height)
    left, right = max(0, left - tile.left), min(wide, right - tile.left)
    top, bottom = max(0, top - tile.top), min(tall, bottom - tile.top)
    if right <= left or bottom <= top:
        return None
    pixels = np.asarray(tile.image)
    part = pixels[top:bottom, left:right]
    hidden = np.empty_like(pixels)
    hidden[:] = common_colour(part)
    hidden[top:bottom, left:right] = part
    return Strip(replace(tile, image=Image.fromarray(hidden)), (left, top, right, bottom))


def _beside(box: Box, side: str, reach: int) -> Box:
    """Return the strip on a side of a box, in pixels; it may lie off the picture."""
    left, top, right, bottom = box
    wide = max(_HALF_WIDTH, (right - left) // 2)
    tall = max(_HALF_HEIGHT, (bottom - top) // 2)
    x, y = (left + right) // 2, (top + bottom) // 2
    return {
        "left": (left - reach, y - tall, left - _GAP, y + tall),
        "right": (right + _GAP, y - tall, right + reach, y + tall),
        "above": (x - wide, top - reach, x + wide, top - _GAP),
        "below": (x - wide, bottom + _GAP, x + wide, bottom + reach),
    }[side]
