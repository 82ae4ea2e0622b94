"""Ask for what takes away a pop-up, whatever it is called: a cross, "No thanks", "Got it".

What lies in the way has a phrase of its own, so that it can be asked for on a screen whose words
nobody knows yet.
"""

import random

from handrail.model.pocket.canvas import Element
from handrail.model.pocket.instructions import Clause, Move
from handrail.model.pocket.targets import Tile, visible

PHRASE = "close the pop-up"
"""How a search asks for it."""
_PHRASES = (
    *(PHRASE, PHRASE, PHRASE, "close the popup", "close the dialog", "close the dialog box"),
    *("close the banner", "close the message", "close the notification", "dismiss the pop-up"),
    *("dismiss the dialog", "dismiss the message", "get rid of the pop-up", "close the overlay"),
)
_WHOLE = 0.97


def phrase(rng: random.Random) -> str:
    """Return a way to ask for it: it is the name that is looked for, too."""
    said = rng.choice(_PHRASES)
    return said.capitalize() if rng.random() < 0.15 else said


def clause(rng: random.Random) -> Clause:
    """Return a clause that asks for a pop-up to be closed."""
    said = rng.choice(_PHRASES)
    return Clause(said, (Move(said),), (0,))


def asked_on(tile: Tile, rng: random.Random, share: float) -> tuple[Element | None, ...]:
    """Return what may be asked for on a tile: something that closes, nothing, or no question.

    Tiles with a pop-up always ask; of those without, a ``share`` asks for what is not there. Where
    only a part of what closes can be seen, neither answer would be right.
    """
    closers = [e for e in (*tile.present, *tile.unnamed) if e.closes]
    whole = [e for e in closers if visible(e.box, *tile.size) > _WHOLE]
    if whole:
        return (rng.choice(whole),)
    return () if closers or rng.random() >= share else (None,)
