"""What is typed in pieces is seen whole."""

import pytest

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type, Wait
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.typed import Typed, keyed
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


BOX = Box(left=0, top=0, right=50, bottom=20)
FIELD = Element("textbox", ScreenText("Note"), BOX, editable=True)
WINDOW = Element("window", ScreenText("Editor"), BOX)
DESK = Surface("desktop", ":1")


def press(*keys: str) -> Press:
    return Press(keys=keys)


def click(x: int, count: int = 1) -> Click:
    return Click(point=Point(x=x, y=5), count=count)


def held_after(*actions: Action, element: Element | None = FIELD, last: str = "!") -> set[str]:
    """Return all that the field may hold once ``last`` is typed too."""
    typed = Typed(lambda text: text == "named")
    for action in actions:
        typed.happened(action, element, DESK)
    return set(typed.after(Type(text=last), element, DESK))


@pytest.mark.parametrize(
    ("actions", "text"),
    [
        ((Type(text="ab"), press("left")), "a!b"),
        ((Type(text="ab"), press("home"), press("right")), "a!b"),
        ((Type(text="ab"), press("home"), press("end")), "ab!"),
        ((Type(text="ab"), press("home"), press("delete")), "!b"),
        ((Type(text="ab"), press("home"), press("backspace")), "!ab"),
        ((Type(text="ab"), press("delete")), "ab!"),
        ((Type(text="ab"), press("ctrl", "a"), press("backspace")), "!"),
        ((Type(text="ab"), press("ctrl", "a"), press("backspace"), press("ctrl", "z")), "ab!"),
        ((Type(text="ab"), press("ctrl", "a"), Type(text="c"), press("ctrl", "z")), "ab!"),
        ((Type(text="ab"), press("ctrl", "a"), press("left")), "a!b"),
        ((Type(text="ab"), press("up")), "a!b"),
        ((Type(text="ab"), press("up"), press("left"), press("backspace")), "a!b"),
        ((Type(text="ab"), press("shift", "left")), "a!b"),
        ((Type(text="ab"), press("f5"), press("space")), "ab !"),
        ((Type(text="ab"), press("ctrl", "z")), "ab!"),
        ((Type(text="ab"), click(5)), "a!b"),
        ((Type(text="ab"), Drag(end=Point(x=5, y=5))), "a!b"),
        ((Type(text="ab"), click(5, count=3)), "!"),
        ((Wait(seconds=1), Type(text="ab"), Type(text="")), "ab!"),
        ((Type(text="x"), Scroll(dy=5), Type(text="ab")), "xab!"),
    ],
)
def test_a_field_holds_what_an_editor_would(actions: tuple[Action, ...], text: str) -> None:
    assert any(text in held for held in held_after(*actions))


@pytest.mark.parametrize(
    ("actions", "text"),
    [
        ((Type(text="ab"), press("tab")), "ab\n!"),
        ((Type(text="ab"), press("enter")), "ab\n!"),
        ((Type(text="ab\tc"),), "ab\tc!"),
        ((click(5), Type(text="ab"), click(6)), "a!b"),
        ((click(5), Type(text="ab"), click(40)), "ab\n!"),
        ((Type(text="ab"), press("ctrl", "a")), "a!b"),
    ],
)
@pytest.mark.parametrize("element", [None, WINDOW])
def test_a_window_holds_lines(
    actions: tuple[Action, ...], text: str, element: Element | None
) -> None:
    assert text in held_after(*actions, element=element)


def test_what_is_complete_stands_apart_from_the_like_alone() -> None:
    assert "named\n\nnamed" in {t.strip() for t in held_after(Type(text="named"), last="named")}
    assert "named" not in {t.strip() for t in held_after(Type(text="x"), last="named")} - {"named"}
    assert "xnamed" in held_after(Type(text="x"), last="named")


def test_a_new_path_is_a_new_page_and_an_address_may_be_broken() -> None:
    typed = Typed(lambda text: False)
    one, two = (Surface("browser", "b", url=f"https://a.test/{path}?q") for path in "xy")
    typed.happened(Type(text="ab"), FIELD, one)
    assert typed.after(Type(text="!"), FIELD, two) == ("!",)
    assert "ab!" in typed.after(Type(text="!"), FIELD, one)
    assert typed.after(press("enter"), FIELD, one) == ()
    broken = Surface("browser", "b", url="http://[x")
    typed.happened(Type(text="cd"), FIELD, broken)
    assert "cd!" in typed.after(Type(text="!"), FIELD, broken)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("a",), "a"),
        (("shift", "a"), "a"),
        (("space",), " "),
        (("ctrl", "a"), ""),
        (("enter",), ""),
        (("shift", "ctrl", "a"), ""),
        (("shift", "shiftright", "a"), "a"),
        (("num7",), "7"),
        (("decimal",), "."),
    ],
)
def test_which_keys_type(keys: tuple[str, ...], text: str) -> None:
    assert keyed(Press(keys=keys)) == text


def test_fields_without_names_are_told_apart_by_their_places() -> None:
    def at(top: int) -> Element:
        return Element("textbox", ScreenText(""), Box(left=0, top=top, right=9, bottom=top + 9))

    typed = Typed(lambda text: False)
    typed.happened(Type(text="ab"), at(0), DESK)
    assert typed.after(Type(text="!"), at(50), DESK) == ("!",)
    assert "ab!" in typed.after(Type(text="!"), at(5), DESK)
