"""The moves of which experts are made; each looks first, and does one thing."""

import re
from collections.abc import Sequence

from handrail.actuators.actions import Action, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.agent.proposal import Proposal, describe
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.experts.scene import Node, Scene

_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_MARGIN = 4.0


def proposal(action: Action, line: str = "") -> Proposal:
    """Return an action with what is said of it."""
    return Proposal(action, line or describe(action))


def click(scene: Scene, node: Node, name: str = "") -> Proposal:
    """Click an element, or wait for it while it moves or is covered."""
    if not node.met:
        return wait()
    return proposal(Click(point=scene.spot(node)), f"click {name or node.text}")


def click_at(scene: Scene, x: float, y: float, count: int = 1) -> Proposal:
    """Click a place in CSS pixels."""
    return proposal(Click(point=scene.point(x, y), count=count))


def hover(scene: Scene, node: Node) -> Proposal:
    """Move the pointer over an element."""
    return proposal(Move(point=scene.spot(node)), f"move to {node.text}")


def press(*keys: str) -> Proposal:
    """Press keys together."""
    return proposal(Press(keys=keys))


def wait() -> Proposal:
    """Let the page finish what it does."""
    return proposal(Wait(seconds=0.4))


def drag(scene: Scene, start: tuple[float, float], end: tuple[float, float]) -> Proposal:
    """Drag from one place to another, in CSS pixels."""
    return proposal(Drag(start=scene.point(*start), end=scene.point(*end)))


def scroll(scene: Scene, over: Node, rows: float) -> Proposal:
    """Turn the wheel over an element: positive CSS pixels show what is further down."""
    dy = -round(rows * scene.stage.scale)
    way = "down" if rows > 0 else "up"
    return proposal(Scroll(point=scene.spot(over), dy=dy), f"scroll {way}")


def click_in(scene: Scene, node: Node, around: Node, name: str = "") -> Proposal:
    """Click an element inside a scrolled one, scrolling to it first."""
    top, bottom = node.whole[1], node.whole[3]
    if top < around.box[1] or bottom > around.box[3]:
        past = top - around.box[1] if top < around.box[1] else bottom - around.box[3]
        return scroll(scene, around, past + (_MARGIN if past > 0 else -_MARGIN))
    return click(scene, node, name)


def fill(scene: Scene, field: Node, text: str, name: str = "") -> Proposal | None:
    """Bring a text into a field, one move at a time; return None once it is there."""
    if field.value == text:
        return None
    if not field.focused:
        return click(scene, field, name or "the text field")
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
