"""The vocabulary of actions: closed, typed, frozen, and with a digest for each meaning."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from handrail.actuators.actions import (
    ACTION,
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
    digest,
    points,
)
from handrail.actuators.geometry import Point

POINT = Point(x=1, y=2)
ALL: tuple[Action, ...] = (
    Move(point=POINT),
    Click(point=POINT),
    Drag(start=POINT, end=Point(x=3, y=4)),
    Drag(end=POINT),
    Scroll(point=POINT, dy=-5),
    Scroll(dx=2),
    Type(text="Zoë 中 😀"),
    Press(keys=("ctrl", "a")),
    Wait(seconds=0.5),
    Terminate(status="failure"),
    Answer(text="42"),
)


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.kind)
def test_every_action_survives_json(action: Action) -> None:
    assert ACTION.validate_json(ACTION.dump_json(action)) == action


def test_different_actions_have_different_digests() -> None:
    assert len({digest(action) for action in ALL}) == len(ALL)
    assert digest(Click(point=POINT)) == digest(
        Click(point=Point(x=1, y=2), button="left", count=1)
    )


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_digest_tells_texts_apart(first: str, second: str) -> None:
    try:
        one, other = Type(text=first), Type(text=second)
    except ValidationError:  # a lone surrogate
        return
    assert (digest(one) == digest(other)) == (first == second)


@pytest.mark.parametrize(
    "raw",
    [
        {"kind": "click"},
        {"kind": "Click", "point": {"x": 1, "y": 2}},
        {"kind": "tap", "point": {"x": 1, "y": 2}},
        {"point": {"x": 1, "y": 2}},
        {"kind": "click", "point": {"x": 1, "y": 2}, "extra": 1},
        {"kind": "click", "point": {"x": 1, "y": 2, "z": 3}},
        {"kind": "click", "point": {"x": -1, "y": 2}},
        {"kind": "click", "point": {"x": 1.5, "y": 2}},
        {"kind": "click", "point": [1, 2]},
        {"kind": "click", "point": {"x": 1, "y": 2}, "count": 4},
        {"kind": "click", "point": {"x": 1, "y": 2}, "button": "any"},
        {"kind": "press", "keys": []},
        {"kind": "press", "keys": ["\x1b"]},
        {"kind": "press", "keys": [""]},
        {"kind": "press", "keys": ["a"] * 7},
        {"kind": "wait", "seconds": float("nan")},
        {"kind": "wait", "seconds": float("inf")},
        {"kind": "wait", "seconds": -1},
        {"kind": "scroll", "dy": 10**9},
        {"kind": "type", "text": "x" * 20_001},
        {"kind": "type", "text": "\ud800"},
        {"kind": "terminate", "status": "done"},
        [],
        None,
    ],
)
def test_what_is_not_in_the_vocabulary_is_refused(raw: object) -> None:
    with pytest.raises(ValidationError):
        ACTION.validate_python(raw)


def test_the_order_of_fields_means_nothing() -> None:
    fields: dict[str, object] = {"kind": "click", "point": {"x": 1, "y": 2}, "button": "right"}
    turned = json.dumps(dict(reversed(fields.items())))
    assert digest(ACTION.validate_json(turned)) == digest(ACTION.validate_python(fields))


def test_actions_do_not_change() -> None:
    click = Click(point=POINT)
    with pytest.raises(ValidationError):
        click.count = 2
    with pytest.raises(ValidationError):
        click.point.x = 9


def test_the_points_of_an_action_are_all_found() -> None:
    end = Point(x=3, y=4)
    found = [points(action) for action in ALL]
    assert found[:6] == [(POINT,), (POINT,), (POINT, end), (POINT,), (POINT,), ()]
    assert set(found[6:]) == {()}
