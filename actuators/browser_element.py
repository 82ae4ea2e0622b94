"""What the browser says of what was met, as an Element in pixels of the picture."""

import math

from handrail.actuators.browser_hit import Hit
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Element, ScreenText


def element_of(found: Hit, scale: float) -> Element:
    """Return what was met as an Element; ``scale``: pixels of the picture for one CSS pixel."""
    left, top = (math.floor(edge * scale) for edge in found.box[:2])
    right, bottom = (math.ceil(edge * scale) for edge in found.box[2:])
    box = Box(left=left, top=top, right=max(right, left + 1), bottom=max(bottom, top + 1))
    return Element(
        role=found.role,
        name=ScreenText(found.name),
        box=box,
        editable=found.editable,
        submits=found.submits,
        href=found.href,
        method=found.method,
        sends_to=found.sends_to,
        scripted=found.scripted,
        secret=found.secret,
        page=found.page,
        handle=found.state.handle,
        value=found.state.value,
        checked=found.state.checked,
    )
