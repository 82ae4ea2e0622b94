"""Colours, type and spacing of the bundled pages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """The colours of a page, as CSS values."""

    ground: str
    panel: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    bar: str
    on_bar: str
    entry: str = "#ffffff"


@dataclass(frozen=True)
class Theme:
    """A palette with a typeface, a text size in px (14 to 16) and a corner radius in px."""

    palette: Palette
    font: str
    size: int
    radius: int


PALETTES = (
    Palette("#f4f6f9", "#ffffff", "#1f2937", "#5b6676", "#cfd6df", "#2563eb", "#ffffff", "#ffffff",
            "#1f2937"),
    Palette("#f6f5f2", "#ffffff", "#2b2a27", "#6b675f", "#d9d4ca", "#0f766e", "#ffffff", "#22423f",
            "#f3f7f6"),
    Palette("#eef1f5", "#fbfcfe", "#18212f", "#566173", "#c4ccd8", "#4338ca", "#ffffff", "#1e2440",
            "#e9ecfb"),
    Palette("#ffffff", "#f7f8fa", "#222222", "#626262", "#d4d4d8", "#b45309", "#ffffff", "#faf7f2",
            "#3a2f20"),
    Palette("#f3f4f6", "#ffffff", "#111827", "#5f6673", "#d1d5db", "#15803d", "#ffffff", "#14532d",
            "#f0fdf4"),
    Palette("#faf7fb", "#ffffff", "#2a2230", "#6c6074", "#dcd3e2", "#86339b", "#ffffff", "#ffffff",
            "#3a2b42"),
    Palette("#1b2027", "#252c36", "#e6eaf0", "#a3adbb", "#46505e", "#5b9cf5", "#0d1420", "#12161c",
            "#dfe5ee", "#1d232c"),
)  # fmt: skip
FONTS = ("Open Sans", "Noto Sans", "DejaVu Sans", "Liberation Sans")
SIZES = (14, 15, 16)
RADII = (2, 4, 6, 8)
