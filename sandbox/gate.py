"""The one door: nothing reaches a screen but through ``Gate.submit``.

The order of a submission: stop? - fit for this screen - what lies under the point - effect class -
policy - limits - approval - intent on the disk - still the same screen? - still permitted? -
stop? - permit - perform - outcome on the disk. Ending actions (terminate, answer) are written down
and never performed.

Promises
- This file holds the only call of ``Actuator.perform`` in the product; each has its own permit,
  and its intent is on the disk before the permit exists.
- An action is performed at most once, whatever happens; what is not known to have happened or not
  is ``in_doubt`` and is never tried again here.
- A journal that cannot be written raises ``JournalError``, and after that nothing is performed.
- However a run is interrupted, an intent without an outcome reads as in doubt.

Does not promise
- To undo, to retry, or to judge whether the action was wise.
- To stop an action half way: a stop takes hold before the next action's permit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from handrail.actuators.actions import (
    ENDINGS,
    Action,
    Press,
    Type,
    Wait,
    digest,
    points,
)
from handrail.actuators.base import Actuator, Receipt, sanitise
from handrail.actuators.errors import (
    ActionRefused,
    ActuatorError,
    ObservationFailed,
    PermitRefused,
    PersonActive,
)
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation, Surface
from handrail.sandbox.approval import ApprovalRequest, Approver
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.effects import classify
from handrail.sandbox.journal import Journal
from handrail.sandbox.landing import Elements, misfit, target
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Ruling
from handrail.sandbox.recheck import same_element, screen_change
from handrail.sandbox.records import Intent, Place, Refusal, Result, ResultKind
from handrail.sandbox.redact import hidden, redacted
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.rules import EffectClass

OutcomeKind = Literal["done", "failed", "in_doubt", "withdrawn", "denied", "exhausted", "stopped"]
_STOPPED = "the run was told to stop"
_REASON = 300


@dataclass(frozen=True)
class Outcome:
    """What became of a submitted action.

    ``done``: performed. ``failed``: refused by the screen, ``withdrawn``: the screen changed or a
    person was active, ``denied``: by the policy or the person asked, ``exhausted``: a limit of the
    policy is used up, ``stopped``: the run is to end: certainly no effect in all five.
    ``in_doubt``: an effect is possible; look, do not repeat. ``redacted``: what was typed is not to
    be written down anywhere.
    """

    kind: OutcomeKind
    effect: EffectClass
    reason: str
    receipt: Receipt | None = None
    redacted: bool = False


@dataclass(frozen=True)
class _Case:
    """One submission on its way through the door."""

    action: Action
    observation: Observation
    elements: Elements
    effect: EffectClass
    ruling: Ruling
    goal: str

    @property
    def written(self) -> Action:
        """Return the action as it may be written down."""
        element = target(self.action, self.elements)
        return redacted(self.action, element, self.observation.surface)


class Gate:
    """The only caller of ``Actuator.perform``."""

    def __init__(
        self,
        actuator: Actuator,
        office: PermitOffice,
        policy: Policy | Rulebook,
        journal: Journal,
        approver: Approver,
        stopped: Callable[[], bool],
    ) -> None:
        self._actuator = actuator
        self._office = office
        self._rules = Rulebook.of(policy)
        self._journal = journal
        self._approver = approver
        self._stopped = stopped

    def submit(self, action: Action, observation: Observation, goal: str) -> Outcome:
        """Take an action that was decided on this observation through the door.

        Raises JournalError (the run must end), and EnvironmentMissing or Unreachable where the
        screen is gone before anything was done.
        """
        effect = classify(action, None, observation.surface)
        if self._stopped():
            return self._refuse(action, observation, Outcome("stopped", effect, _STOPPED))
        if why := misfit(action, observation):
            return self._refuse(action, observation, Outcome("failed", effect, why))
        case = self._look(action, observation, observation.surface, goal)
        if case.ruling.decision == "deny":
            refused = Outcome("denied", case.effect, case.ruling.reason)
            return self._refuse(action, observation, refused, case.written)
        if used_up := self._rules.used_up(case.effect, action):
            spent = Outcome("exhausted", case.effect, used_up)
            return self._refuse(action, observation, spent, case.written)
        if case.ruling.asks and not self._approved(case):
            refused = Outcome("denied", case.effect, f"{case.ruling.reason}: not approved")
            return self._refuse(action, observation, refused, case.written)
        return replace(self._carry_out(case), redacted=case.written != action)

    def _look(self, action: Action, seen: Observation, surface: Surface, goal: str) -> _Case:
        """Find out what the action would meet, what it may do, and what policy says."""
        elements = tuple(self._element(point) for point in points(action))
        if isinstance(action, Type | Press):
            elements = (self._focused(),)
        effect = classify(action, target(action, elements), surface)
        around = Circumstances(elements, seen.geometry)
        ruling = self._rules.judge(effect, action, surface, around)
        return _Case(action, seen, elements, effect, ruling, goal)

    def _element(self, point: Point) -> Element | None:
        try:
            return self._actuator.hit_test(point)
        except ObservationFailed:
            return None

    def _focused(self) -> Element | None:
        try:
            return self._actuator.focused()
        except ObservationFailed:
            return None

    def _approved(self, case: _Case) -> bool:
        """Tell whether the person who is asked approves this very action."""
        return self._approver.ask(
            ApprovalRequest(
                goal=case.goal,
                action=case.action,
                effect=case.effect,
                surface=case.observation.surface,
                reason=case.ruling.reason,
                element=target(case.action, case.elements),
            )
        )

    def _refuse(
        self, action: Action, seen: Observation, outcome: Outcome, told: Action | None = None
    ) -> Outcome:
        """Write down an action that is not even intended, as ``told`` where somebody looked."""
        assert outcome.kind in {"failed", "denied", "exhausted", "stopped"}
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

    def _carry_out(self, case: _Case) -> Outcome:
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
                outcome = self._perform(case)
        except BaseException:
            # Ctrl-C or a bug in an actuator: say what is known, unless the journal is what failed.
            if not self._journal.broken:
                self._settle(intent, outcome)
            raise
        return self._settle(intent, outcome)

    def _obstacle(self, case: _Case) -> Outcome | None:
        """Look again, and say what stands against performing the action now."""
        change = "" if isinstance(case.action, Wait) else self._change(case)
        if change:
            return Outcome("withdrawn", case.effect, change)
        if self._stopped():
            return Outcome("stopped", case.effect, _STOPPED)
        return None

    def _change(self, case: _Case) -> str:
        """Return what is no longer as it was when the action was decided, or an empty string."""
        try:
            now = self._actuator.observe()
        except ObservationFailed as error:
            return f"the screen could not be read again: {sanitise(str(error), _REASON)}"
        if change := screen_change(case.action, case.observation, now):
            return change
        again = self._look(case.action, now, now.surface, case.goal)
        if not all(map(same_element, case.elements, again.elements)):
            place = "lies under the point" if points(case.action) else "has the keyboard"
            return f"something else {place} now"
        if again.effect != case.effect:
            return f"its effect would now be {again.effect}"
        if again.ruling.decision == "deny" or (again.ruling.asks and not case.ruling.asks):
            return f"it is no longer permitted: {again.ruling.reason}"
        return ""

    def _perform(self, case: _Case) -> Outcome:
        permit = self._office.issue(case.action)
        try:
            receipt = self._actuator.perform(case.action, permit)
        except (ActionRefused, PermitRefused) as error:
            return Outcome("failed", case.effect, sanitise(str(error), _REASON))
        except PersonActive as error:
            return Outcome("withdrawn", case.effect, sanitise(str(error), _REASON))
        except ActuatorError as error:
            return Outcome("in_doubt", case.effect, sanitise(str(error), _REASON))
        return Outcome("done", case.effect, case.ruling.reason, receipt)

    def _intend(self, case: _Case) -> int:
        """Write the intent down and return its number."""
        written = case.written
        record = Intent(
            action=written,
            digest=digest(written),
            redacted=written != case.action,
            effect=case.effect,
            decision=case.ruling.decision,
            reason=case.ruling.reason,
            place=Place.of(case.observation.surface, target(case.action, case.elements)),
            screen=case.observation.fingerprint,
        )
        self._rules.spend(case.effect, case.action)
        return self._journal.append(record).seq

    def _settle(self, intent: int, outcome: Outcome) -> Outcome:
        """Write down what became of an intent."""
        kinds: dict[OutcomeKind, ResultKind] = {
            "done": "done", "failed": "failed", "in_doubt": "in_doubt",
        }  # fmt: skip
        seconds = None if outcome.receipt is None else outcome.receipt.seconds
        self._journal.append(
            Result(
                intent=intent,
                outcome=kinds.get(outcome.kind, "withdrawn"),
                reason=outcome.reason,
                seconds=seconds,
            )
        )
        return outcome
