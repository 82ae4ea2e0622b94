"""What lies under a point is asked of the engine: this page lies about all of it to scripts."""

from typing import TYPE_CHECKING

import pytest

from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def page(stage: "Stage") -> "Stage":
    stage.load("hit.html")
    stage.until(lambda: stage.peek("scrollY"), lambda y: y == 550)
    return stage


def under(stage: "Stage", selector: str) -> Element:
    stage.browser.observe()
    element = stage.browser.hit_test(stage.at(selector))
    assert element is not None
    return element


@pytest.mark.parametrize(
    ("selector", "role", "name", "editable", "submits"),
    [
        ("#send", "button", "Send order", False, True),
        ("#send i", "button", "Send order", False, True),
        ("#no", "button", "Do nothing", False, False),
        ("#image", "button", "Go", False, True),
        ("#name", "textbox", "Your name", True, False),
        ("#label", "checkbox", "Newsletter", False, False),
        ("#box", "checkbox", "Newsletter", False, False),
        ("#fixed", "textbox", "", False, False),
        ("#choice", "combobox", "", False, False),
        ("#link", "link", "A link", False, False),
        ("#icon", "button", "ICON", False, False),
        ("#more", "button", "More", False, False),
        ("#drawn", "link", "", False, False),
        ("#lone", "button", "Without a form", False, False),
        ("#role", "tab", "A tab", False, False),
        ("#under", "button", "Cover", False, False),
    ],
)
def test_elements(
    page: "Stage", selector: str, role: str, name: str, editable: bool, submits: bool
) -> None:
    element = under(page, selector)
    seen = (element.role, element.name.raw, element.editable, element.submits)
    assert seen == (role, name, editable, submits)
    assert selector == "#label" or element.box.contains(page.at(selector))


def test_rich_text_is_editable(page: "Stage") -> None:
    assert under(page, "#rich").editable


def test_a_link_names_its_address(page: "Stage") -> None:
    assert under(page, "#link").href == f"{page.site}/second.html"
    assert under(page, "#drawn").href == f"{page.site}/drawn.html"


def test_a_closed_shadow_root_is_seen_through(page: "Stage") -> None:
    place = page.at("#host")
    element = page.browser.hit_test(Point(x=30, y=place.y))
    assert element is not None
    assert (element.role, element.name.raw) == ("link", "Deep")
    assert element.href == f"{page.site}/deep"


def test_a_frame_is_seen_through(page: "Stage") -> None:
    box = page.peek("(() => { const b = frame.getBoundingClientRect(); return [b.x, b.y] })()")
    place = Point(x=int(box[0]) + 40, y=int(box[1]) + 30)
    element = page.browser.hit_test(place)
    assert element is not None
    assert (element.role, element.name.raw, element.submits) == ("button", "Inside", True)
    assert element.box.contains(place)


def test_what_has_the_keyboard_is_told(page: "Stage") -> None:
    def focused(script: str) -> str:
        page.peek(script)
        page.browser.observe()
        element = page.browser.focused()
        return "" if element is None else f"{element.role} {element.name.raw}".strip()

    assert focused("document.activeElement.blur()") == ""
    assert focused("document.getElementById('send').focus()") == "button Send order"
    assert focused("document.getElementById('name').focus()") == "textbox Your name"
    inside = "frame.contentDocument.querySelector('button').focus()"
    assert focused(inside) == "button Inside"
    assert focused("document.getElementById('link').focus()") == "link A link"
    element = page.browser.focused()
    assert element is not None
    assert element.href == f"{page.site}/second.html"


def test_a_page_without_anything_is_nothing(page: "Stage") -> None:
    page.peek("document.documentElement.remove()")
    page.browser.observe()
    assert page.browser.hit_test(Point(x=5, y=5)) is None


def test_a_place_off_the_screen_is_nothing(page: "Stage") -> None:
    assert page.browser.hit_test(Point(x=5000, y=5)) is None


def test_what_hides_its_text_is_told_in_closed_roots_and_where_a_style_hides_it(
    stage: "Stage",
) -> None:
    stage.load("hidden.html")
    stage.peek("focusInner()")
    inner = stage.browser.focused()
    assert inner is not None
    assert (inner.name.raw, inner.editable, inner.secret) == ("Inner", True, True)
    stage.peek("document.querySelector('#masked').focus()")
    masked = stage.browser.focused()
    assert masked is not None
    assert (masked.name.raw, masked.secret) == ("Masked", True)


def test_a_password_field_is_told_from_others_also_when_it_has_the_keyboard(page: "Stage") -> None:
    assert under(page, "#secret").secret
    assert not under(page, "#name").secret
    page.peek("document.querySelector('#secret').focus()")
    focused = page.browser.focused()
    assert focused is not None
    assert (focused.editable, focused.secret) == (True, True)
