"""What stands in a page's elements, and what is read of a page as a whole."""

from typing import TYPE_CHECKING

import pytest

from handrail.actuators.errors import ObservationFailed
from handrail.actuators.reading import Part, Reader
from handrail.sandbox.recheck import same_element

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def page(stage: "Stage") -> "Stage":
    stage.load("state.html")
    return stage


def test_elements_tell_what_they_hold_and_whether_they_are_ticked(page: "Stage") -> None:
    for selector, value, checked in (
        ("#name", "Ada", None),
        ("#word", None, None),
        ("#text", "one\ntwo", None),
        ("#rich", "rich text", None),
        ("#tick", None, True),
        ("#off", None, False),
        ("#aria", None, True),
        ("#pick", "Oslo", None),
        ("#sender", None, None),
    ):
        told = page.browser.hit_test(page.at(selector))
        assert told is not None, selector
        held = None if told.value is None else told.value.raw
        assert (held, told.checked) == (value, checked), selector
        assert "Ada" not in repr(told), "a value must not reach a log by way of a repr"


def test_a_twin_is_told_from_the_node_that_it_replaced(page: "Stage") -> None:
    first, again = (page.browser.hit_test(page.at("#go")) for _ in range(2))
    page.peek(
        "() => { const old = document.querySelector('#go'); old.replaceWith(old.cloneNode(1)) }"
    )
    twin = page.browser.hit_test(page.at("#go"))
    assert first is not None
    assert twin is not None
    assert first == again
    assert (first.role, first.name, first.box) == (twin.role, twin.name, twin.box)
    assert first.handle != twin.handle
    assert not same_element(first, twin)


def test_a_page_is_read_with_its_frames_and_without_what_is_hidden(page: "Stage") -> None:
    assert isinstance(page.browser, Reader)
    reading = page.browser.read()
    text = " ".join(reading.text.raw.split())
    assert "Saved as Zoë" in text
    assert "inside words" in text
    assert "hidden words" not in text
    parts = {(part.role, part.name.raw): part for part in reading.parts}
    assert _state(parts["textbox", "Name"]) == ("Ada", None)
    assert _state(parts["textbox", "Rich"])[0] == "rich text"
    assert _state(parts["checkbox", "Later"])[1] is True
    assert _state(parts["checkbox", "Never"])[1] is False
    assert _state(parts["switch", "Wifi"])[1] is True
    assert ("button", "Inner") in parts
    assert all("hush" not in (_state(part)[0] or "") for part in reading.parts)


def test_a_page_behind_a_dialog_cannot_be_read(page: "Stage") -> None:
    page.peek("() => { setTimeout(() => alert('now'), 0) }")
    page.asked()
    with pytest.raises(ObservationFailed, match="a dialog is open"):
        page.browser.read()


def _state(part: Part) -> tuple[str | None, bool | None]:
    return None if part.value is None else part.value.raw, part.checked
