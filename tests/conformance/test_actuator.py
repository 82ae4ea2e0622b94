"""What every actuator keeps to, whatever it drives."""

from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import (
    Action,
    Answer,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
)
from handrail.actuators.errors import ActionRefused, ActuatorError, PermitRefused
from handrail.actuators.geometry import Point

if TYPE_CHECKING:
    from tests.conformance.conftest import Performer

UNICODE = 'Zoë <b>&"é" 中文 Ж 😀 x^`~'


def test_an_observation_is_an_rgb_image_of_its_geometry(performer: "Performer") -> None:
    seen = performer.stage.actuator.observe()
    assert seen.image.mode == "RGB"
    assert seen.image.size == (seen.geometry.width, seen.geometry.height)
    assert seen.geometry.contains(performer.stage.field)
    assert seen.surface.name


def test_a_click_presses_once(performer: "Performer") -> None:
    performer.do(Click(point=performer.stage.button))
    assert performer.stage.presses(1) == 1
    performer.do(Click(point=performer.stage.button, count=2))
    assert performer.stage.presses(3) == 3


def test_typed_text_arrives_as_it_stands(performer: "Performer") -> None:
    performer.do(Click(point=performer.stage.field), Type(text=UNICODE))
    assert performer.stage.text(UNICODE) == UNICODE


def test_text_can_be_replaced_by_keys(performer: "Performer") -> None:
    performer.do(Click(point=performer.stage.field), Type(text="first"))
    performer.do(Press(keys=("ctrl", "a")), Type(text="second"))
    assert performer.stage.text("second") == "second"
    performer.do(Press(keys=("backspace",)), Press(keys=("D",)), Press(keys=("space",)))
    assert performer.stage.text("seconD ") == "seconD "


def test_a_triple_click_selects_the_line(performer: "Performer") -> None:
    performer.do(Click(point=performer.stage.field), Type(text="old words"))
    performer.do(Click(point=performer.stage.field, count=3), Type(text="new"))
    assert performer.stage.text("new") == "new"


def test_looking_and_pointing_change_nothing(performer: "Performer") -> None:
    button = performer.stage.button
    receipt = performer.do(Move(point=button), Scroll(point=button, dy=-10), Wait(seconds=0.01))
    assert receipt.seconds >= 0
    assert performer.stage.presses(0) == 0
    assert performer.stage.text("") == ""


def test_a_hit_test_knows_the_field_and_the_button(performer: "Performer") -> None:
    if not performer.stage.knows_elements:
        assert performer.stage.actuator.hit_test(performer.stage.field) is None
        return
    field = performer.stage.actuator.hit_test(performer.stage.field)
    button = performer.stage.actuator.hit_test(performer.stage.button)
    assert field is not None
    assert button is not None
    assert (field.role, field.editable) == ("textbox", True)
    assert (button.role, button.editable) == ("button", False)
    assert field.box.contains(performer.stage.field)
    assert button.box.contains(performer.stage.button)


def test_what_has_the_keyboard_is_known_where_elements_are(performer: "Performer") -> None:
    performer.do(Click(point=performer.stage.field))
    focused = performer.stage.actuator.focused()
    if not performer.stage.knows_elements:
        assert focused is None
        return
    assert focused is not None
    assert (focused.role, focused.editable) == ("textbox", True)
    assert focused.box.contains(performer.stage.field)


def test_no_permit_no_effect(performer: "Performer") -> None:
    click = Click(point=performer.stage.button)
    other = performer.office.issue(Click(point=performer.stage.field))
    spent = performer.office.issue(click)
    performer.stage.actuator.observe()
    with pytest.raises(PermitRefused):
        performer.stage.actuator.perform(click, other)
    performer.stage.actuator.perform(click, spent)
    with pytest.raises(PermitRefused):
        performer.stage.actuator.perform(click, spent)
    assert performer.stage.presses(1) == 1


@pytest.mark.parametrize("action", [Terminate(status="success"), Answer(text="42")])
def test_ending_actions_are_not_for_screens(performer: "Performer", action: Action) -> None:
    with pytest.raises(ActionRefused):
        performer.do(action)


@pytest.mark.parametrize("kind", ["click", "move", "scroll", "drag"])
def test_points_beyond_the_screen_are_refused(performer: "Performer", kind: str) -> None:
    geometry = performer.stage.actuator.observe().geometry
    outside = Point(x=geometry.width, y=geometry.height - 1)
    actions: dict[str, Action] = {
        "click": Click(point=outside),
        "move": Move(point=outside),
        "scroll": Scroll(point=outside, dy=1),
        "drag": Drag(start=performer.stage.field, end=outside),
    }
    with pytest.raises(ActionRefused):
        performer.do(actions[kind])


def test_an_unknown_key_is_refused(performer: "Performer") -> None:
    performer.do(Click(point=performer.stage.field))
    with pytest.raises(ActionRefused):
        performer.do(Press(keys=("ctrl", "no-such-key")))
    performer.do(Type(text="a"))
    assert performer.stage.text("a") == "a"


def test_closing_twice_is_harmless_and_final(performer: "Performer") -> None:
    performer.stage.actuator.close()
    performer.stage.actuator.close()
    with pytest.raises(ActuatorError):
        performer.stage.actuator.observe()
