"""Expectations: what a policy file says it should decide, so that it can be tested by itself.

Promises
- A ``[[test]]`` table describes an action as the gate would meet it: the typed action, what lies
  under it, where and when. The class of its effect is found as the gate finds it, unless the table
  names one. It is judged wherever it lands and leads to, as the gate does.
- What the table leaves out is not known, as it would be to the gate.

Does not promise
- That a page will look as the table says.
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Strict

from handrail.actuators.actions import Action, Click, points
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.observation import Application, Element, ScreenText, Surface, SurfaceKind
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.effects import classify
from handrail.sandbox.rules import Decision, EffectClass

_SCREEN = ScreenGeometry(width=1000, height=1000)


class Expectation(BaseModel):
    """One expected decision; points of its action are on a screen of 1000 by 1000.

    Without ``role`` nothing is known to lie under the action; on a desktop it is the window that
    ``window`` names, in which an element with a role lies. ``application`` is the name of its
    application, or the whole path of its program. ``time`` is local; ``goal`` is what the user
    asked for, who began on ``url``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    expect: Decision
    action: Action = Click(point=Point(x=500, y=500))
    effect: EffectClass | None = None
    surface: SurfaceKind = "browser"
    url: str = ""
    window: str = ""
    application: str = ""
    owned_display: Annotated[bool, Strict()] = False
    role: str | None = None
    text: str = ""
    editable: Annotated[bool, Strict()] = False
    submits: Annotated[bool, Strict()] = False
    href: str = ""
    time: Annotated[datetime, Strict()] | None = None
    goal: str = ""

    @property
    def place(self) -> Surface:
        """Return the surface."""
        title = ScreenText(self.window)
        surface = Surface(self.surface, "test", self.owned_display, title, self.url)
        return replace(surface, application=self._application)

    @property
    def _application(self) -> Application:
        path = self.application.startswith("/")
        return Application(program=self.application) if path else Application(self.application)

    @property
    def element(self) -> Element | None:
        """Return what lies under the action, or has the keyboard."""
        box = Box(left=0, top=0, right=1000, bottom=1000)
        title = ScreenText(self.window if self.surface == "desktop" else "")
        if self.role is None and title.raw and points(self.action):
            return Element("window", title, box, window=title, application=self._application)
        if self.role is None:
            return None
        name = ScreenText(self.text)
        element = Element(self.role, name, box, self.editable, self.submits, self.href)
        return replace(element, window=title, application=self._application)

    @property
    def effect_class(self) -> EffectClass:
        """Return the class of its effect."""
        return self.effect or classify(self.action, self.element, self.place)

    @property
    def around(self) -> Circumstances:
        """Return what else is known."""
        elements = (self.element,) * max(1, len(points(self.action)))
        return Circumstances(elements, _SCREEN, self.time)
