"""Dialogs are drawn, hold the page up, and are answered through the picture."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from handrail.actuators.actions import Click, Drag, Press, Scroll, Type, Wait
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.browser_dialog import DialogBox
from handrail.actuators.errors import ActionRefused
from handrail.actuators.geometry import Point, ScreenGeometry

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def page(stage: "Stage") -> "Stage":
    stage.load("dialogs.html")
    return stage


def said(stage: "Stage", expected: object) -> None:
    stage.until(lambda: stage.peek("said"), lambda seen: seen == expected)


def test_an_alert_is_seen_and_holds_the_page_until_it_is_answered(page: "Stage") -> None:
    before = page.browser.observe()
    assert page.click("#alert").note == "a dialog opened"
    shown = page.browser.observe()
    assert shown.fingerprint != before.fingerprint
    assert shown.geometry == before.geometry
    assert page.browser.observe().fingerprint == shown.fingerprint
    ok = page.browser.hit_test(page.part("ok"))
    assert ok is not None
    assert (ok.role, ok.name.raw, ok.submits) == ("button", "OK", False)
    page.answer("ok")
    said(page, "after")
    assert page.browser.observe().fingerprint != shown.fingerprint


@pytest.mark.parametrize(("part", "answer"), [("ok", True), ("cancel", False)])
def test_a_confirm_gets_the_answer_that_was_clicked(page: "Stage", part: str, answer: bool) -> None:
    page.click("#confirm")
    page.answer(part)
    said(page, answer)


def test_the_ok_of_a_confirm_submits(page: "Stage") -> None:
    page.click("#confirm")
    ok, cancel = (page.browser.hit_test(page.part(part)) for part in ("ok", "cancel"))
    assert ok is not None
    assert cancel is not None
    assert (ok.submits, cancel.submits) == (True, False)


@pytest.mark.parametrize(
    ("opener", "role", "name"),
    [
        ("#confirm", "button", "OK"),
        ("#prompt", "textbox", "Answer"),
        ("#file", "textbox", "File name"),
    ],
)
def test_a_dialog_has_the_keyboard(page: "Stage", opener: str, role: str, name: str) -> None:
    page.click(opener)
    page.asked()
    page.browser.observe()
    element = page.browser.focused()
    assert element is not None
    assert (element.role, element.name.raw) == (role, name)


@pytest.mark.parametrize(
    ("actions", "answer"),
    [
        ([Press(keys=("enter",))], "nobody"),
        ([Press(keys=("esc",))], None),
        ([Type(text="Zoë 中 👍"), Press(keys=("enter",))], "Zoë 中 👍"),
        ([Type(text="typed\n")], "typed"),
        ([Press(keys=("end",)), Press(keys=("backspace",)), Type(text="!\n")], "nobod!"),
        ([Type(text="a"), Press(keys=("ctrl", "a")), Type(text="b"), Press(keys=("c",))], "bc"),
    ],
)
def test_a_prompt_takes_text(
    page: "Stage", actions: list[Press | Type], answer: str | None
) -> None:
    page.click("#prompt")
    page.do(*actions)
    if answer == "bc":
        page.answer("ok")
    said(page, answer)


def test_a_click_into_the_field_keeps_the_text(page: "Stage") -> None:
    page.click("#prompt")
    page.answer("field")
    page.do(Type(text="!\n"))
    said(page, "nobody!")


def test_dialogs_one_after_the_other(page: "Stage") -> None:
    page.click("#twice")
    first = page.browser.observe().fingerprint
    page.answer("ok")
    assert page.asked() == "alert"
    assert page.browser.observe().fingerprint != first
    page.answer("ok")
    said(page, "both")


def test_a_dialog_that_nobody_clicked_for_is_seen(page: "Stage") -> None:
    page.click("#late")
    assert page.asked() == "confirm"
    with pytest.raises(ActionRefused, match="since the last look"):
        page.browser.perform(Press(keys=("enter",)), page.office.issue(Press(keys=("enter",))))
    page.do(Press(keys=("enter",)))
    said(page, True)


def test_a_dialog_is_the_window_in_front(page: "Stage") -> None:
    before = page.browser.observe().surface
    page.peek("document.body.style.background = 'black'")
    page.click("#late")
    page.asked()
    shown = page.browser.observe().surface
    host = page.site.removeprefix("http://")
    assert (before.window.raw, shown.window.raw) == ("dialogs", f"{host} says")
    page.answer("cancel")
    assert page.browser.observe().surface == before


def test_a_dialog_of_another_tab_is_judged_by_its_own_address(page: "Stage") -> None:
    page.peek("void open('second.html'); setTimeout(() => { said = confirm('Late?') }, 500)")
    assert page.asked() == "confirm"
    seen = page.browser.observe()
    assert seen.surface.url == f"{page.site}/dialogs.html"
    page.answer("cancel")
    page.until(lambda: page.browser.observe().surface.url, lambda url: url.endswith("second.html"))


def test_a_dialog_names_the_host_without_a_user(stage: "Stage") -> None:
    host = stage.site.removeprefix("http://")
    stage.browser.goto(f"http://bank.example@{host}/greeting.html")
    assert stage.asked() == "alert"
    assert stage.browser.observe().surface.window.raw == f"{host} says"
    stage.answer("ok")


def test_a_dialog_on_the_way_down_leaves_no_button_pressed(page: "Stage") -> None:
    page.click("#down")
    page.answer("ok")
    assert page.peek("downs") == 1
    page.click("#confirm")
    page.answer("ok")
    said(page, True)


def test_a_dialog_stops_the_rest_of_the_input(page: "Stage") -> None:
    page.do(Click(point=page.at("#count"), count=3))
    page.answer("ok")
    assert page.peek("clicks") == 1
    page.click("#typing")
    page.do(Type(text="a"))
    page.do(Type(text="b\n中c"))
    page.answer("ok")
    assert page.peek("document.getElementById('typing').value") == "ab"


def test_enter_in_a_form_that_asks(page: "Stage") -> None:
    page.click("#field")
    page.do(Type(text="x\n"))
    page.answer("cancel")
    said(page, False)


def test_leaving_is_asked_about(page: "Stage") -> None:
    page.peek("guarded = true")
    page.click("#field")
    page.do(Type(text="x"))
    page.click("#away")
    assert page.asked() == "beforeunload"
    page.answer("cancel")
    assert page.title() == "dialogs"
    page.click("#away")
    assert page.asked() == "beforeunload"
    page.answer("ok")
    page.until(page.title, lambda title: title == "input")


def test_a_page_that_greets_with_a_dialog(stage: "Stage") -> None:
    stage.load("greeting.html")
    assert stage.asked() == "alert"
    stage.answer("ok")
    stage.until(lambda: stage.peek("window.greeted"), bool)


def test_the_page_takes_nothing_while_a_dialog_is_open(page: "Stage") -> None:
    place = page.at("#count")
    page.click("#alert")
    for action in (
        Click(point=place),
        Scroll(dy=-100),
        Drag(start=place, end=Point(x=1, y=1)),
        Type(text="words"),
        Press(keys=("tab",)),
    ):
        with pytest.raises(ActionRefused):
            page.do(action)
    assert page.browser.hit_test(Point(x=2, y=2)) is None
    assert page.do(Wait(seconds=0.2)).seconds >= 0.2
    page.answer("ok")
    said(page, "after")
    assert page.peek("clicks") == 0


def test_closing_with_a_dialog_open_does_not_hang(
    opened: Callable[[BrowserConfig], "Stage"],
) -> None:
    stage = opened(BrowserConfig())
    stage.load("dialogs.html")
    stage.click("#confirm")
    started = time.monotonic()
    stage.browser.close()
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("size", [(1280, 800), (320, 200), (2560, 1600)])
def test_no_message_breaks_the_box(size: tuple[int, int]) -> None:
    geometry = ScreenGeometry(width=size[0], height=size[1], scale=size[0] / 1280)
    frame = Image.new("RGB", size, "white")
    for message in ("", "word " * 900, "x" * 3000, "\x1b[31m\u202eevil\u2066\0", "\n" * 200):
        box = DialogBox("prompt", message, message, message, shown=True)
        assert box.draw(frame, geometry).size == size
        everywhere = [
            box.element(Point(x=x, y=y), geometry)
            for x in range(0, size[0], size[0] // 64)
            for y in range(0, size[1], size[1] // 64)
        ]
        names = {element.name.raw for element in everywhere if element is not None}
        assert {"OK", "Cancel", "Answer"} <= names
