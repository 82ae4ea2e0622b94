"""Mouse and keyboard reach the page as a person's would."""

from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import (
    Action,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
)
from handrail.actuators.errors import ActionRefused, PermitRefused
from handrail.actuators.geometry import Point
from handrail.sandbox.permit import PermitOffice

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def page(stage: "Stage") -> "Stage":
    stage.load("input.html")
    return stage


def events(stage: "Stage", *kinds: str) -> list[list[object]]:
    return [event for event in stage.peek("log") if event[0] in kinds]


def value(stage: "Stage", selector: str) -> str:
    return str(stage.peek("s => document.querySelector(s).value", selector))


def test_a_click_lands_on_its_pixel(page: "Stage") -> None:
    page.do(Click(point=Point(x=310, y=27)))
    assert events(page, "click") == [["click", 0, 1, 10, 7]]


@pytest.mark.parametrize(
    ("button", "count", "expected"),
    [
        ("right", 1, [["contextmenu", 2]]),
        ("middle", 1, [["auxclick", 1]]),
        ("left", 2, [["click", 0], ["click", 0], ["dblclick", 0]]),
        ("left", 3, [["click", 0], ["click", 0], ["dblclick", 0], ["click", 0]]),
    ],
)
def test_buttons_and_counts(
    page: "Stage", button: str, count: int, expected: list[list[object]]
) -> None:
    action = Click.model_validate({"point": page.at("#pad"), "button": button, "count": count})
    page.do(action)
    kinds = ("click", "dblclick", "contextmenu") if button != "middle" else ("auxclick",)
    assert [event[:2] for event in events(page, *kinds)] == expected


def test_a_triple_click_selects_the_paragraph(page: "Stage") -> None:
    page.do(Click(point=page.at("#words").model_copy(update={"x": 40}), count=3))
    assert page.peek("getSelection().toString().trim()") == "alpha beta gamma"


def test_move_hovers_and_presses_nothing(page: "Stage") -> None:
    page.do(Move(point=page.at("#pad")))
    assert events(page, "mouseover")
    assert not events(page, "mousedown", "click")


def test_drag_holds_the_button_all_the_way(page: "Stage") -> None:
    page.do(Drag(start=Point(x=310, y=30), end=Point(x=390, y=70)))
    down, up = events(page, "mousedown")[0], events(page, "mouseup")[0]
    assert (down[3:], up[3:]) == ([10, 10], [90, 50])
    assert len(events(page, "mousemove")) >= 10


def test_drag_without_a_start_begins_at_the_pointer(page: "Stage") -> None:
    page.do(Move(point=Point(x=320, y=40)), Drag(end=Point(x=330, y=50)))
    assert events(page, "mousedown")[0][3:] == [20, 20]


def test_drag_and_drop(page: "Stage") -> None:
    page.do(Drag(start=page.at("#gift"), end=page.at("#drop")))
    page.until(lambda: page.peek("drop.textContent"), lambda text: text == "a gift")


def test_positive_dy_scrolls_up_and_positive_dx_right(page: "Stage") -> None:
    page.peek("document.getElementById('list').scrollTo(0, 500)")

    def place() -> list[int]:
        return list(page.peek("[list.scrollLeft, list.scrollTop]"))

    page.do(Scroll(point=page.at("#list"), dy=200))
    page.until(place, lambda seen: seen == [0, 300])
    page.do(Scroll(dy=-100, dx=60))  # where the pointer is
    page.until(place, lambda seen: seen == [60, 400])


@pytest.mark.parametrize(
    "text",
    [
        "plain ASCII: <b>&amp;</b> {}[]~^`\"'\\ |@#$%",
        "é ü ñ ß Ångström",
        "中文 日本語 한국어",
        "👍🏽 🇪🇺 👩‍👩‍👧 ☃",
        "مرحبا بالعالم שלום",
        "one\ntwo\r\nthree\n",
        "mixed <é中👍> end",
        "x" * 300 + "\n" + "中" * 900 + "y" * 300,
    ],
)
def test_text_arrives_exactly(page: "Stage", text: str) -> None:
    page.click("#text")
    page.do(Type(text=text))
    assert value(page, "#text") == text.replace("\r\n", "\n")


def test_a_typed_tab_moves_on(page: "Stage") -> None:
    page.click("#line")
    page.do(Type(text="a\tb"))
    assert (value(page, "#line"), value(page, "#next")) == ("a", "b")


def test_chords_edit_as_on_a_keyboard(page: "Stage") -> None:
    page.click("#line")
    page.do(Type(text="old words"), Press(keys=("ctrl", "a")), Type(text="new"))
    assert value(page, "#line") == "new"
    page.do(Press(keys=("shift", "left")), Press(keys=("backspace",)), Press(keys=("é",)))
    assert value(page, "#line") == "neé"
    page.do(Press(keys=("shift", "tab")), Press(keys=("shift", "tab")))
    assert page.peek("document.activeElement.id") == "plain"


def test_a_list_opens_in_the_picture_and_is_chosen_from(page: "Stage") -> None:
    before = page.browser.observe().fingerprint
    page.click("#choice")
    page.until(lambda: page.browser.observe().fingerprint, lambda seen: seen != before)
    page.do(Press(keys=("down",)), Press(keys=("down",)), Press(keys=("enter",)))
    page.until(lambda: value(page, "#choice"), lambda seen: seen == "Three")


def test_reload_and_back_are_the_window_s(page: "Stage") -> None:
    page.peek("marked = 1")
    page.do(Press(keys=("f5",)))
    page.until(lambda: page.peek("typeof marked"), lambda kind: kind == "undefined")
    page.load("second.html")
    page.do(Press(keys=("alt", "left")))
    page.until(page.title, lambda title: title == "input")
    page.do(Press(keys=("alt", "right")))
    page.until(page.title, lambda title: title == "second")


def test_wait_waits(page: "Stage") -> None:
    assert page.do(Wait(seconds=0.2)).seconds >= 0.2


@pytest.mark.parametrize(
    "action",
    [
        Click(point=Point(x=1000, y=10)),
        Press(keys=("hyperspace",)),
        Press(keys=("ctrl", "é")),
        Press(keys=("ctrl", "w")),
        Press(keys=("browserhome",)),
        Type(text="bell \a"),
        Terminate(status="success"),
    ],
)
def test_what_does_not_fit_is_refused_and_sends_nothing(page: "Stage", action: Action) -> None:
    page.click("#text")
    page.peek("log.length = 0")
    with pytest.raises(ActionRefused):
        page.do(action)
    assert value(page, "#text") == ""
    assert page.peek("log") == []


def test_a_refused_permit_leaves_the_page_untouched(page: "Stage") -> None:
    click = Click(point=page.at("#pad"))
    page.browser.observe()
    spent = page.office.issue(click)
    page.office.redeem(spent, click)
    other = page.office.issue(Click(point=Point(x=1, y=1)))
    foreign = PermitOffice().issue(click)
    for permit in (spent, other, foreign):
        with pytest.raises(PermitRefused):
            page.browser.perform(click, permit)
    assert page.peek("log") == []
