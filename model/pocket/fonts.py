"""Find fonts by file name, and keep those of the test suite away from training."""

from functools import lru_cache
from pathlib import Path

import skia

from handrail.model.pocket.errors import FontMissing

_ROOTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))

TRAINING = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansCondensed.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSans-Bold.ttf",
    "LiberationSerif-Regular.ttf",
    "LiberationMono-Regular.ttf",
    "LiberationSansNarrow-Regular.ttf",
    "NotoSans-Regular.ttf",
    "NotoSans-Bold.ttf",
    "NotoSerif-Regular.ttf",
    "NotoSansMono-Regular.ttf",
    "NotoSans-SemiBold.ttf",
    "OpenSans-Regular.ttf",
    "OpenSans-Semibold.ttf",
    "Lato-Regular.ttf",
    "Lato-Bold.ttf",
    "Roboto-Regular.ttf",
    "Roboto-Medium.ttf",
    "Inter-Regular.otf",
    "Inter-Medium.otf",
    "Inter-SemiBold.otf",
    "FreeSans.ttf",
    "NimbusSans-Regular.otf",
    "FiraCode-Regular.ttf",
    "P052-Roman.otf",
)
"""Files that the renderer draws with while training."""

EXAMINATION = (
    "Cantarell-Regular.otf",
    "Cantarell-Bold.otf",
    "Carlito-Regular.ttf",
    "Carlito-Bold.ttf",
    "Caladea-Regular.ttf",
    "Cabin-Regular.otf",
    "Hack-Regular.ttf",
    "Quicksand-Medium.ttf",
    "C059-Roman.otf",
    "LinBiolinum_R.otf",
    "URWGothic-Book.otf",
    "Lato-Medium.ttf",
)
"""Twelve files that only the fixed test suite draws with."""


@lru_cache(maxsize=1)
def _index() -> dict[str, Path]:
    return {p.name: p for root in _ROOTS if root.is_dir() for p in sorted(root.rglob("*.[ot]tf"))}


def available(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the file names that this machine has. Raises FontMissing for none at all."""
    found = tuple(n for n in names if n in _index())
    if not found:
        raise FontMissing(
            "no font of the renderer is installed: run 'make pocket', which installs them"
        )
    return found


def required(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return all of the file names. Raises FontMissing, naming those that are not installed."""
    missing = [n for n in names if n not in _index()]
    if missing:
        raise FontMissing(f"not installed: {', '.join(missing)}: 'make bench' installs the fonts")
    return names


@lru_cache(maxsize=4096)
def font(name: str, size: float) -> skia.Font:
    """Return a skia font at ``size`` pixels, antialiased, with sub-pixel positions."""
    made = skia.Font(_typeface(name), size)
    made.setEdging(skia.Font.Edging.kAntiAlias)
    made.setSubpixel(True)
    return made


@lru_cache(maxsize=256)
def _typeface(name: str) -> skia.Typeface:
    path = _index().get(name)
    if path is None:
        raise FontMissing(f"the font file {name} is not installed")
    return skia.Typeface.MakeFromFile(str(path))


@lru_cache(maxsize=400_000)
def advance(name: str, size: float, character: str) -> float:
    """Return a character's advance width in pixels."""
    return float(font(name, size).measureText(character))


@lru_cache(maxsize=4096)
def ascent_descent(name: str, size: float) -> tuple[float, float]:
    """Return how far the font reaches above and below its baseline, in pixels, both positive."""
    metrics = font(name, size).getMetrics()
    return -float(metrics.fAscent), float(metrics.fDescent)
