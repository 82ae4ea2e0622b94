"""What a page's structure tells of an effect: its forms, and whether a script listens."""

from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Press
from handrail.actuators.observation import Element
from handrail.sandbox.effects import classify

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def page(stage: "Stage") -> "Stage":
    stage.load("evidence.html")
    return stage


def under(stage: "Stage", selector: str) -> Element:
    stage.browser.observe()
    element = stage.browser.hit_test(stage.at(selector))
    assert element is not None
    return element


def focused(stage: "Stage", selector: str) -> Element:
    stage.peek("s => document.querySelector(s).focus()", selector)
    stage.browser.observe()
    element = stage.browser.focused()
    assert element is not None
    return element


def test_forms_and_listeners_are_told_and_give_the_effect(page: "Stage") -> None:
    surface = page.browser.observe().surface
    second, other, here = f"{page.site}/second.html", "https://other.test/take", surface.url
    for selector, method, address, scripted, effect in (
        ("#find", "get", second, False, "navigate"),
        ("#send", "post", other, True, "commit"),
        ("#instead", "get", second, False, "navigate"),
        ("#watched", "get", here, True, "commit"),
        ("#spied", "get", here, True, "commit"),
        ("#plain", "", "", False, "navigate"),
        ("#spoken", "", "", True, "unknown"),
        ("#inner", "", "", True, "unknown"),
        ("#slotted", "", "", True, "unknown"),
        ("#button", "", "", True, "commit"),
    ):
        told = under(page, selector)
        click = Click(point=page.at(selector))
        seen = (told.method, told.sends_to, told.scripted, classify(click, told, surface))
        assert seen == (method, address, scripted, effect), selector


def test_enter_sends_the_form_of_the_field(page: "Stage") -> None:
    surface = page.browser.observe().surface
    for selector, method, effect in (
        ("#query", "get", "navigate"), ("#lone", "get", "navigate"), ("#word", "post", "commit"),
    ):  # fmt: skip
        told = focused(page, selector)
        assert (told.role, told.method, told.submits) == ("textbox", method, False)
        assert classify(Press(keys=("enter",)), told, surface) == effect


@pytest.mark.parametrize("target", ["window", "document", "document.body"])
def test_a_listener_further_up_hears_of_everything(page: "Stage", target: str) -> None:
    assert not under(page, "#plain").scripted
    page.peek(f"{target}.addEventListener('keydown', () => {{}}, true)")
    surface = page.browser.observe().surface
    told = under(page, "#find")
    assert told.scripted
    assert classify(Click(point=page.at("#find")), told, surface) == "commit"
    assert under(page, "#plain").scripted


def test_enter_presses_a_picture_that_sends(stage: "Stage") -> None:
    """Which is no element of its form to a script, and may send it elsewhere."""
    stage.load("hidden.html")
    surface = stage.browser.observe().surface
    told = focused(stage, "#asked")
    assert (told.method, told.sends_to) == ("post", f"{stage.site}/take")
    assert classify(Press(keys=("enter",)), told, surface) == "commit"
    stage.peek("document.querySelector('#picture').addEventListener('click', () => {})")
    stage.peek("document.querySelector('#picture').formMethod = 'get'")
    told = focused(stage, "#asked")
    assert (told.method, told.scripted) == ("get", True)


@pytest.mark.parametrize(
    ("script", "scripted"),
    [
        ("0", False),
        ("navigation.addEventListener('navigate', () => {})", True),
        ("navigation.onnavigate = () => {}", True),
        ("const own = navigation; own.onnavigate = () => {};"
         "Object.defineProperty(window, 'navigation', {get: () => new EventTarget()})", True),
        ("const own = navigation; own.onnavigate = () => {};"
         "Object.defineProperty(window, 'navigation', {get: (() => new EventTarget()).bind()})",
         True),
        ("class Navigation extends EventTarget {}; navigation.onnavigate = () => {};"
         "Object.defineProperty(window, 'navigation', {value: new Navigation()})", True),
        ("navigation.onnavigate = () => {}; delete window.navigation", True),
    ],
)  # fmt: skip
def test_a_script_that_hears_of_navigation_hears_of_a_form(
    stage: "Stage", script: str, scripted: bool
) -> None:
    stage.load("hidden.html")
    stage.peek(f"(() => {{ {script} }})()")
    told = under(stage, "#find")
    effect = classify(Click(point=stage.at("#find")), told, stage.browser.observe().surface)
    assert (told.scripted, effect) == (scripted, "commit" if scripted else "navigate")


def test_an_attribute_listens_too(page: "Stage") -> None:
    page.peek("document.querySelector('#plain').setAttribute('onclick', 'pay()')")
    assert under(page, "#plain").scripted
