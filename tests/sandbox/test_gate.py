"""The one door: every outcome, what it leaves in the journal, and what it does to the screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import (
    Action,
    Answer,
    Click,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
)
from handrail.actuators.base import Actuator, Permit, Receipt
from handrail.actuators.errors import (
    ActionInDoubt,
    ActionRefused,
    ActionStopped,
    ActuatorError,
    EnvironmentMissing,
    ObservationFailed,
    PermitRefused,
    PersonActive,
    Unreachable,
)
from handrail.actuators.fake import Button, FakeScreen, Field
from handrail.actuators.fake_widgets import Widget
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.policy import profile
from handrail.sandbox.records import Intent, Refusal, Result

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]


class Shim:
    """A screen whose steps can be made to fail; ``landed``: only after the effect."""

    def __init__(self, screen: FakeScreen) -> None:
        self.screen = screen
        self.performing: BaseException | None = None
        self.landed = False
        self.looking: list[BaseException | None] = []
        self.hitting: BaseException | None = None

    def observe(self) -> Observation:
        error = self.looking.pop(0) if self.looking else None
        if error is not None:
            raise error
        return self.screen.observe()

    def hit_test(self, point: Point) -> Element | None:
        if self.hitting is not None:
            raise self.hitting
        return self.screen.hit_test(point)

    def focused(self) -> Element | None:
        return self.screen.focused()

    def perform(self, action: Action, permit: Permit) -> Receipt:
        if self.performing is None or self.landed:
            receipt = self.screen.perform(action, permit)
        if self.performing is not None:
            raise self.performing
        return receipt

    def close(self) -> None:
        self.screen.close()


def shim(door: "Door") -> Shim:
    assert isinstance(door.actuator, Shim)
    return door.actuator


def kinds(door: "Door") -> list[str]:
    """Return what the journal says, in short."""
    said = []
    for record in door.records:
        outcome = f":{record.outcome}" if isinstance(record, Refusal | Result) else ""
        said.append(record.kind + outcome)
    return said


def test_an_allowed_action_is_done_and_written_before_and_after(open_door: MakeDoor) -> None:
    door = open_door()
    outcome = door.submit(Click(point=door.at("Name")))
    assert (outcome.kind, outcome.effect) == ("done", "edit")
    assert outcome.receipt is not None
    outcome = door.submit(Type(text="Zoë"))
    assert outcome.kind == "done"
    assert door.screen.observe().surface.kind == "fake"
    assert [w.text for w in door.screen.widgets if hasattr(w, "text")] == ["Zoë"]
    assert kinds(door) == ["intent", "result:done"] * 2
    intent = door.records[0]
    assert isinstance(intent, Intent)
    assert (intent.place.role, intent.place.label, intent.decision) == ("textbox", "Name", "allow")


def test_a_denied_action_leaves_a_refusal_and_no_effect(open_door: MakeDoor) -> None:
    door = open_door()
    outcome = door.submit(Click(point=door.at("Send")))
    assert (outcome.kind, outcome.effect) == ("denied", "commit")
    assert outcome.reason == "profile unattended: deny commit"
    assert door.screen.performed == []
    assert kinds(door) == ["refusal:denied"]


def test_a_button_is_not_pressed_by_a_typed_space(open_door: MakeDoor) -> None:
    door = open_door()
    assert door.submit(Click(point=door.at("Name"))).kind == "done"
    assert door.submit(Type(text="Zoë K")).kind == "done"
    while door.screen.focus is not door.screen.named(Button, "Send"):
        assert door.submit(Press(keys=("tab",))).kind == "done"
    outcome = door.submit(Type(text="a "))
    assert (outcome.kind, outcome.effect) == ("denied", "commit")
    assert door.screen.submitted == []


def test_the_keyboard_is_not_used_where_it_went_elsewhere(open_door: MakeDoor) -> None:
    holders: list[Widget] = []

    class Stolen(Shim):
        def focused(self) -> Element | None:
            return holders.pop(0).element(0) if holders else super().focused()

    door = open_door(wrap=Stolen)
    door.submit(Click(point=door.at("Name")))
    field = door.screen.named(Field, "Name")
    holders += [field, door.screen.named(Button, "Send")]
    outcome = door.submit(Type(text="secret"))
    assert (outcome.kind, outcome.reason) == ("withdrawn", "something else has the keyboard now")
    assert field.text == ""


def test_an_asked_action_needs_a_yes(open_door: MakeDoor) -> None:
    approver = ScriptedApprover([False, True])
    door = open_door(policy=profile("ask"), approver=approver)
    send = Click(point=door.at("Send"))
    refused = door.submit(send)
    assert refused.kind == "denied"
    assert "not approved" in refused.reason
    assert door.screen.submitted == []
    assert door.submit(send).kind == "done"
    assert len(door.screen.submitted) == 1
    asked = approver.requests[0]
    assert (asked.goal, asked.effect, asked.action) == ("fill in the form", "commit", send)
    assert asked.element is not None
    assert asked.element.name.raw == "Send"


def test_without_a_terminal_ask_is_deny(open_door: MakeDoor) -> None:
    door = open_door(policy=profile("ask"))
    assert door.submit(Click(point=door.at("Name"))).kind == "denied"
    assert door.submit(Move(point=door.at("Name"))).kind == "done"


def test_a_point_off_the_screen_fails(open_door: MakeDoor) -> None:
    door = open_door()
    outcome = door.submit(Click(point=Point(x=640, y=0)))
    assert outcome.kind == "failed"
    assert "(640, 0) is not on the 640x400 screen" in outcome.reason
    assert kinds(door) == ["refusal:failed"]


@pytest.mark.parametrize("action", [Terminate(status="success"), Answer(text="42")])
def test_an_ending_is_written_and_never_performed(open_door: MakeDoor, action: Action) -> None:
    door = open_door(policy=profile("observe"))
    assert door.submit(action).kind == "done"
    assert door.screen.performed == []
    assert kinds(door) == ["intent", "result:done"]


def test_stop_holds_before_anything_is_looked_at(open_door: MakeDoor) -> None:
    door = open_door(stopped=lambda: True, wrap=Shim)
    shim(door).hitting = AssertionError("looked at the screen of a stopped run")
    assert door.submit(Click(point=door.at("Name"))).kind == "stopped"
    assert kinds(door) == ["refusal:stopped"]


def test_stop_holds_right_before_the_permit(open_door: MakeDoor) -> None:
    answers = iter([False, True])
    door = open_door(stopped=lambda: next(answers))
    assert door.submit(Click(point=door.at("Name"))).kind == "stopped"
    assert door.screen.performed == []
    assert kinds(door) == ["intent", "result:withdrawn"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ActionRefused("no such key"), "failed"),
        (ActionRefused("disabled: it is grey", "disabled"), "failed"),
        (ActionRefused("moving: it drifts", "moving"), "withdrawn"),
        (PermitRefused("spent"), "failed"),
        (PersonActive("the mouse moved"), "withdrawn"),
        (ActionInDoubt("timed out"), "in_doubt"),
        (EnvironmentMissing("gone"), "in_doubt"),
        (Unreachable("gone"), "in_doubt"),
        (ObservationFailed("gone"), "in_doubt"),
    ],
)
def test_what_an_actuator_raises_becomes_an_outcome(
    open_door: MakeDoor, error: ActuatorError, kind: str
) -> None:
    door = open_door(wrap=Shim)
    shim(door).performing = error
    outcome = door.submit(Click(point=door.at("Name")))
    assert (outcome.kind, outcome.reason, outcome.receipt) == (kind, str(error), None)
    assert kinds(door) == ["intent", f"result:{kind}"]


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("bug")])
def test_an_interruption_leaves_doubt_and_passes_through(
    open_door: MakeDoor, error: BaseException, landed: bool
) -> None:
    door = open_door(wrap=Shim)
    shim(door).performing, shim(door).landed = error, landed
    with pytest.raises(type(error)):
        door.submit(Click(point=door.at("Name")))
    assert len(door.screen.performed) == landed
    assert kinds(door) == ["intent", "result:in_doubt"]


def test_a_screen_that_is_gone_before_the_permit_is_withdrawn(open_door: MakeDoor) -> None:
    door = open_door(wrap=Shim)
    seen = door.screen.observe()
    shim(door).looking = [ObservationFailed("black"), EnvironmentMissing("no display")]
    assert door.submit(Click(point=door.at("Name")), seen).kind == "withdrawn"
    with pytest.raises(EnvironmentMissing):
        door.submit(Click(point=door.at("Name")), seen)
    assert kinds(door) == ["intent", "result:withdrawn"] * 2
    assert door.screen.performed == []


def test_a_stop_that_an_actuator_heard_first_is_one(open_door: MakeDoor) -> None:
    door = open_door(wrap=Shim)
    shim(door).performing = ActionStopped("stopped before its first input")
    outcome = door.submit(Click(point=door.at("Name")))
    assert (outcome.kind, outcome.reason) == ("stopped", "the run was told to stop")
    assert kinds(door) == ["intent", "result:withdrawn"]
    assert door.screen.performed == []


def test_what_cannot_be_hit_tested_is_unknown(open_door: MakeDoor) -> None:
    door = open_door(wrap=Shim)
    shim(door).hitting = ObservationFailed("no tree")
    outcome = door.submit(Click(point=door.at("Name")))
    assert (outcome.kind, outcome.effect) == ("denied", "unknown")


def test_effects_permits_and_intents_are_as_many(open_door: MakeDoor) -> None:
    door = open_door(policy=profile("ask"), approver=ScriptedApprover([True, False] * 20))
    actions: list[Action] = [
        Click(point=door.at("Name")),
        Type(text="a"),
        Press(keys=("enter",)),
        Wait(seconds=1),
        Scroll(dy=-5),
        Click(point=Point(x=600, y=390)),
        Terminate(status="success"),
    ]
    done = [door.submit(action).kind for _ in range(4) for action in actions].count("done")
    intents = [r for r in door.records if isinstance(r, Intent)]
    assert len(intents) == done == len(door.screen.performed) + 4
    assert all(state.state == "done" for state in door.states)


def test_a_shim_is_an_actuator(open_door: MakeDoor) -> None:
    actuator: Actuator = Shim(open_door().screen)
    assert actuator.observe().geometry.width == 640
