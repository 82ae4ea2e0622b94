"""Named controls that show on a page, as hints for a model: names from the accessibility tree.

Names and roles are the page's own claims. Where a control is, and whether a click there would meet
it, is asked of the browser in an isolated world, where the page's script has redefined nothing.
Frames are left out: what they hold is not told.
"""

import contextlib
import math
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_hit import CONTROL_ROLES, ROLES
from handrail.actuators.browser_objects import GROUP, WORLD
from handrail.actuators.geometry import Box, ScreenGeometry
from handrail.actuators.observation import Hint, ScreenText
from handrail.actuators.reading import MOST_HINTS

Question = tuple[str, dict[str, Any]]
_ICONS = re.compile("[\ue000-\uf8ff]")
"""What icon fonts draw are characters of the private use area, which are no part of a name."""
_ASKED = 3 * MOST_HINTS
"""A long page has many controls, most of which are scrolled off."""

# What of each control shows in the window, and takes a click: of a box that is ticked, its label
# where the box itself is drawn by the label.
SHOWING = """function (...controls) {
  const inside = box => ({
    left: Math.max(0, box.left), top: Math.max(0, box.top),
    right: Math.min(innerWidth, box.right), bottom: Math.min(innerHeight, box.bottom),
  });
  const place = control => {
    const labels = [...(control.labels || [])];
    for (const part of [control, ...labels]) {
      const box = inside(part.getBoundingClientRect());
      if (box.right - box.left < 1 || box.bottom - box.top < 1) continue;
      const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
      // asked of a shadow root, closed ones too, it tells what is met in there
      const met = part.getRootNode().elementFromPoint(x, y);
      if ([control, ...labels].some(one => one.contains(met)))
        return [box.left, box.top, box.right, box.bottom];
    }
    return null;
  };
  return controls.map(control => control.nodeType === 1 ? place(control) : null);
}"""


async def page_hints(session: CDPSession, geometry: ScreenGeometry) -> tuple[Hint, ...]:
    """Return the named controls that show. Raises playwright's Error."""
    inquiry = Inquiry(geometry)
    while inquiry.asks is not None:
        try:
            inquiry.take(await session.send(*inquiry.asks))
        except PlaywrightError as error:
            inquiry.fail(error)
    return inquiry.found


class Inquiry:
    """The questions to DevTools, one after the other, for any way of sending them.

    ``asks`` is the next, a method and its parameters, None once all is ``found``.
    """

    def __init__(self, geometry: ScreenGeometry) -> None:
        self.found: tuple[Hint, ...] = ()
        self._steps = _asking(geometry)
        self.asks: Question | None = next(self._steps)

    def take(self, answer: dict[str, Any]) -> None:
        """Go on with an answer."""
        self._go(lambda: self._steps.send(answer))

    def fail(self, error: PlaywrightError) -> None:
        """Go on without one. Raises the error where that cannot be."""
        self._go(lambda: self._steps.throw(error))

    def _go(self, step: Callable[[], Question]) -> None:
        try:
            self.asks = step()
        except StopIteration as end:
            self.asks, self.found = None, end.value


def _asking(geometry: ScreenGeometry) -> Generator[Question, dict[str, Any], tuple[Hint, ...]]:
    named = _named_controls((yield "Accessibility.getFullAXTree", {})["nodes"])[:_ASKED]
    frame = (yield "Page.getFrameTree", {})["frameTree"]["frame"]["id"]
    isolated = {"frameId": frame, "worldName": WORLD}
    here = (yield "Page.createIsolatedWorld", isolated)["executionContextId"]
    there: list[tuple[_Named, dict[str, Any]]] = []
    for one in named:
        node = {"backendNodeId": one.node, "executionContextId": here, "objectGroup": GROUP}
        with contextlib.suppress(PlaywrightError):  # it has gone meanwhile
            there.append((one, (yield "DOM.resolveNode", node)["object"]))
    boxes: list[Any] = []
    if there:
        call = {
            "objectId": there[0][1]["objectId"],
            "functionDeclaration": SHOWING,
            "arguments": [{"objectId": target["objectId"]} for _, target in there],
            "returnByValue": True,
            "objectGroup": GROUP,
        }
        boxes = (yield "Runtime.callFunctionOn", call)["result"].get("value", [])
    yield "Runtime.releaseObjectGroup", {"objectGroup": GROUP}
    shown = zip((one for one, _ in there), boxes, strict=False)
    hints = (
        Hint(one.role, ScreenText(one.name), place)
        for one, box in shown
        if box is not None and (place := geometry.clipped(_pixels(box, geometry.scale)))
    )
    return tuple(hints)[:MOST_HINTS]


@dataclass(frozen=True)
class _Named:
    """A control of the accessibility tree, by the number of its node."""

    node: int
    role: str
    name: str


def _named_controls(nodes: list[dict[str, Any]]) -> list[_Named]:
    """Return the controls of an accessibility tree that have a name."""
    found = []
    for node in nodes:
        role = str(node.get("role", {}).get("value", ""))
        role = ROLES.get(role, role)
        name = " ".join(_ICONS.sub(" ", str(node.get("name", {}).get("value", ""))).split())
        number = int(node.get("backendDOMNodeId", 0))
        if not node.get("ignored") and role in CONTROL_ROLES and name and number:
            found.append(_Named(number, role, name))
    return found


def _pixels(edges: list[float], scale: float) -> Box:
    left, top = (math.floor(edge * scale) for edge in edges[:2])
    right, bottom = (math.ceil(edge * scale) for edge in edges[2:])
    return Box(left=left, top=top, right=max(right, left + 1), bottom=max(bottom, top + 1))
