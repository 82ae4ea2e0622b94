"""Draw words from a seed: invented names, distinct labels, values to type."""

import random

from handrail.tasks.sites.lexicon import (
    BRAND_TAILS,
    HEADINGS,
    LEADS,
    SHAPES,
    HeadingKind,
    LabelKind,
)

LONGEST_LABEL = 18
LONGEST_VALUE = 14
SMALLEST_DISTANCE = 3
_INVENTED_SHARE = 0.3
_TRIES = 500
_FIRST = (*"bcdfghjklmnprstvwz", "br", "cl", "dr", "fl", "gr", "pr", "st", "tr")
_LATER = (*"bdfgkllmnnprrstvz", "nd", "lt", "rm", "st")
_PLAIN_VOWELS = tuple("aaeeiioou")
_VOWELS = (*_PLAIN_VOWELS, "ai", "ea")
_CODAS = ("", "", "", *"lnrsm", "nd", "th")


def distance(one: str, other: str) -> int:
    """Return the edit distance (Levenshtein) of two strings, letter case set aside."""
    left, right = one.casefold(), other.casefold()
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def clearly_different(one: str, other: str) -> bool:
    """Tell whether two labels are at least three edits apart and neither holds the other."""
    left, right = one.casefold(), other.casefold()
    return left not in right and right not in left and distance(left, right) >= SMALLEST_DISTANCE


class Drawer:
    """A seeded source of words for one page, which remembers what stands there already."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._labels: list[str] = []
        self._prose: list[str] = []

    def invented(self, syllables: int = 2) -> str:
        """Return an invented lower-case word."""
        pick = self._rng.choice
        later = [pick(_LATER) + pick(_PLAIN_VOWELS) for _ in range(syllables - 1)]
        return "".join((pick(_FIRST), pick(_VOWELS), *later, pick(_CODAS)))

    def label(self, kind: LabelKind) -> str:
        """Return a new label of one or two words, clearly different from all text on the page."""
        for _ in range(_TRIES):
            text = self._candidate(kind)
            if len(text) <= LONGEST_LABEL and self._stands_out(text):
                self._labels.append(text)
                return text
        raise ValueError(f"no further {kind} label fits beside {len(self._labels)} others")

    def labels(self, kind: LabelKind, count: int) -> tuple[str, ...]:
        """Return several new labels of one kind."""
        return tuple(self.label(kind) for _ in range(count))

    def value(self) -> str:
        """Return something to type: an invented word, now and then with digits or a second part."""
        form = self._rng.random()
        word = self.invented(self._rng.choice((2, 2, 2, 3)))[:LONGEST_VALUE]
        if form < 0.25:
            return f"{word[:10]}{self._rng.randint(10, 999)}"
        if form < 0.35:
            return f"{word[:8]}.{self.invented(1)}"[:LONGEST_VALUE]
        return word.capitalize() if form < 0.7 else word

    def phrase(self, words: int) -> str:
        """Return several invented words with single blanks between them."""
        return " ".join(self.invented() for _ in range(words))

    def brand(self) -> str:
        """Return an invented firm's name; no label drawn later repeats it."""
        return self._remember(f"{self.invented().capitalize()} {self._rng.choice(BRAND_TAILS)}")

    def heading(self, page: HeadingKind) -> str:
        """Return a heading; no label drawn later repeats it."""
        return self._remember(self._rng.choice(HEADINGS[page]))

    def lead(self) -> str:
        """Return one sentence of prose; no label drawn later repeats it."""
        return self._remember(self._rng.choice(LEADS))

    def _remember(self, text: str) -> str:
        self._prose.append(text.casefold())
        return text

    def _stands_out(self, text: str) -> bool:
        if any(text.casefold() in prose for prose in self._prose):
            return False
        return all(clearly_different(text, other) for other in self._labels)

    def _candidate(self, kind: LabelKind) -> str:
        shape, pick = SHAPES[kind], self._rng.choice
        if self._rng.random() < 0.4:
            return pick(shape.singles)
        if self._rng.random() < _INVENTED_SHARE:
            return f"{self.invented().capitalize()} {pick(shape.tails)}"
        return f"{pick(shape.heads)} {pick(shape.tails)}"
