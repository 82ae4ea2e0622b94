"""A proposer that knows a task's moves and asks the page where their elements are.

What it cannot do nobody can: it measures the tasks and the loop, without a model.
"""

import time
from collections.abc import Sequence
from importlib.resources import files

from handrail.actuators.actions import Action, Click, Press, Scroll, Terminate, Type
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal, describe
from handrail.tasks.unseen.task import Move, UnseenTask, World

_PATIENCE = 20.0
_WHEEL = 500
"""How far one turn goes, in pixels."""


class Oracle:
    """Does a task's moves one after another."""

    def __init__(self, world: World, task: UnseenTask) -> None:
        self._world, self._moves = world, task.moves
        self._script = files("handrail.tasks.unseen").joinpath("find.js").read_text("utf-8")

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the first move that was not done yet; failure where its element never shows."""
        done = sum(step.outcome is not None and step.outcome.kind == "done" for step in history)
        if done < len(self._moves):
            action = self._action(self._moves[done])
        else:
            action = Terminate(status="success")
        return Proposal(action, describe(action))

    def _action(self, move: Move) -> Action:
        if move.verb == "type":
            return Type(text=move.text)
        if move.verb == "press":
            return Press(keys=(move.text.lower(),))
        if move.verb == "scroll":
            return Scroll(dy=-_WHEEL)
        box = self._box(move)
        if box is None:
            return Terminate(status="failure")
        left, top, right, bottom = box
        return Click(point=Point(x=round((left + right) / 2), y=round((top + bottom) / 2)))

    def _box(self, move: Move) -> list[float] | None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = self._world.read(self._script, [move.where, move.beside])
            if isinstance(found, list):
                return found
            if time.monotonic() > deadline:
                return None
            time.sleep(0.1)
