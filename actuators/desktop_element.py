"""What lies on a desktop, as an Element: the window system's word and a program's, kept apart."""

import math

from handrail.actuators.desktop_devices import Area, Shown, Told
from handrail.actuators.geometry import Box, ScreenGeometry
from handrail.actuators.observation import Element, ScreenText


def element_of(shown: Shown, told: Told | None, geometry: ScreenGeometry) -> Element:
    """Return a part of a window as its program tells it, or the window itself."""
    title = ScreenText(shown.title)
    handle = f"{shown.id:x}"
    if told is None:
        box = picture_box(shown.area, geometry)
        return Element(
            "window", title, box, window=title, handle=handle, application=shown.application
        )
    return Element(
        # Only the window system says what a window is: a program cannot call a part of it so.
        "dialog" if told.role == "window" else told.role,
        told.name,
        picture_box(told.area or shown.area, geometry),
        editable=told.editable,
        secret=told.secret,
        window=title,
        embedded=told.embedded,
        handle=told.handle,
        application=shown.application,
    )


def picture_box(area: Area, geometry: ScreenGeometry) -> Box:
    """Return a rectangle of the screen in pixels of the picture."""
    left = math.floor((area.left - geometry.origin_x) * geometry.scale)
    top = math.floor((area.top - geometry.origin_y) * geometry.scale)
    right = left + math.ceil(area.width * geometry.scale)
    bottom = top + math.ceil(area.height * geometry.scale)
    return Box(left=left, top=top, right=right, bottom=bottom)
