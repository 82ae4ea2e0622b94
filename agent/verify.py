"""Did an action change the world as it was meant to?

A run looks before and after each action that may have had an effect: at the pixels, and at what the
surface says lies under the point and has the keyboard. ``as intended`` needs something that shows
it: the text stands in the field, a tick changed, another page is there, the screen changed where it
was clicked. What was met, and what has the keyboard, may change its look alone: that is
``cannot tell``, and so is a change elsewhere. A verdict quotes no text of the screen.
"""

from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image

from handrail.actuators.actions import ENDINGS, Action, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, Observation
from handrail.actuators.secret import PLACEHOLDER
from handrail.sandbox.recheck import (
    CARET,
    RADIUS,
    SHARE,
    changed_pixels,
    region_holds,
    same_element,
    screen_holds,
)

Finding = Literal["as intended", "nothing changed", "otherwise", "cannot tell"]
_EDGE = 4  # a focus ring is drawn around its element


@dataclass(frozen=True)
class Verdict:
    """What was found, and by what it shows."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Sight:
    """One look: the screen, what lies under the action's point, and what has the keyboard."""

    seen: Observation
    element: Element | None = None
    focus: Element | None = None


def verify(action: Action, before: Sight, after: Sight, hidden: bool = False) -> Verdict | None:
    """Return what became of an action, or None where it was not meant to change anything.

    ``hidden``: what it typed is not to be compared with anything; neither is a secret.
    """
    if isinstance(action, (Move, Wait, *ENDINGS)):
        return None
    told: Verdict | None = None
    if isinstance(action, Type) and not hidden and not PLACEHOLDER.search(action.text):
        told = _typed(action.text, before.focus, after.focus)
    elif isinstance(action, Press) and len(action.keys) == 1 and len(action.keys[0]) == 1:
        told = None if hidden else _typed(action.keys[0], before.focus, after.focus)
    elif isinstance(action, Click):
        told = _clicked(action, before, after)
    return told or _elsewhere(before, after) or _pixels(action, before, after)


def _typed(text: str, was: Element | None, now: Element | None) -> Verdict | None:
    """Compare what a field held with what it holds; None where that is not told."""
    if was is None or now is None or not _same(was, now):
        return None
    if was.value is None or now.value is None or any(not c.isprintable() for c in text):
        return None
    wanted, held, holds = map(_plain, (text, was.value.raw, now.value.raw))
    if wanted in holds and (holds != held or holds == wanted):
        return Verdict("as intended", "the text stands in the field")
    if holds == held:
        return Verdict("nothing changed", "the field holds what it held before")
    return Verdict("otherwise", "the field does not hold the text as it was typed")


def _clicked(action: Click, before: Sight, after: Sight) -> Verdict | None:
    was, now = before.element, after.element
    if was is None or now is None or not _same(was, now):
        return None
    if was.checked is not None and now.checked is not None and action.button == "left":
        if was.checked == now.checked:
            return Verdict("nothing changed", "it is ticked or not as it was before")
        return Verdict("as intended", "it is ticked now" if now.checked else "it is not ticked now")
    if was.editable and after.focus is not None and _same(now, after.focus):
        return Verdict("as intended", "the field has the keyboard")
    return None


def _elsewhere(before: Sight, after: Sight) -> Verdict | None:
    """Tell of another page or window, and of keys that go elsewhere or that changed a control."""
    was, now = before.seen.surface, after.seen.surface
    if was.url != now.url:
        return Verdict("as intended", "another page is there")
    shown = was.kind == "desktop" and was.window != now.window
    if shown or was.window_kind != now.window_kind:
        return Verdict("as intended", "another window or dialog is in front")
    if before.element is None and before.focus is not None and after.focus is not None:
        if not _same(before.focus, after.focus):
            return Verdict("as intended", "something else has the keyboard")
        if _state(before.focus) != _state(after.focus):
            return Verdict("as intended", "what has the keyboard changed")
    return None


def _same(was: Element, now: Element) -> bool:
    """Tell whether two elements are described alike: a page may make one anew as it is used."""
    return same_element(replace(was, handle=""), replace(now, handle=""))


def _state(element: Element) -> tuple[str | None, bool | None]:
    return None if element.value is None else element.value.raw, element.checked


def _pixels(action: Action, before: Sight, after: Sight) -> Verdict:
    seen = before.seen
    if seen.image.size != after.seen.image.size:
        return Verdict("as intended", "the screen has another size")
    changed = changed_pixels(seen.image, after.seen.image)
    place = changed.getbbox()
    scale = seen.geometry.scale
    if place is None or place[2] - place[0] <= CARET * scale:
        return Verdict("nothing changed", "the screen is as it was before")
    if isinstance(action, Scroll):
        return Verdict("as intended", "the screen moved on")
    if isinstance(action, Click | Drag):
        return _around(action, before, after, changed)
    return Verdict("cannot tell", "something changed on the screen")


def _around(action: Click | Drag, before: Sight, after: Sight, changed: Image.Image) -> Verdict:
    """Look beside what was met and what had or has the keyboard: these change their look anyway."""
    scale, element = before.seen.geometry.scale, before.element
    known = [e for e in (element, before.focus, after.focus) if e is not None]
    for one in known:
        if one.role != "window":
            changed.paste(0, _grown(one.box, _EDGE * scale))
    if changed.getbbox() is None:
        return Verdict("cannot tell", "only the look of what it met changed")
    point = action.point if isinstance(action, Click) else action.end
    if not region_holds(changed, point, scale):
        return Verdict("as intended", "the screen changed around the point")
    if element is not None and element.role != "window":
        near = changed.crop(_grown(element.box, RADIUS * scale))
        if near.histogram()[255] > SHARE * near.width * near.height:
            return Verdict("as intended", "the screen changed beside what it met")
    if not screen_holds(changed):
        return Verdict("as intended", "much of the screen changed")
    return Verdict("cannot tell", "something changed elsewhere on the screen")


def _grown(box: Box, by: float) -> tuple[int, int, int, int]:
    edge = round(by)
    return max(0, box.left - edge), max(0, box.top - edge), box.right + edge, box.bottom + edge


def _plain(text: str) -> str:
    """Return text without the differences that fields make: hard blanks, line ends."""
    return text.replace("\u00a0", " ").replace("\r\n", "\n")


def target_of(action: Action) -> Point | None:
    """Return the point at which an action is verified, or None where it has none."""
    if isinstance(action, Click):
        return action.point
    return action.end if isinstance(action, Drag) else None
