"""Targets of a page: what looks odd and is meant takes its click, what cannot is refused."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Drag, Type, Wait
from handrail.actuators.errors import ActionInDoubt, ActionRefused, ActionStopped
from handrail.actuators.geometry import Point
from handrail.actuators.primitives import Safeguards

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def page(stage: "Stage") -> "Iterator[Stage]":
    stage.load("actionable.html")
    stage.until(lambda: stage.peek("frame.contentDocument.readyState"), lambda s: s == "complete")
    yield stage
    stage.browser.safeguards = Safeguards()


def soon(seconds: float) -> Callable[[], bool]:
    """Return a stop that comes so long after the first event."""
    first: list[float] = []

    def stopped() -> bool:
        first.append(time.monotonic())
        return first[-1] - first[0] > seconds

    return stopped


def heard(stage: "Stage") -> list[str]:
    found = stage.peek("heard")
    assert isinstance(found, list)
    return [str(one) for one in found]


@pytest.mark.parametrize(
    ("place", "hit"),
    [
        ("#box", "custom"),
        ("#upload", "file"),
        ("#stretched", "stretched"),
        ("#icon", "icon"),
        ("#hint", "floating"),
        ("#clear", "clear"),
        ("#dim", "dim"),
        ("#inner", "inner"),
        ("#host", "host"),
        ("#canvas", "canvas"),
    ],
)
def test_what_is_meant_takes_its_click(page: "Stage", place: str, hit: str) -> None:
    page.click(place)
    assert hit in heard(page)


@pytest.mark.parametrize(("x", "hit"), [(470, ["deep"]), (600, [])])
def test_a_frame_of_the_page_is_looked_into(page: "Stage", x: int, hit: list[str]) -> None:
    click = Click(point=Point(x=x, y=55))
    if hit:
        page.do(click)
    else:
        with pytest.raises(ActionRefused, match="'Off' is disabled") as refused:
            page.do(click)
        assert refused.value.reason == "disabled"
    assert heard(page) == hit


def test_a_drag_begins_where_it_can(page: "Stage") -> None:
    page.peek("document.querySelector('#search').disabled = true")
    with pytest.raises(ActionRefused, match="disabled"):
        page.do(Drag(start=page.at("#search"), end=Point(x=600, y=600)))
    page.do(Drag(start=page.at("#card"), end=page.at("#search")))


def test_text_goes_where_only_a_drawing_knows_and_into_a_list_of_choices(page: "Stage") -> None:
    page.peek("document.querySelector('#canvas').focus()")
    page.do(Type(text="ab"))
    page.peek("document.querySelector('#choice').focus()")
    page.do(Type(text="Ger"))
    assert page.peek("document.querySelector('#choice').value") == "Germany"
    assert heard(page)[:2] == ["a", "b"]


def test_a_page_that_does_not_answer_is_sent_nothing(page: "Stage") -> None:
    page.browser.observe()
    page.peek("void setTimeout(() => { for (const t = Date.now(); Date.now() - t < 8000;); }, 50)")
    time.sleep(0.2)  # the page stands still, which nobody can wait for
    click = Click(point=Point(x=450, y=180))
    with pytest.raises(ActionRefused, match="does not answer"):
        page.browser.perform(click, page.office.issue(click))
    page.until(lambda: page.peek("1"), lambda one: one == 1)
    assert heard(page) == []


@pytest.mark.parametrize("length", [1_000, 20_000])
def test_a_stop_ends_typing_before_the_next_event(page: "Stage", length: int) -> None:
    page.click("#search")
    page.browser.safeguards = Safeguards(stopped=soon(0.05))
    with pytest.raises(ActionInDoubt, match=rf"stopped after \d+ of {length} characters") as ended:
        page.do(Type(text="x" * length))
    sent = int(str(ended.value).split()[2])
    assert len(page.peek("document.querySelector('#search').value")) == sent < length


def test_a_stop_leaves_no_button_down(page: "Stage") -> None:
    page.peek("addEventListener('mousemove', e => { window.buttons = e.buttons })")
    asked = iter([False] * 8)
    page.browser.safeguards = Safeguards(stopped=lambda: next(asked, True))
    with pytest.raises(ActionInDoubt, match="stopped after 8 of 22 events"):
        page.do(Drag(start=page.at("#card"), end=page.at("#search")))
    with pytest.raises(ActionStopped):
        page.do(Wait(seconds=60))
    page.browser.safeguards = Safeguards()
    page.click("#card")
    assert page.peek("window.buttons") == 0


def test_another_node_than_the_one_that_was_decided_on_is_refused(page: "Stage") -> None:
    click = Click(point=page.at("#inner"))
    for change in ("inner.replaceWith(inner.cloneNode(true))", "inner.remove()"):
        page.browser.observe()
        assert page.browser.hit_test(click.point) is not None
        page.peek(change)
        with pytest.raises(ActionRefused) as refused:
            page.browser.perform(click, page.office.issue(click))
        assert refused.value.reason == "moving"
    assert heard(page) == []
    page.browser.observe()
    page.browser.perform(click, page.office.issue(click))
    assert "row" in heard(page)
