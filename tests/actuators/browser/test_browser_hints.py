"""Which controls a page shows, as a model may be told: by the browser's word, not the script's."""

from collections.abc import Callable

from handrail.actuators.browser import BrowserConfig
from handrail.actuators.geometry import Point
from tests.actuators.browser.conftest import Stage


def test_what_shows_and_has_a_name_is_told_where_it_is(stage: Stage) -> None:
    stage.load("hints.html")
    told = {hint.name.raw: hint for hint in stage.browser.hints()}
    assert {name: hint.role for name, hint in told.items()} == {
        "Save": "button", "Print": "link", "Mail": "textbox", "Agree": "checkbox",
        "In shadow": "button",
    }  # fmt: skip
    save = told["Save"].box
    assert (save.left, save.top, save.right, save.bottom) == (20, 20, 140, 50)
    assert told["Print"].box.contains(Point(x=30, y=80))
    assert told["Agree"].box.contains(Point(x=60, y=180)), "the label draws the box"
    for name in ("Save", "Print", "In shadow"):
        found = stage.browser.hit_test(told[name].box.center)
        assert found is not None
        assert found.name.raw == name


def test_boxes_are_in_pixels_of_the_picture_and_follow_the_scrolling(
    opened: Callable[[BrowserConfig], Stage],
) -> None:
    stage = opened(BrowserConfig(scale=2.0))
    assert stage.browser.hints() == (), "nothing was looked at yet"
    stage.load("hints.html")
    save = next(hint for hint in stage.browser.hints() if hint.name.raw == "Save")
    assert (save.box.left, save.box.bottom) == (40, 100)
    stage.peek("() => scrollTo(0, 1900)")
    stage.browser.observe()
    (far,) = stage.browser.hints()
    assert far.name.raw == "Far"
    assert far.box.contains(Point(x=100, y=230))


def test_nothing_is_told_while_the_page_asks(stage: Stage) -> None:
    stage.load("hints.html")
    stage.peek("() => { setTimeout(() => alert('Wait'), 0) }")
    assert stage.asked() == "alert"
    assert stage.browser.hints() == ()
