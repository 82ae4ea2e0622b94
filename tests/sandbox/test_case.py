"""A case: what is found out about an action, and what no longer holds right before it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from handrail.actuators.actions import Click, Press
from handrail.actuators.errors import ObservationFailed
from handrail.actuators.fake import FakeScreen
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation, WindowKind
from handrail.sandbox.case import Examiner
from handrail.sandbox.policy import Policy
from handrail.sandbox.rulebook import Rulebook

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]


class Unsteady(FakeScreen):
    """A screen that cannot tell what has the keyboard, or becomes a terminal."""

    blind = False
    becomes: WindowKind = ""

    def observe(self) -> Observation:
        seen = super().observe()
        return replace(seen, surface=replace(seen.surface, window_kind=self.becomes))

    def focused(self) -> Element | None:
        if self.blind:
            raise ObservationFailed("the tree is being rebuilt")
        return super().focused()

    def hit_test(self, point: Point) -> Element | None:
        if self.blind:
            raise ObservationFailed("the tree is being rebuilt")
        return super().hit_test(point)


def unsteady(door: "Door") -> Unsteady:
    return Unsteady(door.office, door.widgets)


def test_what_cannot_be_told_is_none_and_counts_as_unknown(open_door: MakeDoor) -> None:
    screen = unsteady(door := open_door())
    screen.blind = True
    examiner = Examiner(screen, Rulebook.of(Policy(profile="unattended")))
    seen = screen.observe()
    click = examiner.examine(Click(point=door.at("Send")), seen, seen.surface, "goal")
    keys = examiner.examine(Press(keys=("enter",)), seen, seen.surface, "goal")
    assert (click.elements, click.effect, click.ruling.decision) == ((None,), "unknown", "deny")
    assert (keys.elements, keys.ruling.decision) == ((None,), "deny")


def test_an_effect_that_became_another_is_a_change(open_door: MakeDoor) -> None:
    screen = unsteady(open_door())
    examiner = Examiner(screen, Rulebook.of(Policy(profile="unattended")))
    seen = screen.observe()
    case = examiner.examine(Press(keys=("ctrl", "c")), seen, seen.surface, "goal")
    assert examiner.change(case) == ""
    screen.becomes = "terminal"
    assert examiner.change(case) == "its effect would now be system"
