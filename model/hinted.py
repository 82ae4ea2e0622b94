"""Names that a screen itself tells, set against what was found in its pixels.

A name that is what was looked for, and of one thing alone, decides; the pixels choose among several
of one name, and a name that is only alike counts for the finds that lie in its box.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from handrail.model.grounding import Pointed

ALIKE = 0.8
"""From this likeness on, 0..1, a name counts for what was looked for."""
WORTH = 4.0
"""What a name adds to a find's score, times its likeness; good finds have scores of -4 to 6."""
_ODDS, _CHANCE = 4.0, 0.98
"""What a find at a control of the very name is believed at least: set, not fitted."""
_LONGEST = 200


@dataclass(frozen=True)
class Named:
    """Something that a screen says it shows; its box in fractions of the picture's sides."""

    name: str
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, find: Pointed) -> bool:
        """Tell whether a find lies in the box."""
        return self.left <= find.x < self.right and self.top <= find.y < self.bottom

    @property
    def middle(self) -> tuple[float, float]:
        """Return where a click on it goes."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class Hints:
    """What a screen names that is, or is like, what is looked for."""

    def __init__(self, phrase: str, named: Sequence[Named]) -> None:
        wanted = _plain(phrase)
        likenesses = ((one, _likeness(wanted, _plain(one.name))) for one in named)
        self._alike = [(one, likeness) for one, likeness in likenesses if likeness >= ALIKE]
        self._exact = [one for one, likeness in self._alike if likeness == 1.0]

    @property
    def exact(self) -> bool:
        """Return whether something is named exactly what is looked for."""
        return bool(self._exact)

    def worth(self, find: Pointed) -> float:
        """Return what names add to a find's score."""
        held = (likeness for one, likeness in self._alike if one.holds(find))
        return WORTH * max(held, default=0.0)

    def settled(self, find: Pointed | None) -> Pointed | None:
        """Return the find that names decide on, which is the pixels' own where they decide nothing.

        ``find`` is the best in the pixels, None where there is none.
        """
        if find is not None and any(one.holds(find) for one in self._exact):
            return _by_name(find)
        if len(self._exact) == 1 or (self._exact and (find is None or not find.found)):
            x, y = self._exact[0].middle
            return _by_name(Pointed(x, y, _ODDS, 0.0))
        return find


def _by_name(find: Pointed) -> Pointed:
    return replace(find, odds=max(find.odds, _ODDS), chance=max(find.chance or 0.0, _CHANCE))


def _plain(text: str) -> str:
    return " ".join(text[:_LONGEST].casefold().split()).strip(" :*")


def _likeness(wanted: str, name: str) -> float:
    if not wanted or not name:
        return 0.0
    return 1.0 if wanted == name else min(0.99, SequenceMatcher(None, wanted, name).ratio())
