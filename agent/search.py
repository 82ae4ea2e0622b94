"""Look for what is not in view: close what lies over it, scroll down, then back up, or give up.

A model that says "not here" of a whole screen has seen one part of one page. What it looks for may
lie under a pop-up, or further down. Each search step is a proposal of its own and goes through the
gate like any other. Its line says what it is for; the model, which knows nothing of searches, is
not told of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from handrail.agent.history import Step
from handrail.agent.proposal import Proposal
from handrail.model.grounding import Pointed

Way = Literal["close", "down", "up"]
Next = Literal["down", "up"] | Literal["point", "give up"]
MOST_SCREENS, MOST_CLOSED = 6, 3
"""So often a search scrolls down at most, and so many pop-ups it closes."""
SHARE = 0.8
"""How much of a screen's height a search scrolls by: what was cut at its edge is whole then."""
LEAST = 0.01
"""The confidence below which not even the best find of a whole search is acted on."""
_LOOK_FOR = "look for "
_WORDS: dict[Way, str] = {
    "close": "close what lies over it",
    "down": "scroll down",
    "up": "scroll up",
}
_FURTHER: dict[Way, int] = {"close": 0, "down": 1, "up": -1}
_PLAIN, _STRIP = 10, (96, 48)


@dataclass(frozen=True)
class Taken:
    """A step of a search, and whether the screen changed by it."""

    way: Way
    changed: bool


def line(way: Way, name: str) -> str:
    """Return how a step of the search for a name is told of."""
    return f"{_LOOK_FOR}{' '.join(name.split())}: {_WORDS[way]}"


def is_search(step: Step) -> bool:
    """Tell whether a step only looked for something."""
    told = step.reply.line if isinstance(step.reply, Proposal) else ""
    return told.startswith(_LOOK_FOR) and told.endswith(tuple(f": {w}" for w in _WORDS.values()))


def taken(history: Sequence[Step], name: str) -> list[Taken]:
    """Return the steps of the search for a name that the history ends with, the oldest first."""
    lines = {line(way, name): way for way in _WORDS}
    found: list[Taken] = []
    for step in reversed(history):
        if not isinstance(step.reply, Proposal):
            continue
        if step.reply.line not in lines:
            break
        way = lines[step.reply.line]
        found.append(Taken(way, _changed(step, way)))
    return found[::-1]


def _changed(step: Step, way: Way) -> bool:
    """Tell whether a step moved the screen on; a pop-up must have gone, not just looked pressed."""
    finding = None if step.verdict is None else step.verdict.finding
    done = step.outcome is not None and step.outcome.kind in ("done", "in_doubt")
    return done and (finding == "as intended" if way == "close" else finding != "nothing changed")


class Search:
    """Decides the next step of a search; remembers how good the finds on each screen were."""

    def __init__(self) -> None:
        self._asked: tuple[str, str] = ("", "")
        self._best: dict[int, float] = {}

    def onward(self, asked: tuple[str, str], done: Sequence[Taken], here: Pointed) -> Next:
        """Say what comes next where a name is not found, and nothing lies over the screen.

        ``asked`` are the question and the name. After a search in vain it goes back to the best
        find and points there, unless that is hopeless, too.
        """
        if asked != self._asked or not done:
            self._asked, self._best = asked, {}
        at = sum(_FURTHER[one.way] for one in done if one.changed)
        self._best[at] = max(here.confidence, self._best.get(at, 0.0))
        ups = [one for one in done if one.way == "up"]
        downs = [one for one in done if one.way == "down"]
        if not ups and len(downs) < MOST_SCREENS and all(one.changed for one in downs):
            return "down"
        if len(ups) < 2 * MOST_SCREENS and all(one.changed for one in ups):
            return "up"
        best = max(self._best, key=lambda place: self._best[place])
        if self._best[best] < LEAST:
            return "give up"
        returning = done[-1].way == "down"
        return "down" if at < best and (done[-1].changed or not returning) else "point"


def may_close(done: Sequence[Taken]) -> bool:
    """Tell whether one more pop-up may be closed: few were, and each of them went."""
    closed = [one for one in done if one.way == "close"]
    return len(closed) < MOST_CLOSED and all(one.changed for one in closed)


def quiet_place(image: Image.Image) -> tuple[float, float]:
    """Return a place near the middle, in fractions, where nothing is drawn; the middle without one.

    A wheel that turns over a list, a slider or a number changes it; over plain ground it scrolls.
    """
    grey, (wide, tall) = image.convert("L"), _STRIP
    spots = [
        (x, y)
        for x in range(0, max(1, grey.width - wide), wide // 2)
        for y in range(0, max(1, grey.height - tall), tall // 2)
    ]
    middle = (grey.width - wide) / 2, (grey.height - tall) / 2
    spots.sort(key=lambda s: abs(s[0] - middle[0]) + abs(s[1] - middle[1]))
    for x, y in spots:
        low, high = grey.crop((x, y, x + wide, y + tall)).getextrema()
        if isinstance(low, int) and isinstance(high, int) and high - low <= _PLAIN:
            return (x + wide / 2) / grey.width, (y + tall / 2) / grey.height
    return 0.5, 0.5
