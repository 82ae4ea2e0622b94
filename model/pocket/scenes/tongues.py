"""Labels in languages that write with accents: German, French, Spanish, Polish, Portuguese."""

import random
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from handrail.model.pocket import words
from handrail.model.pocket.theme import Names

TONGUES = ("de", "fr", "es", "pl", "pt")
_ACCENTS = {
    "de": ("aä", "oö", "uü", "sß"), "fr": ("eé", "eè", "aà", "oô", "cç", "eê", "iî"),
    "es": ("aá", "eé", "ií", "oó", "uú", "nñ"), "pl": ("aą", "eę", "lł", "oó", "sś", "zż", "cć"),
    "pt": ("aã", "oõ", "aá", "eê", "cç", "ií", "oó"),
}  # fmt: skip


@lru_cache(maxsize=1)
def _said() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return each language's labels and words of running text."""
    text = resources.files("handrail.model.pocket.scenes").joinpath("tongues.txt")
    rows = [line.split("|") for line in text.read_text("utf-8").splitlines()]
    return {
        tongue: (tuple(labels[1].split(", ")), tuple(running[1].split()))
        for tongue, labels, running in zip(TONGUES, rows[::2], rows[1::2], strict=True)
    }


@dataclass
class TongueNames(Names):
    """Hands out labels of one language: real ones, some of its words, words that nobody knows."""

    tongue: str = "de"

    def word(self) -> str:
        """Return a word of the language's running text."""
        return self.rng.choice(_said()[self.tongue][1])

    def label(self) -> str:
        """Return a label that need not be fresh."""
        draw = self.rng.random()
        if draw < 0.4:
            return self.rng.choice(_said()[self.tongue][0])[: self.longest].strip()
        count = self.rng.choice((1, 1, 2, 2, 3))
        made = [self.word() if self.rng.random() < 0.7 else self._invented() for _ in range(count)]
        return words.cased(self.rng, " ".join(made))[: self.longest].strip()

    def _invented(self) -> str:
        text = words.invented(self.rng)
        pair = self.rng.choice(_ACCENTS[self.tongue])
        return text.replace(pair[0], pair[1], 1)


def drawn(rng: random.Random, near: float) -> Names:
    """Return the names of a screen: English-like, or on one in eight of another language."""
    if rng.random() < 7 / 8:
        return Names(rng, near)
    return TongueNames(rng, near, tongue=rng.choice(TONGUES))
