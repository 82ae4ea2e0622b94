"""Effect classes: what is listed, what is raised by words, and that the rest is unknown."""

from typing import get_args

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
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.effects import classify, graver
from handrail.sandbox.rules import EffectClass

POINT = Point(x=5, y=5)
CLICK = Click(point=POINT)
PAGE = Surface("browser", "chromium", url="https://example.org/")
DESK = Surface("desktop", ":0")
EFFECTS: tuple[EffectClass, ...] = get_args(EffectClass)


def element(role: str, name: str = "", *, href: str = "", submits: bool = False) -> Element:
    box = Box(left=0, top=0, right=10, bottom=10)
    return Element(role, ScreenText(name), box, role == "textbox", submits, href)


@pytest.mark.parametrize(
    ("action", "effect"),
    [
        (Wait(seconds=1), "observe"),
        (Terminate(status="success"), "observe"),
        (Answer(text="42\n"), "observe"),
        (Move(point=POINT), "observe"),
        (Scroll(point=POINT, dy=5), "navigate"),
        (Scroll(dy=5), "navigate"),
        (Type(text="Zoë中文😀"), "edit"),
        (Type(text="a b"), "unknown"),
        (Type(text=""), "edit"),
        (Type(text="rm -rf ~\n"), "unknown"),
        (Type(text="a\rb"), "unknown"),
        (Type(text="a\tb"), "unknown"),
        (Type(text="a\x1bb"), "unknown"),
        (Type(text="a\u2028b"), "unknown"),
        (Type(text="a\x85b"), "unknown"),
        (CLICK, "unknown"),
        (Drag(start=POINT, end=POINT), "unknown"),
    ],
)
def test_without_an_element(action: Action, effect: EffectClass) -> None:
    assert classify(action, None, PAGE) == effect


@pytest.mark.parametrize(
    ("role", "effect"),
    [
        ("textbox", "edit"),
        ("combobox", "edit"),
        ("checkbox", "edit"),
        ("radio", "edit"),
        ("option", "edit"),
        ("tab", "navigate"),
        ("menu", "navigate"),
        ("button", "commit"),
        ("menuitem", "commit"),
        ("generic", "unknown"),
        ("img", "unknown"),
        ("", "unknown"),
        ("BUTTON", "unknown"),
    ],
)
def test_a_click_goes_by_the_role(role: str, effect: EffectClass) -> None:
    assert classify(CLICK, element(role), PAGE) == effect
    assert classify(Click(point=POINT, button="right"), element(role), PAGE) == effect


@pytest.mark.parametrize(
    ("href", "page", "desk"),
    [
        ("https://example.org/a", "navigate", "navigate"),
        ("/a?b#c", "navigate", "navigate"),
        ("#top", "navigate", "navigate"),
        ("", "commit", "commit"),
        ("javascript:pay()", "unknown", "unknown"),
        (" JavaScript:pay()", "unknown", "unknown"),
        ("java\nscript:pay()", "unknown", "unknown"),
        ("data:text/html,x", "unknown", "unknown"),
        ("mailto:a@b.org", "system", "system"),
        ("zoommtg://x", "system", "system"),
        ("https://[", "unknown", "unknown"),
    ],
)
def test_a_link_goes_by_its_scheme(href: str, page: EffectClass, desk: EffectClass) -> None:
    assert classify(CLICK, element("link", "News", href=href), PAGE) == page
    assert classify(CLICK, element("link", "News", href=href), DESK) == desk


@pytest.mark.parametrize(
    ("role", "name", "effect"),
    [
        ("button", "Delete account", "destroy"),
        ("button", "Yes, delete it", "destroy"),
        ("button", "DE\u200bLETE", "destroy"),
        ("button", "\uff24\uff25\uff2c\uff25\uff34\uff25", "destroy"),
        ("button", "Löschen", "destroy"),
        ("button", "Log out", "system"),
        ("button", "Cancel", "commit"),
        ("button", "harmless: only looks", "commit"),
        ("link", "Buy now", "commit"),
        ("link", "Undeletable", "navigate"),
        ("checkbox", "Remove everything", "destroy"),
        ("textbox", "Delete", "edit"),
        ("generic", "Delete", "unknown"),
        ("generic", "Just a link, navigate", "unknown"),
    ],
)
def test_a_name_may_raise_the_class(role: str, name: str, effect: EffectClass) -> None:
    href = "https://example.org/" if role == "link" else ""
    assert classify(CLICK, element(role, name, href=href), PAGE) == effect


def test_submitting_and_double_clicks_raise_the_class() -> None:
    assert classify(CLICK, element("tab", submits=True), PAGE) == "commit"
    assert classify(CLICK, element("textbox", submits=True), PAGE) == "commit"
    assert classify(Click(point=POINT, count=2), element("option"), PAGE) == "commit"
    assert classify(Click(point=POINT, count=3), element("textbox"), PAGE) == "edit"


def test_the_wheel_and_a_drag_go_by_the_role() -> None:
    assert classify(Scroll(point=POINT, dy=1), element("spinbutton"), PAGE) == "edit"
    drag = Drag(start=POINT, end=POINT)
    found = [classify(drag, element(r), PAGE) for r in ("slider", "scrollbar", "textbox", "button")]
    assert found == ["edit", "navigate", "edit", "unknown"]


@given(
    st.sampled_from(["link", "button", "tab", "checkbox", "textbox", "generic", "menuitem"]),
    st.text(max_size=40),
    st.integers(min_value=1, max_value=3),
    st.booleans(),
)
def test_no_name_ever_lowers_the_class(role: str, name: str, count: int, submits: bool) -> None:
    click = Click(point=POINT, count=count)
    plain = classify(click, element(role, "", submits=submits), PAGE)
    named = classify(click, element(role, name, submits=submits), PAGE)
    assert graver(plain, named) == named


@pytest.mark.parametrize(
    ("keys", "effect"),
    [
        ("tab", "navigate"),
        ("shift tab", "navigate"),
        ("Escape", "navigate"),
        ("shiftright left", "navigate"),
        ("PageDown", "navigate"),
        ("ctrl c", "observe"),
        ("ctrlleft c", "observe"),
        ("ctrl a", "navigate"),
        ("ctrl v", "edit"),
        ("shift ctrl z", "edit"),
        ("a", "edit"),
        ("shift A", "edit"),
        ("é", "edit"),
        ("enter", "commit"),
        ("Return", "commit"),
        ("ctrl enter", "commit"),
        ("space", "commit"),
        ("ctrl s", "commit"),
        ("delete", "destroy"),
        ("ctrl w", "destroy"),
        ("alt f4", "destroy"),
        ("alt tab", "system"),
        ("win r", "system"),
        ("cmd", "system"),
        ("ctrl alt delete", "system"),
        ("c ctrl", "unknown"),
        ("ctrl C", "unknown"),
        ("ctrl ctrl c", "unknown"),
        ("a b", "unknown"),
        ("ctrl a delete", "unknown"),
        ("f11", "unknown"),
        ("printscreen", "unknown"),
        ("nosuchkey", "unknown"),
        ("\u200b", "unknown"),
        ("alt f", "unknown"),
        ("altgr e", "unknown"),
        ("f5", "unknown"),
    ],
)
def test_chords_go_by_the_table(keys: str, effect: EffectClass) -> None:
    assert classify(Press(keys=tuple(keys.split(" "))), None, DESK) == effect


@pytest.mark.parametrize(
    ("action", "at", "effect"),
    [
        (Type(text="two words"), element("textbox", "Delete"), "edit"),
        (Type(text="two words"), element("button", "Next"), "commit"),
        (Type(text=" "), element("button", "Delete account"), "destroy"),
        (Type(text="words"), element("button", "Delete account"), "edit"),
        (Type(text=" "), element("checkbox", "Newsletter"), "commit"),
        (Press(keys=("enter",)), element("textbox", "Delete"), "commit"),
        (Press(keys=("enter",)), element("button", "Delete account"), "destroy"),
        (Press(keys=("space",)), element("button", "Log out"), "system"),
        (Press(keys=("enter",)), element("link", "More", href="javascript:go()"), "unknown"),
        (Press(keys=("enter",)), element("link", "More", href="https://a.org/"), "commit"),
        (Press(keys=("down",)), element("combobox", "Country"), "edit"),
        (Press(keys=("left",)), element("radio", "Yes"), "edit"),
        (Press(keys=("tab",)), element("radio", "Yes"), "navigate"),
        (Press(keys=("down",)), element("textbox", "Name"), "navigate"),
        (Press(keys=("tab",)), element("button", "Delete"), "navigate"),
    ],
)
def test_keys_do_what_they_do_to_what_has_the_keyboard(
    action: Action, at: Element, effect: EffectClass
) -> None:
    assert classify(action, at, PAGE) == effect


@pytest.mark.parametrize("role", ["tab", "checkbox", "textbox", "option", "scrollbar"])
def test_an_address_counts_under_any_role(role: str) -> None:
    assert classify(CLICK, element(role, "More", href="javascript:go()"), PAGE) == "unknown"
    assert classify(CLICK, element(role, "More", href="mailto:a@b.org"), PAGE) == "system"


def test_loading_a_page_anew_may_send_its_form_again() -> None:
    for keys in (("f5",), ("ctrl", "r"), ("browserrefresh",)):
        assert classify(Press(keys=keys), None, PAGE) == "commit"


def test_browsers_have_a_few_keys_more() -> None:
    assert classify(Press(keys=("ctrl", "t")), None, PAGE) == "navigate"
    assert classify(Press(keys=("alt", "left")), None, PAGE) == "navigate"
    assert classify(Press(keys=("alt", "left")), None, DESK) == "unknown"
