"""The protocols at the edge of the world, and the one sanitiser of untrusted text."""

import unicodedata
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from handrail.actuators.actions import Action
from handrail.actuators.censor import Censor
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation, ScreenText, Surface


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


class SecretResolver(Protocol):
    """Knows what the names of secrets stand for, and where each may be typed.

    An actuator asks it while it types and at no other time. ``censor`` knows every value that was
    given out: the actuator keeps them out of its pictures and its words.
    """

    @property
    def censor(self) -> Censor:
        """Return what keeps the values that were given out out of texts."""
        ...

    def resolve(self, name: str, element: Element | None, surface: Surface) -> SecretStr:
        """Return a secret that is to be typed now into what has the keyboard of this surface.

        Raises ActionRefused where there is none of this name, or it is not meant for this place.
        """
        ...


@dataclass(frozen=True)
class Receipt:
    """What an actuator did: how long it took in seconds, and a word where there is one to say."""

    seconds: float
    note: str = ""


class Actuator(Protocol):
    """A screen that can be looked at and, with a permit, acted on.

    Every ``perform`` redeems the permit before its first input event. Constructors take a
    ``PermitVerifier`` and a ``SecretResolver``: placeholders of secrets are filled in while they
    are typed, and pictures are masked where such text shows.
    """

    def observe(self) -> Observation:
        """Look at the screen now. Raises ObservationFailed, EnvironmentMissing."""
        ...

    def hit_test(self, point: Point) -> Element | None:
        """Return what the surface says lies under a pixel, or None where it cannot tell."""
        ...

    def focused(self) -> Element | None:
        """Return what has the keyboard, or None where nothing has or the surface cannot tell."""
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


_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Me"}
# Fillers, variation selectors and blanks that show nothing, though their category does not say so.
_INVISIBLE = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2800, 0x3164, 0xFFA0, 0x1D159))
) | frozenset(map(chr, (*range(0x180B, 0x180E), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_MARKS_IN_A_ROW = 3


def sanitise(text: ScreenText | str, limit: int = 200) -> str:
    """Return untrusted text fit to be shown: visible, on one line, cut to ``limit`` characters.

    Control, format (bidirectional and zero-width), surrogate, private, unassigned and invisible
    characters, blanks other than the space, line separators, enclosing marks and more than three
    combining marks in a row (or one with nothing before it) become ``\\uXXXX`` or
    ``\\UXXXXXXXX``; a backslash is doubled, so that the text cannot write such an escape itself.
    Where text is cut, between two characters, its whole length is told. HTML escaping is left to
    the page's template engine and markup to the printer: neither is done here. Letters of
    right-to-left scripts stay as they are.
    """
    raw = text.raw if isinstance(text, ScreenText) else text
    shown: list[str] = []
    used, marks = 0, _MARKS_IN_A_ROW
    for character in raw[: limit + 1]:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Mc"} else 0
        piece = _visible(character) if marks <= _MARKS_IN_A_ROW else _escape(character)
        if piece != character:
            marks = _MARKS_IN_A_ROW
        used += len(piece)
        if used > limit:
            return f"{''.join(shown)}... ({len(raw)} characters)"
        shown.append(piece)
    return "".join(shown)


def _visible(character: str) -> str:
    if character == "\\":
        return "\\\\"
    category = unicodedata.category(character)
    blank = category == "Zs" and character != " "
    hidden = category in _HIDDEN or character in _INVISIBLE
    return _escape(character) if hidden or blank else character


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
