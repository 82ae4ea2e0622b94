"""What a person may change about an action."""

import pytest

from handrail.actuators.actions import Action, Answer, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.actuators.geometry import Point
from handrail.sandbox.editing import editable, edited, only_edited

ONE, TWO = Point(x=1, y=1), Point(x=2, y=30)


@pytest.mark.parametrize(
    ("action", "given", "made"),
    [
        (Type(text="a"), " b ", Type(text=" b ")),
        (Answer(text="a"), "b", Answer(text="b")),
        (Click(point=ONE, count=2), "2,30", Click(point=TWO, count=2)),
        (Move(point=ONE), " ( 2 , 30 ) ", Move(point=TWO)),
        (Scroll(point=None, dy=3), "2, 30", Scroll(point=TWO, dy=3)),
        (Drag(start=ONE, end=ONE), "2, 30", Drag(start=ONE, end=TWO)),
    ],
)
def test_text_or_a_point_is_put_in_place(action: Action, given: str, made: Action) -> None:
    assert edited(action, given) == made
    assert only_edited(action, made)


@pytest.mark.parametrize(
    ("action", "given", "said"),
    [
        (Press(keys=("a",)), "b", "nothing of a press"),
        (Wait(seconds=1), "2", "nothing of a wait"),
        (Click(point=ONE), "2", "two whole numbers"),
        (Click(point=ONE), "-2, 3", "two whole numbers"),
        (Click(point=ONE), "2, 3; 4", "two whole numbers"),
        (Type(text="a"), "b" * 20_001, "text: "),
    ],
)
def test_what_cannot_be_meant_is_said(action: Action, given: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        edited(action, given)


@pytest.mark.parametrize(
    ("action", "other", "fits"),
    [
        (Type(text="a"), Type(text="b"), True),
        (Type(text="a"), Type(text="a"), False),
        (Click(point=ONE), Click(point=TWO), True),
        (Click(point=ONE), Click(point=TWO, count=2), False),
        (Click(point=ONE), Move(point=TWO), False),
        (Click(point=ONE), Type(text="b"), False),
        (Drag(end=ONE), Drag(start=TWO, end=TWO), False),
        (Press(keys=("a",)), Press(keys=("b",)), False),
    ],
)
def test_an_edit_changes_text_or_point_alone(action: Action, other: Action, fits: bool) -> None:
    assert only_edited(action, other) is fits
    assert not fits or editable(action)
