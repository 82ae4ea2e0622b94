"""What has happened in a run so far, as the proposer and the reader of a report see it.

The model is shown at most four screenshots by default, the present one included. When a fifth
comes, the old ones go all at once: between two such cuts a prompt only grows at its end, and all
before that was read already. A window that slid by one picture each step would change every prompt
near its beginning. With one picture left after a cut, a step reads one picture anew on average;
with two left it would be four thirds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from handrail.actuators.observation import Observation
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.verify import Verdict
from handrail.sandbox.gate import Outcome
from handrail.sandbox.redact import SECRET, hidden

SCREENSHOTS = 4
"""How many screenshots the model is shown at most, the present one included."""


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
    nothing went to the gate: a ParseError, or an ending. ``verdict`` says whether the world changed
    as intended, where something was done that was to change it. ``observation`` is let go after a
    while, for pictures are large; ``fingerprint`` stays.
    """

    number: int
    reply: Proposal | ParseError
    outcome: Outcome | None = None
    attempt: int = 1
    fingerprint: str = ""
    observation: Observation | None = None
    timing: Timing = field(default_factory=Timing)
    verdict: Verdict | None = None

    def told(self) -> "Step":
        """Return the step as it may be written down or printed: without secrets that it typed.

        Of what never came to the gate nobody knows where it would have gone.
        """
        if isinstance(self.reply, ParseError):
            return self
        plain = hidden(self.reply.action)
        secret = plain != self.reply.action if self.outcome is None else self.outcome.redacted
        if not secret:
            return self
        # The reply quotes what it types, in its own words and anywhere.
        quiet = replace(self.reply, action=plain, line=SECRET, reply=SECRET)
        return replace(self, reply=quiet, outcome=self.outcome and self.outcome.told())


def to_correct(history: Sequence[Step]) -> ParseError | None:
    """Return the bad first reply to the present screen, where there is one to be corrected."""
    if history and history[-1].attempt == 1 and isinstance(history[-1].reply, ParseError):
        return history[-1].reply
    return None


def pictured(history: Sequence[Step], screenshots: int) -> list[Step]:
    """Return the steps whose pictures are shown beside the present one, at most so many in all.

    They grow from none to ``screenshots - 1`` and then all go at once.
    """
    done = [step for step in history if isinstance(step.reply, Proposal)]
    recent = done[len(done) - len(done) % screenshots :]
    return [step for step in recent if step.observation is not None]


def let_go(history: list[Step], screenshots: int) -> None:
    """Forget all pictures that no later prompt shows, in place."""
    kept = pictured(history, screenshots)
    for index, step in enumerate(history):
        if step.observation is not None and not any(step is other for other in kept):
            history[index] = replace(step, observation=None)
