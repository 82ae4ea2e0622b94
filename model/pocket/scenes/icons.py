"""Draw icons: from three sets, or by hand.

The sets are npm packages under permissive licences, fetched by ``make pocket``: lucide-static
(ISC), bootstrap-icons (MIT), @material-symbols/svg-400 (Apache-2.0). Without them the few shapes
that are drawn here stand in.
"""

import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import skia

from handrail.model.pocket.canvas import Canvas, Colour, Rect
from handrail.model.pocket.scenes.concepts import BY_WORD, CONCEPTS, Concept

_SETS = (
    "lucide-static/icons",
    "bootstrap-icons/icons",
    "@material-symbols/svg-400/outlined",
    "@material-symbols/svg-400/rounded",
)


@lru_cache(maxsize=4096)
def _loaded(path: Path, colour: Colour) -> skia.SVGDOM | None:
    """Return an icon in a colour; None where the set has no such file."""
    try:
        text = path.read_text("utf-8")
    except OSError:
        return None
    ink = "#{:02x}{:02x}{:02x}".format(*colour)
    if "currentColor" in text:
        text = text.replace("currentColor", ink)
    else:
        text = text.replace("<svg ", f'<svg fill="{ink}" ', 1)
    picture = skia.SVGDOM.MakeFromStream(skia.MemoryStream(text.encode(), True))
    return picture if picture is not None and picture.containerSize().width() > 0 else None


@dataclass(frozen=True)
class Icons:
    """A folder's icon sets; ``folder`` is npm's ``node_modules``, and need not be there."""

    folder: Path

    @property
    def complete(self) -> bool:
        """Return whether all the sets are there."""
        return all((self.folder / name).is_dir() for name in _SETS)

    def pick(self, rng: random.Random, count: int) -> list[Concept]:
        """Return so many different concepts, only drawn ones where no set is there."""
        offered = CONCEPTS if self.complete else tuple(BY_WORD[word] for word in _DRAWN)
        return rng.sample(offered, min(count, len(offered)))

    def style(self, rng: random.Random) -> int:
        """Return the number of a set, so that one screen's icons are of one family."""
        return rng.randrange(len(_SETS))

    def draw(self, canvas: Canvas, concept: Concept, style: int, box: Rect, ink: Colour) -> None:
        """Draw a concept's icon into a box in a set's style."""
        name = concept.files[min(style, 2)]
        picture = _loaded(self.folder / _SETS[style] / f"{name}.svg", ink)
        if picture is not None:
            canvas.vector(picture, box)
        else:
            _by_hand(canvas, concept.words[0], box, ink)


_DRAWN: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "close": (((0.1, 0.1), (0.9, 0.9)), ((0.9, 0.1), (0.1, 0.9))),
    "menu": tuple((((0.0, y), (1.0, y))) for y in (0.15, 0.5, 0.85)),
    "add": (((0.5, 0.0), (0.5, 1.0)), ((0.0, 0.5), (1.0, 0.5))),
    "minus": (((0.0, 0.5), (1.0, 0.5)),),
    "done": (((0.0, 0.5), (0.4, 0.9), (1.0, 0.1)),),
    "back": (((0.5, 0.0), (0.0, 0.5), (0.5, 1.0)), ((0.0, 0.5), (1.0, 0.5))),
    "forward": (((0.5, 0.0), (1.0, 0.5), (0.5, 1.0)), ((0.0, 0.5), (1.0, 0.5))),
    "play": (((0.2, 0.0), (0.9, 0.5), (0.2, 1.0), (0.2, 0.0)),),
    "pause": (((0.3, 0.0), (0.3, 1.0)), ((0.7, 0.0), (0.7, 1.0))),
    "expand": (((0.0, 0.25), (0.5, 0.75), (1.0, 0.25)),),
    "chevron right": (((0.25, 0.0), (0.75, 0.5), (0.25, 1.0)),),
    "home": (
        ((0.0, 0.5), (0.5, 0.0), (1.0, 0.5)),
        ((0.15, 0.4), (0.15, 1.0), (0.85, 1.0), (0.85, 0.4)),
    ),
    "mail": (
        ((0.0, 0.15), (1.0, 0.15), (1.0, 0.85), (0.0, 0.85), (0.0, 0.15)),
        ((0.0, 0.15), (0.5, 0.55), (1.0, 0.15)),
    ),
    "folder": (
        ((0.0, 0.9), (0.0, 0.1), (0.4, 0.1), (0.5, 0.25), (1.0, 0.25), (1.0, 0.9), (0.0, 0.9)),
    ),
    "flag": (((0.1, 1.0), (0.1, 0.0), (0.9, 0.25), (0.1, 0.5)),),
}  # fmt: skip
"""Polylines in fractions of the box, for the concepts that anyone can draw."""


def _by_hand(canvas: Canvas, word: str, box: Rect, ink: Colour) -> None:
    wide, tall = box[2] - box[0], box[3] - box[1]
    for line in _DRAWN.get(word, _DRAWN["menu"]):
        points = [(box[0] + x * wide, box[1] + y * tall) for x, y in line]
        canvas.line(points, ink, max(1.4, wide / 10))
