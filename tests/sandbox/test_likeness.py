"""What counts as the same kind of action, and what has no kind at all."""

from dataclasses import replace

import pytest

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.likeness import Likeness, place_of
from handrail.sandbox.rules import EffectClass

SHOP = Surface("browser", "chromium", window=ScreenText("Shop"), url="https://shop.example/a?b#c")
SAVE = Element("button", ScreenText("Save"), Box(left=0, top=0, right=9, bottom=9), submits=True)
AT = Point(x=1, y=2)
CLICK = Click(point=AT)


def kind(
    action: Action = CLICK,
    effect: EffectClass = "commit",
    element: Element | None = SAVE,
    surface: Surface = SHOP,
) -> Likeness | None:
    return Likeness.of(action, effect, (element,), surface)


def test_the_same_button_elsewhere_on_the_page_and_the_site_is_alike() -> None:
    assert kind() is not None
    assert kind() == kind(Click(point=Point(x=5, y=5)))
    assert kind() == kind(surface=replace(SHOP, url="https://shop.example/other"))
    assert kind() == kind(surface=replace(SHOP, url="https://SHOP.example:443/other"))


@pytest.mark.parametrize(
    "other",
    [
        kind(Click(point=AT, button="right")),
        kind(Click(point=AT, count=2)),
        kind(Press(keys=("enter",))),
        kind(effect="edit"),
        kind(element=replace(SAVE, name=ScreenText("Send"))),
        kind(element=replace(SAVE, role="link")),
        kind(element=replace(SAVE, sends_to="https://other.example/")),
        kind(element=replace(SAVE, page="https://frame.example/")),
        kind(surface=replace(SHOP, url="https://other.example/a")),
        kind(surface=replace(SHOP, url="http://shop.example/a")),
        kind(surface=replace(SHOP, url="https://shop.example:8443/a")),
    ],
)
def test_another_way_effect_element_or_place_is_another_kind(other: Likeness | None) -> None:
    assert other is not None
    assert other != kind()


def test_keys_are_part_of_the_kind_and_text_is_not() -> None:
    field = replace(SAVE, role="textbox", editable=True, submits=False)
    assert kind(Type(text="a"), element=field) == kind(Type(text="b"), element=field)
    assert kind(Press(keys=("a",))) != kind(Press(keys=("b",)))
    typed = kind(Type(text="a"), "edit", field)
    assert typed is not None
    assert typed.told() == (
        'every type of any text with the effect edit on textbox "Save" at https://shop.example'
    )
    scrolled = kind(Scroll(point=AT, dy=3), "navigate")
    assert scrolled is not None
    assert scrolled.told().startswith("every scroll with the effect navigate on button")


@pytest.mark.parametrize(
    "none",
    [
        kind(effect="destroy"),
        kind(effect="system"),
        kind(effect="unknown"),
        kind(element=None),
        kind(Drag(end=AT)),
        kind(element=replace(SAVE, name=ScreenText("Save\u202e"))),
        kind(element=replace(SAVE, name=ScreenText("S" * 161))),
        kind(element=replace(SAVE, role="but\nton")),
        kind(surface=replace(SHOP, url="about:blank")),
        kind(surface=replace(SHOP, url="https://shop.example\\@evil.example/")),
        kind(surface=Surface("desktop", ":0"), element=replace(SAVE, name=ScreenText(""))),
    ],
)
def test_what_cannot_be_undone_told_or_shown_has_no_kind(none: Likeness | None) -> None:
    assert none is None


def test_a_place_is_an_origin_or_a_window() -> None:
    desktop = Surface("desktop", ":0", window=ScreenText("Editor"))
    assert place_of(desktop) == 'window "Editor" on desktop :0'
    assert place_of(SHOP) == "https://shop.example"
    assert place_of(replace(SHOP, url="https://[::1]:8443/x")) == "https://[::1]:8443"
