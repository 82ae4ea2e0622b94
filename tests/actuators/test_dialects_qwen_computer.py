"""Qwen's computer_use arguments: every form reads, every other is refused, both ways agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from handrail.actuators.dialects.errors import DialectError
from handrail.actuators.dialects.fields import Json
from handrail.actuators.dialects.qwen_computer import ACTIONS, decode, encode
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.model.grounding import fraction

SCREEN = ScreenGeometry(width=1280, height=800)
MIDDLE = Point(x=640, y=400)

FORMS: list[tuple[dict[str, Json], Action]] = [
    ({"action": "key", "keys": ["Ctrl", "a"]}, Press(keys=("ctrl", "a"))),
    ({"action": "key", "keys": ["Return"]}, Press(keys=("enter",))),
    ({"action": "type", "text": "<é中🙂>\n"}, Type(text="<é中🙂>\n")),
    ({"action": "mouse_move", "coordinate": [500, 500]}, Move(point=MIDDLE)),
    ({"action": "left_click", "coordinate": [500, 500]}, Click(point=MIDDLE)),
    ({"action": "right_click", "coordinate": [500, 500]}, Click(point=MIDDLE, button="right")),
    ({"action": "middle_click", "coordinate": [500, 500]}, Click(point=MIDDLE, button="middle")),
    ({"action": "double_click", "coordinate": [500, 500]}, Click(point=MIDDLE, count=2)),
    ({"action": "triple_click", "coordinate": [500, 500]}, Click(point=MIDDLE, count=3)),
    ({"action": "left_click_drag", "coordinate": [500, 500]}, Drag(end=MIDDLE)),
    ({"action": "scroll", "pixels": -300}, Scroll(dy=-300)),
    ({"action": "scroll", "pixels": 5, "coordinate": [500, 500]}, Scroll(point=MIDDLE, dy=5)),
    ({"action": "hscroll", "pixels": 120}, Scroll(dx=120)),
    ({"action": "wait", "time": 1.5}, Wait(seconds=1.5)),
    ({"action": "terminate", "status": "failure"}, Terminate(status="failure")),
    ({"action": "answer", "text": "42"}, Answer(text="42")),
]


@pytest.mark.parametrize(("words", "action"), FORMS)
def test_every_form_reads_as_one_action(words: dict[str, Json], action: Action) -> None:
    assert decode(words, SCREEN) == action
    assert decode(encode(action, SCREEN), SCREEN) == action


def test_every_action_of_the_tool_has_a_form_here() -> None:
    assert {words["action"] for words, _ in FORMS} == set(ACTIONS)


@pytest.mark.parametrize(
    ("at", "pixel"),
    [(0, (0, 0)), (1000, (1279, 799)), (999, (1278, 799)), (999.9, (1279, 799)), (1, (1, 0))],
)
def test_both_ends_of_the_scale_are_on_the_screen(at: float, pixel: tuple[int, int]) -> None:
    action = decode({"action": "left_click", "coordinate": [at, at]}, SCREEN)
    assert action == Click(point=Point(x=pixel[0], y=pixel[1]))
    assert SCREEN.point(fraction(at), fraction(at)) == Point(x=pixel[0], y=pixel[1])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({}, "action must be one of"),
        ({"action": "click", "coordinate": [1, 1]}, "action must be one of"),
        ({"action": ["left_click"]}, "action must be one of"),
        ({"action": "left_click"}, "left_click needs 'coordinate'"),
        ({"action": "left_click", "coordinate": [1, 1], "text": "a"}, "takes no 'text'"),
        ({"action": "left_click", "coordinate": [1001, 5]}, "within 0..1000"),
        ({"action": "left_click", "coordinate": [-0.1, 5]}, "within 0..1000"),
        ({"action": "left_click", "coordinate": [10**400, 5]}, "too large"),
        ({"action": "left_click", "coordinate": [float("nan"), 5]}, "finite"),
        ({"action": "left_click", "coordinate": ["500", 5]}, "must be a number"),
        ({"action": "left_click", "coordinate": [True, 5]}, "must be a number"),
        ({"action": "left_click", "coordinate": [1, 2, 3, 4]}, r"\[x, y\]"),
        ({"action": "left_click", "coordinate": {"x": 1, "y": 2}}, r"\[x, y\]"),
        ({"action": "type", "text": 5}, "must be a string"),
        ({"action": "type", "text": "a\x1b[2K"}, r"U\+001B"),
        ({"action": "type", "text": "\ud800"}, r"U\+D800"),
        ({"action": "type", "text": "a" * 20_001}, "at most 20000"),
        ({"action": "key", "keys": "enter"}, "array of key names"),
        ({"action": "key", "keys": []}, "at least 1"),
        ({"action": "key", "keys": ["ctrl+a"]}, "separate names"),
        ({"action": "key", "keys": ["warp"]}, "no key called"),
        ({"action": "key", "keys": [None]}, "array of key names"),
        ({"action": "wait", "time": 61}, "less than or equal to 60"),
        ({"action": "wait", "time": -1}, "greater than or equal to 0"),
        ({"action": "scroll", "pixels": 20_001}, "less than or equal to 20000"),
        ({"action": "scroll", "pixels": "down"}, "must be a number"),
        ({"action": "terminate", "status": "done"}, "success or failure"),
    ],
)
def test_what_is_not_a_form_is_refused_by_name(words: dict[str, Json], says: str) -> None:
    with pytest.raises(DialectError, match=says):
        decode(words, SCREEN)


@given(x=st.integers(0, 1279), y=st.integers(0, 799))
def test_a_point_comes_back_within_one_step_of_the_scale(x: int, y: int) -> None:
    action = decode(encode(Move(point=Point(x=x, y=y)), SCREEN), SCREEN)
    assert isinstance(action, Move)
    assert abs(action.point.x - x) <= 1280 / 1000
    assert abs(action.point.y - y) <= 1


def test_what_the_dialect_cannot_say_is_refused() -> None:
    for action in (
        Drag(start=MIDDLE, end=MIDDLE),
        Click(point=MIDDLE, button="right", count=2),
        Scroll(dx=1, dy=1),
    ):
        with pytest.raises(DialectError):
            encode(action, SCREEN)
