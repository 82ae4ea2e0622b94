"""A copy of a browser in another: storage, tabs, scroll, and what stands in fields."""

from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.actuators.browser import BrowserConfig
from handrail.actuators.browser_storage import Slot, canonical
from handrail.actuators.errors import ObservationFailed
from tests.actuators.browser.conftest import Stage

PAGE = Path(__file__).parent / "pages" / "clone.html"
FILL = """() => {
  const set = (id, value) => { document.getElementById(id).value = value };
  set('text', 'typed <b>'); set('area', 'two\\nlines'); set('pass', 'hunter2');
  document.getElementById('tick').checked = true;
  document.getElementById('b').checked = true;
  document.getElementById('many').options[0].selected = true;
  document.getElementById('many').options[2].selected = true;
  document.getElementById('edit').innerHTML = 'rich <i>text</i>';
  document.getElementById('host').shadowRoot.querySelector('input').value = 'inner';
  document.getElementById('frame').contentDocument.querySelector('input').value = 'framed';
  sessionStorage.setItem('step', '2'); localStorage.setItem('cart', 'lamp');
  document.cookie = 'seen=1';
  scrollTo(0, 500);
}"""
READ = """() => {
  const of = id => document.getElementById(id);
  return [of('text').value, of('area').value, of('pass').value, of('tick').checked,
    of('a').checked, of('b').checked, [...of('many').selectedOptions].map(one => one.value),
    of('edit').innerHTML, of('host').shadowRoot.querySelector('input').value,
    of('frame').contentDocument.querySelector('input').value,
    sessionStorage.step, localStorage.cart, document.cookie, scrollY, heard];
}"""
WANTED = [
    "typed <b>", "two\nlines", "hunter2", True, False, True, ["1", "3"], "rich <i>text</i>",
    "inner", "framed", "2", "lamp", "seen=1", 500, 0,
]  # fmt: skip


@pytest.fixture
def stages(opened: Callable[[BrowserConfig], Stage]) -> tuple[Stage, Stage]:
    config = BrowserConfig(width=500, height=400)
    return opened(config), opened(config)


def test_a_copy_stands_where_the_browser_stood(stages: tuple[Stage, Stage]) -> None:
    first, second = stages
    first.load("clone.html")
    first.peek(FILL)
    clone = first.browser.clone()
    assert (clone.size, clone.scale) == ((500, 400), 1.0)
    assert "hunter2" not in repr(clone)
    assert second.browser.resemble(clone) == ()
    assert second.peek(READ) == WANTED
    assert second.peek("() => history.length") == 1
    second.peek("() => { localStorage.cart = 'other'; document.getElementById('text').value = '' }")
    assert first.peek(READ) == WANTED, "the browser itself is untouched"


def test_every_tab_is_opened_again_with_its_own_session(stages: tuple[Stage, Stage]) -> None:
    first, second = stages
    first.load("second.html")
    first.peek("() => { sessionStorage.tab = 'one' }")
    first.peek("url => { window.open(url, '_blank', 'noopener') }", f"{first.site}/store.html")
    first.until(lambda: first.browser._running.tabs.count, lambda count: count == 2)
    first.until(first.title, lambda title: title == "store")
    first.peek("() => { sessionStorage.tab = 'two' }")
    assert second.browser.resemble(first.browser.clone()) == ()
    assert second.browser._running.tabs.count == 2
    assert second.title() == "store"
    assert second.peek("() => sessionStorage.tab") == "two"
    entries = second.browser.storage().entries
    assert entries[Slot("session", first.site, canonical([0, "tab"]))] == "one"


def test_what_cannot_be_copied_is_said(stages: tuple[Stage, Stage], tmp_path: Path) -> None:
    first, second = stages
    first.load("clone.html")
    file = tmp_path / "paper.txt"
    file.write_text("x")
    page = first.browser._running.tabs.front
    first.browser._thread.call(page.set_input_files("#file", file), 10)
    first.peek("() => { document.getElementById('text').id = 'renamed' }")
    [said] = second.browser.resemble(first.browser.clone())
    assert said.startswith("2 fields of the tab at")


def test_a_browser_behind_a_dialog_is_not_copied(stages: tuple[Stage, Stage]) -> None:
    first, _ = stages
    first.load("second.html")
    first.peek("() => { setTimeout(() => alert('stop'), 0) }")
    assert first.asked() == "alert"
    with pytest.raises(ObservationFailed, match="a dialog is open"):
        first.browser.clone()
    with pytest.raises(ObservationFailed, match="a dialog is open"):
        first.browser.storage()
    first.answer("ok")
