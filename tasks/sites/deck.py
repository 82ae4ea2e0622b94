"""A player's deck: a page of buttons that show signs and no words, drawn from a seed.

Which sign means what is the same on every deck; where it stands and its colours are the seed's. It
is an application of which a model that finds things by their words knows nothing: material for
tuning, and for nothing else.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from handrail.actuators.actions import Click, Terminate
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.tasks.sites.render import template

WIDTH, HEIGHT = 800, 560
_SIDE, _GAP, _PAD, _COLUMNS = 48, 16, 18, 4
_SIGNS = {
    "Play": "M6 3 L21 12 L6 21 Z",
    "Pause": "M5 3 H10 V21 H5 Z M14 3 H19 V21 H14 Z",
    "Record": "M12 3 A9 9 0 1 0 12 21 A9 9 0 1 0 12 3 Z",
    "Eject": "M12 3 L21 14 H3 Z M3 17 H21 V21 H3 Z",
    "Louder": "M9 3 H15 V9 H21 V15 H15 V21 H9 V15 H3 V9 H9 Z",
    "Quieter": "M3 9 H21 V15 H3 Z",
    "Rewind": "M12 4 V20 L2 12 Z M22 4 V20 L12 12 Z",
    "Forward": "M2 4 L12 12 L2 20 Z M12 4 L22 12 L12 20 Z",
}
_LOOKS = (
    ("#f4f4f6", "#ffffff", "#e3e6ec", "#1d2430"), ("#20242c", "#2c323d", "#414a59", "#f2f4f8"),
    ("#eef3ea", "#fbfdf9", "#cfe0c4", "#1f3318"), ("#f3ece4", "#fffaf4", "#ecd3b4", "#40240a"),
    ("#e8eef6", "#f8fbff", "#2f6fd0", "#ffffff"), ("#191919", "#262626", "#8a2d4a", "#ffffff"),
)  # fmt: skip


@dataclass(frozen=True)
class Button:
    """A button: its name, its sign as an SVG path, and its box in pixels."""

    name: str
    path: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Deck:
    """A deck before it is HTML; ``wanted`` are the names to press, in order."""

    left: int
    top: int
    radius: int
    page: str
    panel: str
    key: str
    ink: str
    buttons: tuple[Button, ...]
    wanted: tuple[str, ...]
    side: int = _SIDE

    @property
    def width(self) -> int:
        """Return the deck's width in pixels."""
        return 2 * _PAD + _COLUMNS * _SIDE + (_COLUMNS - 1) * _GAP

    @property
    def height(self) -> int:
        """Return the deck's height in pixels."""
        return 2 * _PAD + 2 * _SIDE + _GAP

    @property
    def goal(self) -> str:
        """Return what is to be done, in words."""
        parts = [f"click {name}" for name in self.wanted]
        return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f", then {parts[-1]}"

    @property
    def end(self) -> str:
        """Return how the page's address ends once just that was done, and in that order."""
        return f"#{'-'.join(self.wanted).lower()}"

    @property
    def file(self) -> str:
        """Return the page's file name."""
        return "deck.html"

    def html(self) -> str:
        """Return the page."""
        return template("deck").render(plan=self)


def deck(seed: int) -> Deck:
    """Draw a deck and two to four of its buttons to press."""
    rng = random.Random(f"deck {seed}")
    page, panel, key, ink = rng.choice(_LOOKS)
    made = Deck(0, 0, rng.choice((0, 6, 24)), page, panel, key, ink, (), ())
    left = rng.randint(8, WIDTH - made.width - 8)
    top = rng.randint(8, HEIGHT - made.height - 8)
    buttons = []
    for index, (name, path) in enumerate(_SIGNS.items()):
        row, column = divmod(index, _COLUMNS)
        x = left + _PAD + column * (_SIDE + _GAP)
        y = top + _PAD + row * (_SIDE + _GAP)
        buttons.append(Button(name, path, (x, y, x + _SIDE, y + _SIDE)))
    wanted = tuple(rng.sample(list(_SIGNS), rng.randint(2, 4)))
    return Deck(left, top, made.radius, page, panel, key, ink, tuple(buttons), wanted)


class DeckExpert:
    """A proposer that knows a deck: it says and does each press, and then that all is done."""

    def __init__(self, deck: Deck) -> None:
        self._wanted = deck.wanted
        self._boxes = {button.name: button.box for button in deck.buttons}

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the first press that was not done yet."""
        done = sum(step.outcome is not None and step.outcome.kind == "done" for step in history)
        if done >= len(self._wanted):
            return Proposal(Terminate(status="success"), "finish")
        name = self._wanted[done]
        left, top, right, bottom = self._boxes[name]
        middle = Point(x=(left + right) // 2, y=(top + bottom) // 2)
        return Proposal(Click(point=middle), f"click {name}")
