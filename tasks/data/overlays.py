"""Draw what buttons say on what lies over a page, and which of them take it away."""

import random

from handrail.model.pocket.theme import Names

Part = dict[str, object]
"""A part of a page, as its template reads it: ``kind``, names and what else the kind has."""

_CONSENTS: tuple[tuple[tuple[str, bool], ...], ...] = (
    (("Accept all", False), ("Reject all", True)),
    (("Accept cookies", False), ("Only necessary", True), ("Cookie settings", False)),
    (("Allow all", False), ("Decline", True)),
    (("OK", True), ("Learn more", False)),
    (("I agree", True), ("Privacy policy", False)),
    (("Got it", True),),
)
_OFFERS: tuple[tuple[tuple[str, bool], ...], ...] = (
    (("Subscribe", False), ("No thanks", True)),
    (("Sign up", False), ("Not now", True)),
    (("Continue", False), ("Maybe later", True)),
    (("Turn on", False), ("Skip", True)),
    (("Save", False), ("Cancel", True)),
    (("Got it", True),),
    (("Close", True),),
)
"""What buttons of overlays say, and whether a click on them takes the overlay away."""
CROSSES = ("Close", "Close dialog", "Dismiss", "close", "Close this window")


def answers(rng: random.Random, names: Names, offers: bool, cross: str) -> tuple[list[Part], str]:
    """Return the buttons of an offer, or of a banner that asks for consent, and the cross's name.

    Something always takes it away: where no button does, it gets a cross.
    """
    said = rng.choice(_OFFERS if offers else _CONSENTS)
    row: list[Part] = [
        {"name": name, "primary": i == 0, "disabled": False, "closes": closes}
        for i, (name, closes) in enumerate(said)
        if names.claim(name) and name.casefold() != cross.casefold()
    ]
    if not cross and not any(button["closes"] for button in row):
        cross = CROSSES[0]
    return row, cross
