"""What has happened in a run so far, as the proposer and the reader of a report see it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from handrail.actuators.observation import Observation
from handrail.agent.proposal import ParseError, Proposal
from handrail.sandbox.gate import Outcome


@dataclass(frozen=True)
class Timing:
    """Seconds of one step: until the screen was still, until the reply, until the outcome."""

    look: float = 0.0
    think: float = 0.0
    act: float = 0.0


@dataclass(frozen=True)
class Step:
    """One reply to one screen, and what became of it.

    ``attempt`` is 2 where the first reply to this screen was no action. ``outcome`` is None where
    nothing went to the gate: a ParseError, or an ending. ``observation`` is let go after a while,
    for pictures are large; ``fingerprint`` stays.
    """

    number: int
    reply: Proposal | ParseError
    outcome: Outcome | None = None
    attempt: int = 1
    fingerprint: str = ""
    observation: Observation | None = None
    timing: Timing = field(default_factory=Timing)


def to_correct(history: Sequence[Step]) -> ParseError | None:
    """Return the bad first reply to the present screen, where there is one to be corrected."""
    if history and history[-1].attempt == 1 and isinstance(history[-1].reply, ParseError):
        return history[-1].reply
    return None


def let_go(history: list[Step], kept: int) -> None:
    """Forget all pictures but those of the last ``kept`` actions, in place."""
    for index in reversed(range(len(history))):
        step = history[index]
        if isinstance(step.reply, Proposal) and kept > 0:
            kept -= 1
        elif step.observation is not None:
            history[index] = replace(step, observation=None)
