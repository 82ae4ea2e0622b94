"""The newest tab is in front, and closing goes back."""

from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Move, Press
from handrail.actuators.errors import ActionRefused
from handrail.actuators.geometry import Point

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def page(stage: "Stage") -> "Stage":
    stage.load("tabs.html")
    return stage


def go_to_second(stage: "Stage", selector: str) -> str:
    """Open the second tab; return the notice that came with it."""
    notices: list[str] = []
    stage.click(selector)

    def title() -> str:
        seen = stage.browser.observe()
        notices.extend(notice.raw for notice in seen.notices)
        return seen.surface.window.raw

    stage.until(title, lambda seen: seen == "second")
    return " / ".join(notices)


@pytest.mark.parametrize("selector", ["#blank", "#popup"])
def test_a_new_tab_comes_to_the_front_and_closes(page: "Stage", selector: str) -> None:
    assert "in front of 2 tabs" in go_to_second(page, selector)
    assert page.browser.observe().surface.url.endswith("/second.html")
    page.click("#plain")
    page.until(page.title, lambda title: title == "pressed in second")
    page.click("#close")
    page.until(page.title, lambda title: title == "tabs")
    page.click("#plain")
    page.until(page.title, lambda title: title == "pressed")


def test_the_window_s_own_keys_close_and_turn_tabs(page: "Stage") -> None:
    go_to_second(page, "#blank")
    page.do(Press(keys=("ctrl", "tab")))
    assert page.title() == "tabs"
    page.do(Press(keys=("ctrl", "shift", "tab")))
    assert page.title() == "second"
    page.do(Press(keys=("ctrl", "w")))
    page.until(page.title, lambda title: title == "tabs")


def test_nothing_is_done_to_a_tab_that_was_not_looked_at(page: "Stage") -> None:
    page.click("#blank")
    tabs = page.browser._running.tabs
    page.until(lambda: tabs.count, lambda count: count == 2)
    action = Press(keys=("enter",))
    with pytest.raises(ActionRefused, match="another tab"):
        page.browser.perform(action, page.office.issue(action))


def test_what_only_the_last_look_before_an_action_told_is_told_again(page: "Stage") -> None:
    go_to_second(page, "#blank")
    action = Move(point=Point(x=1, y=1))
    page.browser.perform(action, page.office.issue(action))
    page.do(action)
    assert page.browser.observe().notices == ()
    page.do(Press(keys=("ctrl", "tab")))
    page.until(page.title, lambda title: title == "tabs")
    first = page.browser.perform(action, page.office.issue(action))
    assert first.note == ""
    assert [n.raw[:18] for n in page.browser.observe().notices] == ["Now in front of 2 "]
    assert page.browser.observe().notices == ()
