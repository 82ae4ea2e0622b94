"""A [[test]] table: what it says of an action, and what it leaves open."""

import pytest

from handrail.actuators.actions import Type
from handrail.actuators.observation import Application
from handrail.sandbox.expectation import Expectation


def test_a_role_is_what_lies_under_the_action() -> None:
    case = Expectation(expect="allow", url="https://a.test/", role="button", text="Delete all")
    assert case.element is not None
    assert (case.element.role, case.element.name.raw) == ("button", "Delete all")
    assert case.effect_class == "destroy"
    assert case.around.elements == (case.element,)
    assert Expectation(expect="deny", effect="edit", role="button").effect_class == "edit"


def test_without_a_role_nothing_is_known_but_a_desktops_window() -> None:
    assert Expectation(expect="deny").element is None
    assert Expectation(expect="deny", surface="desktop").element is None
    window = Expectation(expect="deny", surface="desktop", window="Notes").element
    assert window is not None
    assert (window.role, window.name.raw) == ("window", "Notes")
    keys = Expectation(expect="deny", surface="desktop", window="Notes", action=Type(text="a"))
    assert keys.element is None
    assert keys.place.window.raw == "Notes"


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("", Application()),
        ("Mousepad", Application("Mousepad")),
        ("/usr/bin/mousepad", Application("", "/usr/bin/mousepad")),
    ],
)
def test_an_application_is_a_name_or_a_path(said: str, known: Application) -> None:
    case = Expectation(expect="deny", surface="desktop", window="Notes", application=said)
    assert case.element is not None
    assert case.element.application == case.place.application == known
