"""Policies that see nothing: what they reach is the floor under every figure."""

import random
from collections.abc import Sequence

from handrail.actuators.actions import Click
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal, describe
from handrail.agent.proposer import Proposer
from handrail.tasks.miniwob.stage import Stage


class RandomClicks:
    """Clicks uniformly over the whole screen."""

    def __init__(self, seed: str) -> None:
        self._rng = random.Random(seed)

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return a click somewhere."""
        size = observation.geometry
        at = Point(x=self._rng.randrange(size.width), y=self._rng.randrange(size.height))
        return Proposal(Click(point=at), describe(Click(point=at)))


class CentreClicks:
    """Clicks the middle of the screen, whatever it shows."""

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return a click at the centre."""
        size = observation.geometry
        at = Point(x=size.width // 2, y=size.height // 2)
        return Proposal(Click(point=at), describe(Click(point=at)))


def random_clicks(stage: Stage, task: str, seed: int) -> Proposer:
    """Return uniform random clicks, drawn anew for every episode."""
    return RandomClicks(f"{task} {seed}")


def centre_clicks(stage: Stage, task: str, seed: int) -> Proposer:
    """Return clicks at the centre."""
    return CentreClicks()
