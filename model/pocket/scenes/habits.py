"""What all buttons and fields of one screen have in common, as one maker's have."""

import random
from dataclasses import dataclass
from typing import Literal

ButtonLook = Literal["flat", "blended", "raised", "outlined"]
FieldLook = Literal["outlined", "filled", "underlined", "soft"]
LabelPlace = Literal["above", "left", "beside", "inside", "floating", "hint"]

_BUTTONS: tuple[ButtonLook, ...] = ("flat", "flat", "blended", "raised", "outlined")
_FIELDS: tuple[FieldLook, ...] = (
    "outlined",
    "outlined",
    "outlined",
    "filled",
    "underlined",
    "soft",
)
_PLACES: tuple[LabelPlace, ...] = (
    "above", "above", "above", "left", "left", "beside", "inside", "floating", "hint", "hint",
)  # fmt: skip


@dataclass(frozen=True)
class Habits:
    """How buttons and fields look.

    ``round``: corners of buttons as a share of their height, or below 0 as the theme has them;
    ``upper``: buttons speak in capitals; ``place``: where fields have their labels: "left" and
    "beside" of them (aligned at the left or at the right), "inside" and "floating" over their edge,
    or "hint" where they have none but what stands in them.
    """

    button: ButtonLook
    round: float
    upper: bool
    field: FieldLook
    place: LabelPlace

    @classmethod
    def drawn(cls, rng: random.Random) -> "Habits":
        """Draw one maker's habits."""
        return cls(
            rng.choice(_BUTTONS),
            rng.choice((-1.0, -1.0, -1.0, 0.0, 0.5)),
            rng.random() < 0.12,
            rng.choice(_FIELDS),
            rng.choice(_PLACES),
        )

    def label_place(self, rng: random.Random) -> LabelPlace:
        """Return where one field has its label: in one of four as no other has."""
        return rng.choice(_PLACES) if rng.random() < 0.25 else self.place
