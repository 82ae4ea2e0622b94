"""Whether the target of an action can take it now: seven checks, before the first input event.

A surface looks twice, two frames apart, and says what it knows of the target each time. The checks
are those of Playwright's actionability, for points instead of selectors: in bounds, unique,
visible, stable, receives the event, enabled, and editable where text is typed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handrail.actuators.actions import Action, Click, Drag, Type
from handrail.actuators.base import sanitise
from handrail.actuators.errors import ActionRefused, Obstacle
from handrail.actuators.geometry import Point
from handrail.actuators.observation import ScreenText

_NAMELESS = ScreenText("")
_DRIFT = 0.5  # units of a box: what pulses by less between two frames stays under the pointer


@dataclass(frozen=True)
class Target:
    """What one look of a surface says of what the input would reach.

    A fact is None where the surface cannot tell: it then stands in nobody's way. ``identity`` is
    equal in two looks where it is the same node; ``box`` is left, top, right, bottom in any unit
    that two looks share. ``shown``: the place lies in what is shown. ``alone``: no other control
    lies within a pixel of the place. ``visible``: a control can be seen there, or there is none.
    ``receives``: what is seen at the place is what the input reaches; ``cover`` names what would
    take it instead. ``enabled`` and ``editable`` are the target's own.
    """

    name: ScreenText = _NAMELESS
    identity: str = ""
    box: tuple[float, float, float, float] | None = None
    shown: bool | None = None
    alone: bool | None = None
    visible: bool | None = None
    receives: bool | None = None
    cover: ScreenText = _NAMELESS
    enabled: bool | None = None
    editable: bool | None = None


Looks = Sequence[Target | None]
Check = Callable[[Action, Looks], None]


def aimed(action: Action) -> bool:
    """Tell whether an action has a target to be checked: clicks, drags (their start) and text.

    Text that begins with Enter or Tab is a key press before it is text, and a key may be pressed
    wherever the keyboard is.
    """
    if isinstance(action, Type):
        return action.text[:1] not in ("", "\n", "\r", "\t")
    return isinstance(action, Click | Drag)


def place(action: Action) -> Point | None:
    """Return the point at which an action's target lies, or None: the pointer, or the keyboard."""
    if isinstance(action, Drag):
        return action.start
    return action.point if isinstance(action, Click) else None


def insist_actionable(action: Action, looks: Looks) -> None:
    """Refuse an action whose target cannot take it. Raises ActionRefused with its reason.

    ``looks`` are the surface's looks at the target, the first one first; None is a look at which
    it could not tell what lies there, and then there is nothing to be checked.
    """
    if not aimed(action) or not looks or looks[-1] is None:
        return
    now = looks[-1]
    name = f"{sanitise(now.name, 60)!r}" if now.name.raw else "the target"
    if isinstance(action, Type):
        _insist(now.enabled, "disabled", f"{name}, which has the keyboard, is disabled")
        _insist(now.editable, "not_editable", f"{name} takes no text: click a field that does")
        return
    _insist(now.shown, "out_of_bounds", "the point is not in what is shown now: look again")
    _insist(now.alone, "ambiguous", f"another control than {name} is a pixel away: aim inside one")
    _insist(now.visible, "invisible", f"{name} at this point cannot be seen: nothing was clicked")
    _insist(_still(looks), "moving", f"{name} does not stand still: wait, and look again")
    cover = f"{sanitise(now.cover, 60)!r}" if now.cover.raw else "something else"
    _insist(now.receives, "covered", f"{cover} would take the input, not {name} that is seen there")
    _insist(now.enabled, "disabled", f"{name} is disabled: something else must be done first")


def out_of_bounds(message: str) -> ActionRefused:
    """Return the refusal of a point that is not on the screen."""
    return ActionRefused(message, "out_of_bounds")


def _insist(fact: bool | None, reason: Obstacle, message: str) -> None:
    if fact is False:
        raise ActionRefused(f"{reason.replace('_', ' ')}: {message}", reason)


def _still(looks: Looks) -> bool:
    """Tell whether it is one node in one place in every look."""
    known = [look for look in looks if look is not None]
    if len(known) < len(looks) or len({look.identity for look in known}) > 1:
        return False
    boxes = [look.box for look in known if look.box is not None]
    drift = (abs(a - b) for box in boxes for a, b in zip(boxes[0], box, strict=True))
    return max(drift, default=0.0) <= _DRIFT
