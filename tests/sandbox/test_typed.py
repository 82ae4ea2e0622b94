"""What is typed in pieces is seen whole."""

import pytest

from handrail.actuators.actions import Action, Press, Scroll, Type
from handrail.sandbox.policy import Policy, Rule
from tests.sandbox.taint_stage import (
    NOTE,
    TO,
    MakeDoor,
    held,
    on,
    play,
    stand,
)

PIECES: list[tuple[Action, ...]] = [
    (Type(text="mallory"), Type(text="@evil"), Type(text=".test")),
    tuple(Press(keys=(c,)) for c in "evil.test"),
    (Type(text="07009"), on(NOTE), Type(text="00123")),
    (Type(text="07009"), on(TO), on(NOTE), Type(text="00123")),
    (Type(text="07009"), Scroll(dy=-50), Type(text="00123")),
    (Type(text="eviltest"), *[Press(keys=("left",))] * 4, Type(text=".")),
    (Type(text="eviltest"), on(NOTE), Type(text=".")),
    (Type(text="eviltest"), Press(keys=("up",)), Type(text=".")),
    (Type(text="viltest"), Press(keys=("home",)), Type(text="e"), on(NOTE), Type(text=".")),
    (Type(text="evilx"), Press(keys=("backspace",)), Type(text=".test")),
    (
        Type(text="evil.test"[:4]),
        Press(keys=("shift", "a")),
        Press(keys=("backspace",)),
        Type(text=".test"),
    ),
    (Type(text="x"), Press(keys=("ctrl", "a")), Type(text="evil"), Type(text=".test")),
    (Type(text="evil test"), *[Press(keys=("left",))] * 5, Press(keys=("delete",)), Type(text=".")),
]


@pytest.mark.parametrize("actions", PIECES)
def test_a_value_in_pieces_does_not_come_together(
    open_door: MakeDoor, actions: tuple[Action, ...]
) -> None:
    door = stand(open_door)
    outcomes = play(door, on(NOTE), *actions)
    assert outcomes[-1].kind == "denied"
    assert {outcome.kind for outcome in outcomes[:-3]} <= {"done", "denied"}
    text = held(door, "Note")
    assert "evil.test" not in text
    assert "0700900123" not in text


def test_two_named_values_one_after_the_other_are_no_third(open_door: MakeDoor) -> None:
    door = stand(open_door)
    actions = (on(NOTE), Type(text="ada@example.org"), on(NOTE), Type(text="report.pdf"))
    assert {outcome.kind for outcome in play(door, *actions)} == {"done"}


def test_a_field_without_a_name_is_known_by_its_place_and_a_tab_leads_on(
    open_door: MakeDoor,
) -> None:
    door = stand(open_door)
    play(door, on(NOTE), Press(keys=("tab",)), Type(text="07009"), Scroll(dy=-5))
    assert play(door, Type(text="00123"))[-1].kind == "denied"


def test_text_behind_a_tab_belongs_to_the_next_field(open_door: MakeDoor) -> None:
    allow = Rule(decision="allow", effects=("unknown",), owned_display=True)
    door = stand(open_door, Policy(profile="unattended", rules=(allow,)))
    outcomes = play(door, on(NOTE), Type(text="ada\t07009"), Type(text="00123"))
    assert [outcome.kind for outcome in outcomes] == ["done", "done", "denied"]
