"""What a desktop's programs say may restrict, and the window system says where an action lands."""

import dataclasses

import pytest

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type, points
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Application, Element, ScreenText, Surface
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.effects import classify
from handrail.sandbox.expectation import Expectation
from handrail.sandbox.landing import landings
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.recheck import same_element
from handrail.sandbox.rulebook import Layer, Rulebook
from handrail.sandbox.rules import EffectClass

DESK = Surface("desktop", ":0", window=ScreenText("In front"))
BOX = Box(left=0, top=0, right=9, bottom=9)
CLICK, SPACED = Click(point=Point(x=1, y=1)), Type(text="a b")


def told(role: str, name: str, window: str = "Bank", **more: object) -> Element:
    element = Element(role, ScreenText(name), BOX, window=ScreenText(window), handle="7/a")
    return dataclasses.replace(element, **more)  # type: ignore[arg-type]


def test_an_action_lands_in_the_window_that_the_window_system_names() -> None:
    one, other = told("button", "Granted"), told("window", "Granted", "Other")
    drag = Drag(start=Point(x=1, y=1), end=Point(x=2, y=2))
    assert [s.window.raw for s in landings(CLICK, (one,), DESK)] == ["Bank"]
    assert [s.window.raw for s in landings(drag, (one, other), DESK)] == ["Bank", "Other"]
    assert [s.window.raw for s in landings(CLICK, (None,), DESK)] == [""]


@pytest.mark.parametrize("role", ["window", "button", "dialog"])
def test_no_name_of_an_element_is_a_windows_title(role: str) -> None:
    effects: tuple[EffectClass, ...] = ("commit", "destroy", "unknown")
    rule = Rule(decision="allow", effects=effects, window="Granted*")
    rules = Rulebook.of(Policy(profile="observe", rules=(rule,)))
    element = told(role, "Granted: notes")
    effect = classify(CLICK, element, DESK)
    assert rules.judge(effect, CLICK, DESK, Circumstances((element,))).decision == "deny"
    inside = dataclasses.replace(element, window=ScreenText("Granted: notes"))
    assert rules.judge(effect, CLICK, DESK, Circumstances((inside,))).decision == "allow"


@pytest.mark.parametrize(
    ("action", "element", "alone", "inside"),
    [
        (CLICK, told("checkbox", "Remember"), "edit", "unknown"),
        (CLICK, told("tab", "Home"), "navigate", "unknown"),
        (SPACED, told("textbox", "Name", editable=True), "edit", "unknown"),
        (Press(keys=("enter",)), told("button", "Delete"), "destroy", "destroy"),
        (Press(keys=("down",)), told("slider", "Volume"), "edit", "edit"),
        (Scroll(point=Point(x=1, y=1), dy=9), told("slider", "Volume"), "edit", "edit"),
    ],
)
def test_a_document_in_a_program_lowers_nothing(
    action: Action, element: Element, alone: EffectClass, inside: EffectClass
) -> None:
    assert classify(action, element, DESK) == alone
    embedded = dataclasses.replace(element, embedded=True)
    assert classify(action, embedded, DESK) == inside


def test_a_terminal_in_a_window_is_a_terminal() -> None:
    pane = told("terminal", "Terminal")
    for keys in (("enter",), ("ctrl", "c")):
        assert classify(Press(keys=keys), pane, DESK) == "system"
    assert classify(Press(keys=("a",)), pane, DESK) == "edit"


def test_another_window_at_the_same_place_is_another_element() -> None:
    before = told("button", "OK")
    assert same_element(before, dataclasses.replace(before, window=ScreenText("Bank (1 new)")))
    assert not same_element(before, dataclasses.replace(before, handle="8/a"))
    assert not same_element(before, told("window", "Bank"))


def test_expectations_name_elements_inside_a_window() -> None:
    expected = Expectation.model_validate(
        {"expect": "ask", "surface": "desktop", "window": "Bank", "role": "button", "text": "Pay"}
    )
    assert expected.element is not None
    assert (expected.element.role, expected.element.window.raw) == ("button", "Bank")
    assert expected.effect_class == "commit"
    whole = Expectation.model_validate({"expect": "ask", "surface": "desktop", "window": "Bank"})
    assert whole.element is not None
    assert (whole.element.role, whole.element.name.raw) == ("window", "Bank")


EDITS: tuple[EffectClass, ...] = ("edit",)
BY_WINDOW = Rule(decision="allow", effects=EDITS, window="Bank")
BY_PROGRAM = Rule(decision="allow", effects=EDITS, application="/usr/bin/bank")
ANYWHERE = Rule(decision="allow", effects=EDITS)
ASKED = Rule(decision="ask", effects=("unknown",))
BANK = Application("bank", "/usr/bin/bank")


@pytest.mark.parametrize(
    ("rules", "decision"),
    [
        ((), "deny"),
        ((ANYWHERE,), "deny"),
        ((ASKED,), "ask"),
        ((ANYWHERE, ASKED), "ask"),
        ((BY_WINDOW,), "allow"),
        ((BY_PROGRAM,), "allow"),
        ((BY_WINDOW, ASKED), "allow"),
        ((Rule(decision="allow", effects=EDITS, window="Other"),), "deny"),
        ((Rule(decision="allow", effects=EDITS, owned_display=True),), "deny"),
        ((BY_WINDOW, Rule(decision="deny", effects=EDITS, roles=("checkbox",))), "deny"),
    ],
)
@pytest.mark.parametrize("action", [CLICK, Drag(start=Point(x=1, y=1), end=Point(x=5, y=1))])
def test_a_programs_word_grants_only_in_a_window_or_a_program_that_a_rule_names(
    rules: tuple[Rule, ...], decision: str, action: Action
) -> None:
    element = told("checkbox" if action == CLICK else "slider", "Remember me", application=BANK)
    if action != CLICK and len(rules) == 2 and rules[1].roles:
        element = dataclasses.replace(element, role="slider")
        rules = (rules[0], rules[1].model_copy(update={"roles": ("slider",)}))
    book = Rulebook.of(Policy(profile="unattended", rules=rules))
    effect = classify(action, element, DESK)
    assert effect == "edit"
    around = Circumstances((element, element)[: len(points(action))])
    ruling = book.judge(effect, action, DESK, around)
    assert ruling.decision == decision, ruling.reason


def test_a_display_that_handrail_started_is_believed() -> None:
    owned = dataclasses.replace(DESK, owned=True)
    element = told("checkbox", "Remember me")
    book = Rulebook.of(Policy(profile="unattended"))
    assert book.judge("edit", CLICK, owned, Circumstances((element,))).decision == "allow"
    refused = book.judge("edit", CLICK, DESK, Circumstances((element,)))
    assert refused.reason == (
        "profile unattended: deny unknown, but for its program's word; "
        "overruled: profile unattended: allow edit"
    )


def test_what_a_program_says_still_restricts() -> None:
    denied = Rule(decision="deny", effects=("destroy",))
    granted = Rule(decision="allow", effects=("unknown", "destroy"), window="Bank")
    book = Rulebook.of(Policy(profile="unattended", rules=(granted, denied)))
    element = told("checkbox", "Delete all")
    effect = classify(CLICK, element, DESK)
    assert effect == "destroy"
    assert book.judge(effect, CLICK, DESK, Circumstances((element,))).decision == "deny"


def test_a_layer_that_only_restricts_lends_no_program_its_trust() -> None:
    element = told("checkbox", "Remember me")
    mine = Layer("user", Policy(profile="unattended"), grants=True)
    project = Layer("project", Policy(rules=(BY_WINDOW,)))
    book = Rulebook((mine, project), "unattended")
    assert book.judge("edit", CLICK, DESK, Circumstances((element,))).decision == "deny"
