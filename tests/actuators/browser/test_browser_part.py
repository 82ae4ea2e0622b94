"""A browser's storage as named texts: what is read, also while a dialog is open, and written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.actuators.browser import Browser, BrowserConfig
from handrail.actuators.browser_part import StoragePart
from handrail.actuators.errors import ObservationFailed
from handrail.sandbox.permit import PermitOffice
from tests.actuators.browser.conftest import Stage


@pytest.fixture
def stage(opened: Callable[[BrowserConfig], Stage]) -> Stage:
    return opened(BrowserConfig(width=400, height=300))


def test_entries_have_names_and_are_written_by_them(stage: Stage) -> None:
    part = StoragePart(stage.browser)
    stage.load("second.html")
    stage.peek("() => { localStorage['a b'] = '1'; sessionStorage.tab = '1' }")
    name = f"local {stage.site} a b"
    assert part.read(()) == {name: "1"}
    part.write({name: "2", f"local {stage.site} new": "3"})
    assert stage.peek("() => ({...localStorage})") == {"a b": "2", "new": "3"}
    part.write({name: None})
    assert part.read([name]) == {f"local {stage.site} new": "3"}


def test_while_a_dialog_is_open_the_last_look_holds(stage: Stage) -> None:
    part = StoragePart(stage.browser)
    stage.load("dialogs.html")
    stage.peek("() => { localStorage.a = '1'; setTimeout(() => alert('stop'), 0) }")
    stage.asked()
    with pytest.raises(ObservationFailed, match="a dialog is open"):
        part.read(())
    stage.answer("ok")
    before = part.read(())
    assert before
    stage.peek("() => { setTimeout(() => alert('stop'), 0) }")
    stage.asked()
    assert part.read(()) == before
    stage.answer("ok")


def test_a_profile_that_is_opened_again_tells_of_what_is_wanted(
    site: str, browser_program: Path | None, tmp_path: Path
) -> None:
    config = BrowserConfig(executable=browser_program, profile_dir=tmp_path / "profile")
    lasting, ending = f"local {site} a", "document.cookie = 'end=1'"
    with Browser.open(config, PermitOffice()) as browser:
        browser.goto(f"{site}/second.html")
        part = StoragePart(browser)
        code = f"localStorage.a = '1'; {ending}; document.cookie = 'stay=1; max-age=999'"
        front = browser._running.tabs.front
        browser._thread.call(front.evaluate(code), 30)
        before = part.read(())
        assert all(part.writable(*entry) for entry in before.items())
    with Browser.open(config, PermitOffice()) as browser:
        part = StoragePart(browser, anew=True)
        assert lasting not in part.read(())
        now = part.read(before)
        assert now[lasting] == "1"
        ended = {name for name in before if name not in now}
        assert {name for name, value in before.items() if not part.writable(name, value)} == ended
        assert [name.split(" ", 2)[2] for name in ended] == ['["end","/",""]']
        assert all(part.writable(name, None) for name in before)
