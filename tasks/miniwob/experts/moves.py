"""The moves of which experts are made; each looks first, and does one thing.

What is met is called as the instruction calls it, where it does: of several names that are given
the first that stands there, else the last.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from handrail.actuators.actions import Action, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.agent.proposal import Proposal, describe
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.experts.scene import Node, Scene
from handrail.tasks.tuning.pocket_words import named

_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_ENDS = {1: "st", 2: "nd", 3: "rd"}
_MARGIN = 4.0
_LISTS = ("scroll list", "list")
"""What a list with a scroll bar is called."""


@dataclass(frozen=True)
class Aimed(Proposal):
    """A proposal at an element: what of it can be seen, in pixels (xyxy), and what it is called."""

    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    name: str = ""


def proposal(action: Action, line: str = "") -> Proposal:
    """Return an action with what is said of it."""
    return Proposal(action, line or describe(action))


def aimed(scene: Scene, node: Node, action: Action, words: tuple[str, ...]) -> Aimed:
    """Return what is done at an element: ``words`` are what is done, and names for it."""
    way, *names = words
    name = _called(scene, names or [node.text])
    return Aimed(action, f"{way} {name}", box=scene.pixels(node.box), name=name)


def click(scene: Scene, node: Node, *names: str, count: int = 1) -> Proposal:
    """Click an element, or wait for it while it moves or is covered."""
    if not node.met:
        return wait()
    way = {1: "click", 2: "double-click", 3: "triple-click"}[count]
    return aimed(scene, node, Click(point=scene.spot(node), count=count), (way, *names))


def hover(scene: Scene, node: Node, *names: str) -> Proposal:
    """Move the pointer over an element."""
    return aimed(scene, node, Move(point=scene.spot(node)), ("move to", *names))


def _called(scene: Scene, names: Sequence[str]) -> str:
    return next((found for name in names if (found := named(name, scene.goal, ()))), names[-1])


def press(*keys: str) -> Proposal:
    """Press keys together."""
    return proposal(Press(keys=keys))


def wait() -> Proposal:
    """Let the page finish what it does."""
    return proposal(Wait(seconds=0.4))


def drag(scene: Scene, start: tuple[float, float], end: tuple[float, float]) -> Proposal:
    """Drag from one place to another, in CSS pixels."""
    return proposal(Drag(start=scene.point(*start), end=scene.point(*end)))


def scroll(scene: Scene, over: Node, rows: float, *names: str) -> Proposal:
    """Turn the wheel over an element: positive CSS pixels show what is further down."""
    dy = -round(rows * scene.stage.scale)
    way = "down" if rows > 0 else "up"
    action = Scroll(point=scene.spot(over), dy=dy)
    return aimed(scene, over, action, (f"scroll {way} in", *(names or ("list",))))


def click_in(scene: Scene, node: Node, around: Node, *names: str) -> Proposal:
    """Click an element inside a scrolled one, scrolling to it first."""
    top, bottom = node.whole[1], node.whole[3]
    if top < around.box[1] or bottom > around.box[3]:
        past = top - around.box[1] if top < around.box[1] else bottom - around.box[3]
        return scroll(scene, around, past + (_MARGIN if past > 0 else -_MARGIN), *_LISTS)
    return click(scene, node, *names)


def fill(scene: Scene, field: Node, text: str, *names: str) -> Proposal | None:
    """Bring a text into a field, one move at a time; return None once it is there."""
    if field.value == text:
        return None
    if not field.focused:
        return click(scene, field, *names)
    if field.value:
        return _cleared(scene)
    return proposal(Type(text=text), f"type {text}")


def _cleared(scene: Scene) -> Proposal:
    """Select what a field holds, then delete it."""
    select = Press(keys=("ctrl", "a"))
    if scene.done and scene.done[-1] == select:
        return press("backspace")
    return proposal(select)


def after(text: str, start: str, end: str) -> str:
    """Return what stands between two pieces of a text. Raises EpisodeLost."""
    _, found, rest = text.partition(start)
    inside, closed, _ = rest.partition(end)
    if not (found and closed):
        raise EpisodeLost(f"{text!r:.80} does not hold {start!r} ... {end!r}")
    return inside


def ordinals(text: str) -> Sequence[int]:
    """Return the ordinal numbers of a text, from 1."""
    return [int(number) for number in _ORDINAL.findall(text)]


def ordinal(number: int) -> str:
    """Return a number below 20, as it is written where things are counted off."""
    return f"{number}{_ENDS.get(number, 'th')}"
