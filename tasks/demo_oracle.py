"""Proposers that know the answers: they measure the demo's own machinery, without a model."""

from collections.abc import Sequence

from handrail.actuators.actions import Action, Click, Press, Terminate, Type
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal, describe
from handrail.agent.proposer import Puppet
from handrail.tasks.sites.goals import NoteGoal, PageGoal
from handrail.tasks.sites.server import Site

_PATIENCE = 20.0


class PageOracle:
    """Does a page's goal by asking the page itself where its controls are."""

    def __init__(self, site: Site, goal: PageGoal) -> None:
        self._site = site
        self._page = goal.plan.name
        self._moves: list[tuple[str, str]] = []
        for clause in goal.clauses:
            self._moves.append((clause.control.key, ""))
            if clause.verb == "type":
                self._moves.append((clause.control.key, clause.text))

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the first move that was not done yet."""
        done = sum(step.outcome is not None and step.outcome.kind == "done" for step in history)
        if done >= len(self._moves):
            action: Action = Terminate(status="success")
        else:
            key, text = self._moves[done]
            action = Type(text=text) if text else self._click(key)
        return Proposal(action, describe(action))

    def _click(self, key: str) -> Action:
        box = self._site.box(self._page, key, _PATIENCE)
        if box is None:
            return Terminate(status="failure")
        left, top, right, bottom = box
        return Click(point=Point(x=round((left + right) / 2), y=round((top + bottom) / 2)))


def note_oracle(goal: NoteGoal) -> Puppet:
    """Return a proposer that types the words and saves them by the menu's keys."""
    return Puppet(
        [
            Type(text=goal.words),
            Press(keys=("alt", "f")),
            Press(keys=("s",)),
            Terminate(status="success"),
        ]
    )
