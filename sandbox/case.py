"""One submission on its way through the door: what it would meet, and whether that still holds.

Promises
- A case is made by looking at the screen: what lies under each point or has the keyboard, the
  effect class that follows from it, what the rules say, and whether what it is aimed at was named
  (``taint.py``).
- ``Examiner.change`` names a difference wherever the surroundings, the element, the effect or the
  ruling are no longer what the case was decided on.

Does not promise
- To see what neither the pixels near the target nor the surface's own answers show.
"""

from dataclasses import dataclass

from handrail.actuators.actions import Action, Press, Type, points
from handrail.actuators.base import Actuator, sanitise
from handrail.actuators.errors import ObservationFailed
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation, Surface
from handrail.sandbox.approval import ApprovalRequest
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.consent import UNASKED, Consent
from handrail.sandbox.destination import reached
from handrail.sandbox.effects import classify
from handrail.sandbox.landing import Elements, target
from handrail.sandbox.likeness import Likeness
from handrail.sandbox.recheck import same_element, screen_change
from handrail.sandbox.redact import redacted
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.rules import EffectClass
from handrail.sandbox.ruling import Ruling
from handrail.sandbox.taint import Meeting, Taint
from handrail.sandbox.trial import LIGHT, NO_REHEARSAL, Trial

_REASON = 300


@dataclass(frozen=True)
class Case:
    """One submission: the action, the screen it was decided on, and what was found out."""

    action: Action
    observation: Observation
    elements: Elements
    effect: EffectClass
    ruling: Ruling
    goal: str
    consent: Consent = UNASKED
    trial: Trial | None = None

    @property
    def asks(self) -> bool:
        """Tell whether a person must say yes first; of some that only want a rehearsal, no more."""
        ruling = self.ruling
        if ruling.decision != "rehearse" or ruling.in_person or self.effect not in LIGHT:
            return ruling.asks
        return self.trial is None or not self.trial.harmless

    @property
    def tried(self) -> str:
        """Return what came of its trial in a line, empty where there was none."""
        return "" if self.trial is None else self.trial.line

    @property
    def element(self) -> Element | None:
        """Return the one element that the action is aimed at, or None."""
        return target(self.action, self.elements)

    @property
    def meeting(self) -> Meeting:
        """Return the action where it meets the screen."""
        return Meeting(self.action, self.elements, self.observation.surface, self.effect)

    @property
    def written(self) -> Action:
        """Return the action as it may be written down."""
        return redacted(self.action, self.element, self.observation.surface)

    @property
    def request(self) -> ApprovalRequest:
        """Return what a person is asked about it."""
        surface = self.observation.surface
        return ApprovalRequest(
            goal=self.goal,
            action=self.action,
            effect=self.effect,
            surface=surface,
            reason=self.reason,
            element=self.element,
            kind=None
            if self.ruling.in_person
            else Likeness.of(self.action, self.effect, self.elements, surface),
            observation=self.observation,
            places=reached(self.action, self.elements, surface),
            rehearsal="rehearse" in self.ruling.demands,
            in_person=self.ruling.in_person,
            trial=self.trial,
        )

    @property
    def reason(self) -> str:
        """Return why it is permitted or asked about."""
        tried = self.trial is not None and self.trial.consequences is not None
        if "rehearse" not in self.ruling.demands or tried:
            return self.ruling.reason
        return f"{self.ruling.reason}; {NO_REHEARSAL}"


class Examiner:
    """Looks at the screen for the gate, and acts on nothing."""

    def __init__(self, actuator: Actuator, rules: Rulebook) -> None:
        self._actuator = actuator
        self._rules = rules
        self._taint = Taint(rules)

    def examine(self, action: Action, seen: Observation, surface: Surface, goal: str) -> Case:
        """Find out what the action would meet, what it may do, and what policy says."""
        elements = tuple(self._element(point) for point in points(action))
        if isinstance(action, Type | Press):
            elements = (self._focused(),)
        effect = classify(action, target(action, elements), surface)
        around = Circumstances(elements, seen.geometry)
        ruling = self._rules.judge(effect, action, surface, around)
        self._taint.look(seen, elements)
        ruling = self._taint.judge(Meeting(action, elements, surface, effect), goal, ruling)
        return Case(action, seen, elements, effect, ruling, goal)

    def happened(self, case: Case) -> None:
        """Keep in mind what an action that was performed left behind, and what was approved."""
        self._taint.happened(case.meeting, case.ruling.in_person)

    def change(self, case: Case) -> str:
        """Return what is no longer as it was when the action was decided, or an empty string."""
        try:
            now = self._actuator.observe()
        except ObservationFailed as error:
            return f"the screen could not be read again: {sanitise(str(error), _REASON)}"
        if change := screen_change(case.action, case.observation, now):
            return change
        again = self.examine(case.action, now, now.surface, case.goal)
        if not all(map(same_element, case.elements, again.elements)):
            place = "lies under the point" if points(case.action) else "has the keyboard"
            return f"something else {place} now"
        if again.effect != case.effect:
            return f"its effect would now be {again.effect}"
        if again.ruling.decision == "deny" or again.ruling.demands_more_than(case.ruling):
            return f"it is no longer permitted: {again.ruling.reason}"
        return ""

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
