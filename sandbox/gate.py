"""The one door: nothing reaches a screen but through ``Gate.submit``.

The order of a submission: stop? - fit for this screen - what lies under the point - effect class -
policy - taint - limits - trial on a copy - consent (an edit begins anew) - what is there is kept -
intent on the disk - still the same screen? - still permitted? - stop? - a grant's use counted -
permit - perform - outcome on the disk.
Ending actions (terminate, answer) are written down and never performed.

Promises
- This file holds the only call of ``Actuator.perform`` in the product; each has its own permit,
  and its intent is on the disk before the permit exists.
- An action is performed at most once, whatever happens; what is not known to have happened or not
  is ``in_doubt`` and is never tried again here.
- A journal that cannot be written raises ``JournalError``, and after that nothing is performed.
- What the rules want rehearsed is tried where ``trials`` can (``trial.py``), or asked about.
- Where the actuator holds requests, what an action sends is decided on its own (``warden.py``).
- Where there are keepers, what they keep is durable before the intent is, and named in it.
- However a run is interrupted, an intent without an outcome reads as in doubt.

Does not promise
- To undo, to retry, or to judge whether the action was wise.
- That a stop undoes what an action has done by then: a surface that is given the same ``stopped``
  ends its action before the next primitive event, and what was sent by then is in doubt.
"""

from collections.abc import Callable
from dataclasses import replace

from handrail.actuators.actions import ENDINGS, Action, Wait, digest
from handrail.actuators.base import Actuator, sanitise
from handrail.actuators.errors import (
    ActionRefused,
    ActionStopped,
    ActuatorError,
    PermitRefused,
    PersonActive,
)
from handrail.actuators.observation import Observation
from handrail.sandbox.approval import Approver
from handrail.sandbox.case import Case, Examiner
from handrail.sandbox.consent import UNASKED, Consent, Consents
from handrail.sandbox.effects import classify
from handrail.sandbox.journal import Journal
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.landing import misfit
from handrail.sandbox.outcome import Outcome, OutcomeKind
from handrail.sandbox.permit import PermitOffice, Terms
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Intent, Note, Place, Refusal
from handrail.sandbox.redact import hidden
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.trial import BY, Trials
from handrail.sandbox.warden import Warden

__all__ = ["Gate", "Outcome", "OutcomeKind"]

_STOPPED = "the run was told to stop"
_REASON = 300


class Gate:
    """The only caller of ``Actuator.perform``; ``keeping`` keeps what can be put back."""

    def __init__(
        self,
        actuator: Actuator,
        office: PermitOffice,
        policy: Policy | Rulebook,
        journal: Journal,
        approver: Approver | Consents,
        stopped: Callable[[], bool],
    ) -> None:
        self.warden: Warden | None = None  # of an actuator that holds requests
        self._actuator = actuator
        self._office = office
        self._rules = Rulebook.of(policy)
        self._examiner = Examiner(actuator, self._rules)
        self._journal = journal
        self._consents = Consents.of(approver, journal)
        self._told_to_stop = stopped
        self.keeping = Keeping()
        self.trials: Trials | None = None  # on copies of what can be copied while it is used

    def submit(self, action: Action, observation: Observation, goal: str) -> Outcome:
        """Take an action that was decided on this observation through the door.

        Raises JournalError (the run must end), and RestoreError, EnvironmentMissing or Unreachable
        where what is there cannot be kept or the screen is gone, before anything was done.
        """
        effect = classify(action, None, observation.surface)
        if self._stopped():
            return self._refuse(action, observation, Outcome("stopped", effect, _STOPPED))
        if why := misfit(action, observation):
            return self._refuse(action, observation, Outcome("failed", effect, why))
        case = self._examiner.examine(action, observation, observation.surface, goal)
        if case.ruling.decision == "deny":
            refused = Outcome("denied", case.effect, case.ruling.reason)
            return self._refuse(action, observation, refused, case.written)
        if used_up := self._rules.used_up(case.effect, action):
            spent = Outcome("exhausted", case.effect, used_up)
            return self._refuse(action, observation, spent, case.written)
        case = self._tried(case)
        consent = self._consents.seek(case.request) if case.asks else _unasked(case)
        if consent.edited is not None:
            anew = self.submit(consent.edited, observation, goal)
            return replace(anew, edited=anew.edited or consent.edited)
        if consent.refused is not None:
            refused = replace(consent.refused, tried=case.tried)
            return self._refuse(action, observation, refused, case.written)
        outcome = self._carry_out(replace(case, consent=consent))
        if outcome.kind in {"done", "in_doubt"}:
            self._examiner.happened(case)
        return replace(outcome, redacted=case.written != action, tried=case.tried)

    def _tried(self, case: Case) -> Case:
        """Try on a copy what the rules want rehearsed, and write down what came of it."""
        wanted = "rehearse" in case.ruling.demands and not isinstance(case.action, ENDINGS)
        if self.trials is None or not wanted:
            return case
        trial = self.trials.tried(case.action, case.observation)
        self._journal.append(Note(topic="tried", data=trial.told()))
        return replace(case, trial=trial)

    def _stopped(self) -> bool:
        return self._told_to_stop() or (self.warden is not None and self.warden.stopped)

    def _refuse(
        self, action: Action, seen: Observation, outcome: Outcome, told: Action | None = None
    ) -> Outcome:
        """Write down an action that is not even intended, as ``told`` where somebody looked."""
        assert outcome.kind in {"failed", "denied", "exhausted", "stopped", "handed_back"}
        written = hidden(action) if told is None else told
        self._journal.append(
            Refusal(
                action=written,
                digest=digest(written),
                redacted=written != action,
                effect=outcome.effect,
                # A limit is the policy's: to a reader of the journal it denied.
                outcome="denied" if outcome.kind == "exhausted" else outcome.kind,
                reason=outcome.reason,
                place=Place.of(seen.surface, None),
            )
        )
        return replace(outcome, redacted=written != action)

    def _carry_out(self, case: Case) -> Outcome:
        """Write the intent down, look again, perform, and write down what became of it."""
        intent = self._intend(case)
        if isinstance(case.action, ENDINGS):
            return self._settle(intent, Outcome("done", case.effect, "the run ends here"))
        outcome = Outcome("withdrawn", case.effect, "interrupted before its permit was made")
        try:
            obstacle = self._obstacle(case)
            if obstacle is not None:
                outcome = obstacle
            else:
                outcome = Outcome("in_doubt", case.effect, "interrupted while it was performed")
                outcome = self._watched(case, intent)
        except BaseException:
            # Ctrl-C or a bug in an actuator: say what is known, unless the journal is what failed.
            if not self._journal.broken:
                self._settle(intent, outcome)
            raise
        return self._settle(intent, outcome)

    def _obstacle(self, case: Case) -> Outcome | None:
        """Look again, and say what stands against performing the action now."""
        change = "" if isinstance(case.action, Wait) else self._examiner.change(case)
        if change:
            return Outcome("withdrawn", case.effect, change)
        if self._stopped():
            return Outcome("stopped", case.effect, _STOPPED)
        if why := case.consent.count():
            return Outcome("withdrawn", case.effect, why)
        return None

    def _watched(self, case: Case, intent: int) -> Outcome:
        """Perform, and let the warden know what the requests that come of it belong to."""
        if self.warden is None:
            return self._perform(case)
        with self.warden.following(case, intent):
            return self._perform(case)

    def _perform(self, case: Case) -> Outcome:
        run, screen = self._journal.run_id, case.observation.fingerprint
        self._office.bind(Terms(run, screen, self._rules.digest))
        permit = self._office.issue(case.action)
        try:
            receipt = self._actuator.perform(case.action, permit)
        except (ActionRefused, PermitRefused) as error:
            passing = isinstance(error, ActionRefused) and error.passing
            kind: OutcomeKind = "withdrawn" if passing else "failed"
            return Outcome(kind, case.effect, sanitise(str(error), _REASON))
        except PersonActive as error:
            return Outcome("withdrawn", case.effect, sanitise(str(error), _REASON))
        except ActionStopped:
            return Outcome("stopped", case.effect, _STOPPED)
        except ActuatorError as error:
            return Outcome("in_doubt", case.effect, sanitise(str(error), _REASON))
        return Outcome("done", case.effect, case.reason, receipt)

    def _intend(self, case: Case) -> int:
        """Write the intent down and return its number."""
        written = case.written
        record = Intent(
            action=written,
            digest=digest(written),
            redacted=written != case.action,
            effect=case.effect,
            decision=case.ruling.decision,
            reason=case.reason,
            place=Place.of(case.observation.surface, case.element),
            screen=case.observation.fingerprint,
            consent=case.consent.by,
            before=self.keeping.before(case.action),
        )
        self._rules.spend(case.effect, case.action)
        return self._journal.append(record).seq

    def _settle(self, intent: int, outcome: Outcome) -> Outcome:
        """Write down what became of an intent."""
        self._journal.append(outcome.written(intent))
        return outcome


def _unasked(case: Case) -> Consent:
    """Return the consent to what nobody need be asked about."""
    return UNASKED if case.trial is None else Consent(by=BY)
