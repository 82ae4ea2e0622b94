"""The seven checks, each on its own: what a look says, and what is refused for it."""

from dataclasses import replace
from typing import get_args

import pytest

from handrail.actuators.actionability import Target, insist_actionable
from handrail.actuators.actions import Action, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.actuators.errors import ActionRefused, Obstacle
from handrail.actuators.geometry import Point
from handrail.actuators.observation import ScreenText

FIT = Target(
    name=ScreenText("Pay"),
    identity="7",
    box=(10, 10, 90, 40),
    shown=True,
    alone=True,
    visible=True,
    receives=True,
    enabled=True,
    editable=True,
)
CLICK = Click(point=Point(x=50, y=25))
TYPE = Type(text="Ada")
BROKEN: dict[Obstacle, Target] = {
    "out_of_bounds": replace(FIT, shown=False),
    "ambiguous": replace(FIT, alone=False),
    "invisible": replace(FIT, visible=False),
    "moving": replace(FIT, box=(11, 10, 91, 40)),
    "covered": replace(FIT, receives=False, cover=ScreenText("Cookies")),
    "disabled": replace(FIT, enabled=False),
    "not_editable": replace(FIT, editable=False),
}


def refusal(action: Action, *looks: Target | None) -> ActionRefused:
    with pytest.raises(ActionRefused) as caught:
        insist_actionable(action, looks)
    return caught.value


def test_every_reason_has_its_case() -> None:
    assert set(BROKEN) == set(get_args(Obstacle))


@pytest.mark.parametrize("reason", [r for r in BROKEN if r != "not_editable"])
def test_a_click_is_refused_for_each_of_six_reasons(reason: Obstacle) -> None:
    for action in (CLICK, Drag(start=Point(x=50, y=25), end=Point(x=1, y=1))):
        error = refusal(action, FIT, BROKEN[reason])
        assert error.reason == reason
        assert str(error).startswith(f"{reason.replace('_', ' ')}: ")


@pytest.mark.parametrize("reason", ["disabled", "not_editable"])
def test_text_is_refused_where_it_cannot_be_entered(reason: Obstacle) -> None:
    error = refusal(TYPE, BROKEN[reason])
    assert error.reason == reason
    assert "'Pay'" in str(error)


def test_another_node_in_the_same_place_is_not_still() -> None:
    assert refusal(CLICK, replace(FIT, identity="8"), FIT).reason == "moving"
    assert refusal(CLICK, None, FIT).reason == "moving"


def test_what_fits_and_what_cannot_be_told_pass() -> None:
    for looks in ((FIT, FIT), (Target(), Target()), (FIT, None), ()):
        insist_actionable(CLICK, looks)
        insist_actionable(TYPE, looks)


@pytest.mark.parametrize(
    "action",
    [
        Move(point=CLICK.point),
        Scroll(point=CLICK.point, dy=-10),
        Press(keys=("enter",)),
        Wait(seconds=1),
        Type(text="\n"),
        Type(text="\tAda"),
        Type(text=""),
    ],
)
def test_what_has_no_target_is_not_held_up(action: Action) -> None:
    for broken in BROKEN.values():
        insist_actionable(action, (FIT, broken))


def test_only_what_moves_may_well_stand_still_at_the_next_look() -> None:
    passing = {r for r in get_args(Obstacle) if ActionRefused("x", r).passing}
    assert passing == {"moving"}
    assert not ActionRefused("x").passing


def test_names_of_the_screen_are_shown_as_they_cannot_harm() -> None:
    hostile = replace(BROKEN["covered"], cover=ScreenText("\x1b[2Kfree"), name=ScreenText("a\nb"))
    assert "\x1b" not in str(refusal(CLICK, FIT, hostile))
    assert "\n" not in str(refusal(CLICK, FIT, hostile))
