"""Proposers that play what was recorded, and that know where a recording ends."""

from collections.abc import Callable, Sequence

from handrail.actuators.actions import Action, Wait
from handrail.actuators.observation import Observation
from handrail.agent.errors import RunEnds
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal, describe
from handrail.agent.proposer import Proposer

Differs = Callable[[int, Observation], str]
"""Says how the screen before the action of this number (from 0) is not as it was recorded."""
_PAUSE = Wait(seconds=0.5)


class Cassette:
    """Plays a list of actions, each on the screen that it was recorded on, and stops elsewhere.

    ``differs`` is also asked once more after the last action, with their number. A screen that
    differs is given ``patience`` pauses of half a second to become as it was. The end is a RunEnds:
    ``success`` after the last action, else ``failed`` with what differs.
    """

    def __init__(
        self, actions: Sequence[Action], differs: Differs, ending: str, patience: int = 6
    ) -> None:
        self._actions, self._differs, self._ending = tuple(actions), differs, ending
        self._patience = patience
        self._paused = 0

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the next action. Raises RunEnds."""
        played = [step for step in history if not _is_pause(step)]
        doubted = next((s for s in played if s.outcome and s.outcome.kind == "in_doubt"), None)
        if doubted is not None and doubted.outcome is not None:
            raise RunEnds("failed", f"it is in doubt what was done: {doubted.outcome.reason}")
        number = sum(step.outcome is not None and step.outcome.kind == "done" for step in played)
        if why := self._differs(number, observation):
            return self._wait(number, why)
        if number >= len(self._actions):
            raise RunEnds("success", self._ending)
        self._paused = 0
        action = self._actions[number]
        return Proposal(action, describe(action))

    def _wait(self, number: int, why: str) -> Proposal:
        self._paused += 1
        if self._paused > self._patience or number >= len(self._actions):
            raise RunEnds("failed", f"not as it was rehearsed, before step {number + 1}: {why}")
        return Proposal(_PAUSE, describe(_PAUSE), reply=_PAUSED)


_PAUSED = "the screen is not yet as it was"


def _is_pause(step: Step) -> bool:
    return isinstance(step.reply, Proposal) and step.reply.reply == _PAUSED


class UpTo:
    """Asks another proposer until it is over, and then ends the run as a success."""

    def __init__(self, inner: Proposer, over: Callable[[], str]) -> None:
        self._inner, self._over = inner, over

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return what the other says. Raises ModelError, RunEnds."""
        if why := self._over():
            raise RunEnds("success", why)
        return self._inner.propose(goal, history, observation)
