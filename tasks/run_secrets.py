"""What a run keeps to itself: nobody who follows it, and no model, is told a secret that was typed.

Beside the secrets that were typed by name there are those that a goal held in clear and that were
typed into a password field: a later reply that quotes one is written down without it.
"""

from collections.abc import Sequence
from dataclasses import replace

from handrail.actuators.actions import Type
from handrail.actuators.censor import Censor
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.listener import Listener, Listeners
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Proposer
from handrail.agent.result import Result
from handrail.sandbox.records import Alert
from handrail.sandbox.redact import Clean, cleaned_action


class Discretion:
    """Takes out of words what was typed in secret, by its name (``given``) or in clear."""

    def __init__(self, given: Censor) -> None:
        self._given = given
        self._typed = Censor()

    def clean(self, text: str) -> str:
        """Return the text without any secret."""
        return self._typed.clean(self._given.clean(text))

    def result(self, result: Result) -> Result:
        """Return the end of a run as it may be told."""
        answer = None if result.answer is None else self.clean(result.answer)
        checks = tuple(replace(one, problem=self.clean(one.problem)) for one in result.checks)
        return replace(result, reason=self.clean(result.reason), answer=answer, checks=checks)

    def step(self, step: Step) -> Step:
        """Return a step as it may be told, and remember what it typed where it does not show."""
        if step.outcome is not None and step.outcome.redacted and isinstance(step.reply, Proposal):
            for action in (step.reply.action, step.outcome.edited):
                if isinstance(action, Type):
                    self._typed.learn(action.text)
        told = _unedited(step.told(), self.clean)
        outcome = told.outcome and replace(told.outcome, reason=self.clean(told.outcome.reason))
        return replace(told, outcome=outcome, reply=_without(told.reply, self.clean))


class DiscreetListener:
    """Tells other listeners of a run, without its secrets."""

    def __init__(self, kept: Discretion, listeners: Sequence[Listener]) -> None:
        self._kept = kept
        self._others = Listeners(listeners)

    def looked(self, number: int, observation: Observation) -> None:
        """Tell of a look: the actuator has masked it."""
        self._others.looked(number, observation)

    def stepped(self, step: Step) -> None:
        """Tell of a step."""
        self._others.stepped(self._kept.step(step))

    def alerted(self, alert: Alert) -> None:
        """Tell of an alert: the journal has cleaned it."""
        self._others.alerted(alert)

    def ended(self, result: Result) -> None:
        """Tell of the end."""
        self._others.ended(self._kept.result(result))


class DiscreetProposer:
    """Asks another proposer; secrets that its words quote never reach a later prompt.

    Its action stands as it is: what names a secret in clear is for the gate to refuse.
    """

    def __init__(self, proposer: Proposer, censor: Censor) -> None:
        self._proposer = proposer
        self._censor = censor

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the other's reply. Raises ModelError."""
        clean = self._censor.clean
        quiet = [_unedited(step, clean) for step in history]
        reply = self._proposer.propose(goal, quiet, observation)
        if isinstance(reply, ParseError):
            return replace(reply, problem=clean(reply.problem), reply=clean(reply.reply))
        return replace(reply, line=clean(reply.line), reply=clean(reply.reply))


def _unedited(step: Step, clean: Clean) -> Step:
    """Return a step without secrets in what a person made of its action."""
    if step.outcome is None or step.outcome.edited is None:
        return step
    edited = cleaned_action(step.outcome.edited, clean)
    return replace(step, outcome=replace(step.outcome, edited=edited))


def _without(reply: Proposal | ParseError, clean: Clean) -> Proposal | ParseError:
    """Return a reply without secrets in its words or in what it types."""
    if isinstance(reply, ParseError):
        return replace(reply, problem=clean(reply.problem), reply=clean(reply.reply))
    return replace(
        reply,
        action=cleaned_action(reply.action, clean),
        line=clean(reply.line),
        reply=clean(reply.reply),
    )
