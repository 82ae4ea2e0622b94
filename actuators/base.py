"""The protocols at the edge of the world, and the one sanitiser of untrusted text."""

import unicodedata
from dataclasses import dataclass
from typing import Protocol

from handrail.actuators.actions import Action
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation, ScreenText


class Permit(Protocol):
    """A single-use permission for one action, bound to its digest."""

    @property
    def action_digest(self) -> str:
        """Return the SHA-256 of the permitted action."""
        ...


class PermitVerifier(Protocol):
    """Spends permits; the gate's side of the lock."""

    def redeem(self, permit: Permit, action: Action) -> None:
        """Spend the permit for this action, or raise PermitRefused; a second time always raises."""
        ...


@dataclass(frozen=True)
class Receipt:
    """What an actuator did: how long it took in seconds, and a word where there is one to say."""

    seconds: float
    note: str = ""


class Actuator(Protocol):
    """A screen that can be looked at and, with a permit, acted on.

    Every ``perform`` redeems the permit before its first input event. Constructors take a
    ``PermitVerifier``.
    """

    def observe(self) -> Observation:
        """Look at the screen now. Raises ObservationFailed, EnvironmentMissing."""
        ...

    def hit_test(self, point: Point) -> Element | None:
        """Return what the surface says lies under a pixel, or None where it cannot tell."""
        ...

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Do one action.

        Raises PermitRefused, ActionRefused and PersonActive (certainly no effect), ActionInDoubt
        (an effect is possible).
        """
        ...

    def close(self) -> None:
        """Give back what was opened; safe to call twice."""
        ...


_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def sanitise(text: ScreenText | str, limit: int = 200) -> str:
    """Return untrusted text fit for a terminal or a page: visible, on one line, at most ``limit`` long.

    Control, format (bidirectional and zero-width), surrogate, private and unassigned characters and
    line separators become ``\\uXXXX`` escapes; what is cut is counted. HTML escaping is left to the
    page's template engine and markup to the printer: neither is done here.
    """
    raw = text.raw if isinstance(text, ScreenText) else text
    shown = "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c) in _HIDDEN else c for c in raw[: limit + 1]
    )
    if len(raw) > limit or len(shown) > limit:
        return f"{shown[:limit]}... ({len(raw)} characters)"
    return shown
