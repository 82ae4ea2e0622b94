"""Draw a screen's look: colours, fonts, sizes and spacing that belong together."""

import colorsys
import random
from dataclasses import dataclass

from handrail.model.pocket import fonts, words
from handrail.model.pocket.canvas import Colour, TextStyle


@dataclass(frozen=True)
class Theme:
    """One look. ``size`` is the body text's size in pixels, ``pad`` and ``gap`` are pixels."""

    font: str
    heading_font: str
    size: int
    background: Colour
    panel: Colour
    field: Colour
    ink: Colour
    faint: Colour
    edge: Colour
    accent: Colour
    on_accent: Colour
    radius: int
    gap: int
    pad: int

    def body(self, colour: Colour | None = None, delta: int = 0) -> TextStyle:
        """Return the style of running text, ``delta`` pixels larger."""
        return TextStyle(self.font, max(9, self.size + delta), colour or self.ink)

    def heading(self, delta: int = 6) -> TextStyle:
        """Return a heading's style."""
        return TextStyle(self.heading_font, self.size + delta, self.ink)


@dataclass
class Names:
    """Hands out labels, none of them twice; ``near`` of them almost repeat an earlier one."""

    rng: random.Random
    near: float
    longest: int = 24

    def __post_init__(self) -> None:
        self.given: list[str] = []
        self._used: set[str] = set()

    def word(self) -> str:
        """Return a word of running text."""
        return words.word(self.rng)

    def label(self) -> str:
        """Return a label that need not be fresh."""
        return words.label(self.rng, self.longest)

    def claim(self, text: str) -> bool:
        """Take a label for good; return False where it is given out already."""
        fresh = text.casefold() not in self._used
        self._used.add(text.casefold())
        return fresh

    def take(self) -> str:
        """Return a fresh label."""
        for _ in range(60):
            if self.given and self.rng.random() < self.near:
                text = words.near_duplicate(
                    self.rng, self.rng.choice(self.given[-10:]), self.longest
                )
            else:
                text = self.label()
            if text and text.casefold() not in self._used:
                self._used.add(text.casefold())
                self.given.append(text)
                return text
        return f"Item {len(self.given)}"


def _tone(hue: float, saturation: float, lightness: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return int(red * 255), int(green * 255), int(blue * 255)


def draw_theme(rng: random.Random, faces: tuple[str, ...], sizes: tuple[int, int]) -> Theme:
    """Return a random theme with one of the font files and a text size within ``sizes``."""
    hue, accent_hue = rng.random(), rng.random()
    dark, plain = rng.random() < 0.22, rng.random() < 0.45
    tint = 0.0 if plain else rng.uniform(0.0, 0.25)
    lightness = rng.uniform(0.06, 0.2) if dark else rng.choice((1.0, rng.uniform(0.9, 1.0)))
    face = rng.choice(faces)
    accent = _tone(
        accent_hue,
        rng.uniform(0.35, 0.95),
        rng.uniform(0.45, 0.62) if dark else rng.uniform(0.25, 0.48),
    )
    return Theme(
        font=face,
        heading_font=face if rng.random() < 0.6 else rng.choice(faces),
        size=rng.randint(*sizes),
        background=_tone(hue, tint, lightness),
        panel=_tone(hue, tint, rng.uniform(0.12, 0.28) if dark else rng.uniform(0.86, 1.0)),
        field=_tone(hue, tint / 2, rng.uniform(0.08, 0.18) if dark else rng.uniform(0.96, 1.0)),
        ink=_tone(hue, tint, rng.uniform(0.82, 1.0) if dark else rng.uniform(0.0, 0.28)),
        faint=_tone(hue, tint, rng.uniform(0.55, 0.7) if dark else rng.uniform(0.4, 0.58)),
        edge=_tone(hue, tint, rng.uniform(0.3, 0.45) if dark else rng.uniform(0.6, 0.86)),
        accent=accent,
        on_accent=(255, 255, 255),
        radius=rng.choice((0, 0, 2, 3, 4, 6, 8, 12)),
        gap=rng.randint(4, 18),
        pad=rng.randint(6, 18),
    )


def training_faces() -> tuple[str, ...]:
    """Return the installed ones of the font files that training draws with. Raises FontMissing."""
    return fonts.available(fonts.TRAINING)
