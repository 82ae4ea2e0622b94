"""What an expert sees: the page's elements, the instruction, and what was done before."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, TypeAdapter

from handrail.actuators.actions import Action
from handrail.actuators.geometry import Point
from handrail.agent.proposal import Proposal
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.stage import Stage

Box = tuple[float, float, float, float]
_QUOTED = re.compile(r'"([^"]*)"')


class Node(BaseModel):
    """An element of the page; ``box`` is what of it can be seen, ``whole`` all of it (CSS xyxy).

    ``met``: a click can meet it, and does at ``spot``, the centre of ``box`` where that is free.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    value: str
    checked: bool
    enabled: bool
    focused: bool
    classes: tuple[str, ...]
    met: bool
    spot: tuple[float, float]
    box: Box
    whole: Box


_NODES = TypeAdapter(tuple[Node, ...])


@dataclass(frozen=True)
class Scene:
    """The page at this moment. ``done`` are the actions that took effect, the oldest first."""

    stage: Stage
    goal: str
    done: tuple[Action, ...]

    def all(self, selector: str) -> tuple[Node, ...]:
        """Return every element that matches, hidden ones too. Raises EpisodeLost."""
        script = files("handrail.tasks.miniwob.experts").joinpath("scene.js").read_text("utf-8")
        return _NODES.validate_python(self.stage.read(script, selector))

    def one(self, selector: str, which: Callable[[Node], bool] = lambda node: True) -> Node:
        """Return the first element that matches. Raises EpisodeLost where none does."""
        for node in self.all(selector):
            if which(node):
                return node
        raise EpisodeLost(f"the page holds no {selector} that fits {self.goal!r:.80}")

    def named(self, selector: str, text: str) -> Node:
        """Return the first element with exactly this text. Raises EpisodeLost."""
        return self.one(selector, lambda node: node.text == text)

    def quoted(self) -> tuple[str, ...]:
        """Return what stands between double quotes in the instruction."""
        return tuple(_QUOTED.findall(self.goal))

    def point(self, x: float, y: float) -> Point:
        """Return the pixel of a place in CSS pixels."""
        return Point(x=int(x * self.stage.scale), y=int(y * self.stage.scale))

    def pixels(self, box: Box) -> Box:
        """Return a box of CSS pixels in those of the screenshot."""
        scale = self.stage.scale
        return box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale

    def spot(self, node: Node) -> Point:
        """Return the pixel where a click meets an element, if any does."""
        return self.point(*node.spot)


Expert = Callable[[Scene], Proposal]
"""Says what to do next on a scene. Raises EpisodeLost where the page is not what it knows."""
