"""Find fonts by file name, and keep those of the test suite away from training."""

from collections.abc import Iterable
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


PACKAGES = {
    "C059": "fonts-urw-base35",
    "Cabin": "fonts-cabin",
    "Caladea": "fonts-crosextra-caladea",
    "Cantarell": "fonts-cantarell",
    "Carlito": "fonts-crosextra-carlito",
    "DejaVu": "fonts-dejavu-core",
    "DejaVuSansCondensed": "fonts-dejavu-extra",
    "FiraCode": "fonts-firacode",
    "FreeSans": "fonts-freefont-ttf",
    "Hack": "fonts-hack",
    "Inter": "fonts-inter",
    "Lato": "fonts-lato",
    "Liberation": "fonts-liberation",
    "LinBiolinum": "fonts-linuxlibertine",
    "NimbusSans": "fonts-urw-base35",
    "NotoSans-SemiBold": "fonts-noto-extra",
    "NotoSansMono": "fonts-noto-mono",
    "NotoSans": "fonts-noto-core",
    "NotoSerif": "fonts-noto-core",
    "OpenSans": "fonts-open-sans",
    "P052": "fonts-urw-base35",
    "Quicksand": "fonts-quicksand",
    "Roboto": "fonts-roboto-unhinted",
    "URWGothic": "fonts-urw-base35",
}
"""Beginning of a file's name -> the Debian package that has it; the longest that fits counts."""


def packages(names: Iterable[str]) -> list[str]:
    """Return the Debian packages that have these files, sorted."""
    fit = (max((b for b in PACKAGES if n.startswith(b)), key=len) for n in names)
    return sorted({PACKAGES[beginning] for beginning in fit})


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


def shortage(names: tuple[str, ...]) -> str:
    """Say which of the files are not installed and how to install them; empty where all are."""
    missing = [n for n in names if n not in _index()]
    if not missing:
        return ""
    install = f"apt-get install {' '.join(packages(missing))}"
    return f"fonts that are not installed: {', '.join(missing)}; on Debian: sudo {install}"


def required(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return all of the file names. Raises FontMissing, naming those that are not installed."""
    if missing := shortage(names):
        raise FontMissing(f"{missing} ('make dev' does so too)")
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
