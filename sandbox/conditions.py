"""Conditions: the typed values that a rule may compare with, each in one form.

Promises
- Words are compared without regard to case, width, invisible characters and runs of blanks.
- A region holds a place that is on its edge; hours hold their first minute and not their last.
- A value that is not of its form is a ``ValueError`` that says which forms are allowed.

Does not promise
- To see through look-alike letters of other scripts.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import Strict

from handrail.actuators.observation import Application

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Fraction = Annotated[float, Strict()]
Region = tuple[Fraction, Fraction, Fraction, Fraction]

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
# Marks and fillers that show nothing, though their category does not say so.
_UNSEEN = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, *range(0xFE00, 0xFE10)))
)


def visible(text: str) -> str:
    """Return the text as it is seen: NFKC, single blanks, nothing invisible."""
    normal = unicodedata.normalize("NFKC", text)
    blank = "".join(" " if unicodedata.category(c) == "Cc" else c for c in normal)
    shown = (c for c in blank if unicodedata.category(c) != "Cf" and c not in _UNSEEN)
    return " ".join("".join(shown).split())


@lru_cache(maxsize=1024)
def plain_words(text: str) -> str:
    """Return the text as it is compared: visible, with folded case."""
    return visible(unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class Words:
    """Visible words: the whole text, or with ``*`` its beginning, its end or a part of it."""

    words: str
    starts: bool
    ends: bool

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises ValueError."""
        starts, ends = not text.startswith("*"), not text.endswith("*")
        words = plain_words(text.strip("*"))
        if not words:
            raise ValueError(
                'name the words that are to be seen: "Save", "Save*", "*draft" or "*draft*"'
            )
        return cls(words, starts, ends)

    def holds(self, text: str) -> bool:
        """Tell whether a text has these words."""
        said = plain_words(text)
        if self.starts and self.ends:
            return said == self.words
        if self.starts:
            return said.startswith(self.words)
        return said.endswith(self.words) if self.ends else self.words in said


@dataclass(frozen=True)
class ApplicationPattern:
    """A window's application: by its own name, or by the whole path of the program behind it."""

    text: str

    @classmethod
    @lru_cache(maxsize=256)
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises ValueError."""
        path = "/" in text
        if not text.strip() or "*" in text or (path and not text.startswith("/")):
            raise ValueError(
                f"{text!a} is no application; allowed: the name that its windows have (WM_CLASS), "
                'such as "Mousepad", or the whole path of its program, such as "/usr/bin/mousepad"'
            )
        return cls(text)

    def holds(self, application: Application, exactly: bool) -> bool | None:
        """Tell whether this is it, None where that is not known; a path is compared exactly."""
        by_path = self.text.startswith("/")
        said = application.program if by_path else application.name
        if not said:
            return None
        if by_path or exactly:
            return said == self.text
        return plain_words(said) == plain_words(self.text)


@dataclass(frozen=True)
class Hours:
    """A time of day, ``08:00-18:00``; one that ends before it begins goes past midnight."""

    begin: time
    end: time

    @classmethod
    @lru_cache(maxsize=64)
    def parse(cls, text: str) -> Self:
        """Read hours. Raises ValueError."""
        found = _HOURS.fullmatch(text)
        if found is None or found[1] + found[2] == found[3] + found[4]:
            raise ValueError(f'{text!a} are not hours; allowed: "08:00-18:00", "22:00-06:00"')
        numbers = [int(part) for part in found.groups()]
        return cls(time(numbers[0], numbers[1]), time(numbers[2], numbers[3]))

    def holds(self, now: datetime) -> bool:
        """Tell whether this moment lies in them."""
        at = now.time()
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


def checked_region(region: Region) -> Region:
    """Return the region, (left, top, right, bottom) in fractions. Raises ValueError."""
    left, top, right, bottom = region
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(
            "a region is [left, top, right, bottom] in fractions of the screen, 0 to 1"
        )
    return region


def in_region(region: Region, place: tuple[float, float]) -> bool:
    """Tell whether a place, in fractions of the screen, lies in the region."""
    left, top, right, bottom = region
    return left <= place[0] <= right and top <= place[1] <= bottom


def weekday(now: datetime) -> Weekday:
    """Return the day of the week."""
    return WEEKDAYS[now.weekday()]
