"""Likeness: what a later action must share with an approved one, to count as the same kind.

Promises
- Two actions are alike only where all of this is equal: the kind of action, with its button and
  count, or its keys; the effect class; the role and the name of the element; and every place where
  the action lands or leads to, each by its surface and its origin (in a browser) or its window.
- There is no likeness, and so nothing to approve but the action itself, for the effects
  ``destroy``, ``system`` and ``unknown``; where the element or a place cannot be told; and where a
  name is long or holds what cannot be shown as it is.
- ``told`` states all of that in one line, whole.

Does not promise
- That a name means the same the second time: within one origin, a page chooses its names.
- Anything about the text that is typed: the kind is any text into that field, and ``told`` says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.base import sanitise
from handrail.actuators.observation import Element, Surface
from handrail.sandbox.addresses import origin_of
from handrail.sandbox.destination import reached
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.landing import target
from handrail.sandbox.rules import ActionKind, EffectClass

NEVER_BY_KIND: frozenset[EffectClass] = frozenset({"destroy", "system", "unknown"})
_LONGEST = 160


@dataclass(frozen=True)
class Likeness:
    """A kind of action; ``places``: where it lands and leads to, each in words."""

    action: ActionKind
    how: str
    effect: EffectClass
    role: str
    name: str
    places: tuple[str, ...]

    @classmethod
    def of(
        cls,
        action: Action,
        effect: EffectClass,
        elements: Sequence[Element | None],
        surface: Surface,
    ) -> "Likeness | None":
        """Return the kind of an action, or None where it has none that could be approved."""
        aimed = target(action, tuple(elements))
        if aimed is None or effect in NEVER_BY_KIND:
            return None
        places = tuple(sorted({place_of(s) for s in reached(action, elements, surface)}))
        words = (aimed.role, aimed.name.raw, *places)
        if not all(place.strip() for place in places) or not all(map(_plain, words)):
            return None
        return cls(action.kind, _how(action), effect, aimed.role, aimed.name.raw, places)

    def told(self) -> str:
        """Return in words every action that is of this kind."""
        what = f"{self.action} {self.how}".strip()
        at = " and ".join(self.places)
        return f'every {what} with the effect {self.effect} on {self.role} "{self.name}" at {at}'


def place_of(surface: Surface) -> str:
    """Return a surface's origin or window in words, or an empty string where it cannot be told."""
    try:
        origin = origin_of(surface.url)
    except UnreadableHost:
        return ""
    if origin is not None:
        return origin
    title = surface.window.raw
    if surface.kind == "browser" or not title:
        return ""
    return f'window "{title}" on {surface.kind} {surface.name}'


def _how(action: Action) -> str:
    if isinstance(action, Click):
        return f"({action.button}, {action.count} times)"
    if isinstance(action, Press):
        return f"of {'+'.join(action.keys)}"
    return "of any text" if isinstance(action, Type) else ""


def _plain(text: str) -> bool:
    """Tell whether a text is short and shown as it is."""
    return len(text) <= _LONGEST and sanitise(text, _LONGEST) == text
