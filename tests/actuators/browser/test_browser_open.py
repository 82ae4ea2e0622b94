"""Starting, joining, sharing and losing browsers."""

import gc
import json
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Type
from handrail.actuators.browser import Browser, BrowserConfig, find_chromium
from handrail.actuators.browser_config import pick_chromium
from handrail.actuators.errors import (
    EnvironmentMissing,
    Unreachable,
)
from handrail.actuators.geometry import Point
from handrail.sandbox.permit import PermitOffice

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage

    Open = Callable[[BrowserConfig], Stage]


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_name_that_no_file_can_have_is_no_browser() -> None:
    with pytest.raises(EnvironmentMissing, match="not a program"):
        find_chromium(Path("long" * 2000))


def test_the_explicit_browser_comes_first(tmp_path: Path) -> None:
    explicit = program(tmp_path / "mine")
    assert find_chromium(explicit) == explicit
    with pytest.raises(EnvironmentMissing, match="gone"):
        find_chromium(tmp_path / "gone")


def test_then_playwright_s_own_then_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    own = program(tmp_path / "own")
    assert pick_chromium(None, own) == own
    if Path("/opt/google/chrome/chrome").exists():
        pytest.skip("this machine has Chrome where its package puts it")
    installed = program(tmp_path / "chromium")
    assert pick_chromium(None, tmp_path / "absent") == installed
    installed.unlink()
    with pytest.raises(EnvironmentMissing, match="playwright install chromium"):
        pick_chromium(None, tmp_path / "absent")


def test_a_missing_browser_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentMissing) as caught:
        Browser.open(BrowserConfig(executable=tmp_path / "none"), PermitOffice())
    assert "\n" not in str(caught.value)


def test_a_program_that_is_no_browser_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentMissing) as caught:
        Browser.open(BrowserConfig(executable=program(tmp_path / "no-browser")), PermitOffice())
    assert "\n" not in str(caught.value)


# playwright lets go of a driver that fails to start without closing its pipes
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_driver_that_does_not_start_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = program(tmp_path / "node")
    driver.write_text("#!/bin/sh\necho 'node: libatomic.so.1: cannot open' >&2\nexit 127\n")
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(driver))
    for look in (
        lambda: find_chromium(None),
        lambda: Browser.open(BrowserConfig(executable=driver), PermitOffice()),
    ):
        with pytest.raises(EnvironmentMissing, match="apt install libatomic1") as caught:
            look()
        assert "\n" not in str(caught.value)
    del caught
    gc.collect()  # here and now, not in the middle of another test


@pytest.mark.parametrize(
    "settings",
    [
        {"width": 0},
        {"scale": 0.0},
        {"attach": "http://127.0.0.1:1", "profile_dir": Path("p")},
        {"storage_state": Path("s"), "profile_dir": Path("p")},
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cannot be opened|exclude|give only"):
        BrowserConfig(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://no-such-host.invalid/",
        "file:///no/such/file.html",
        "javascript:alert(1)",
        "chrome://settings",
        "example.org",
        "http://[broken",
    ],
)
def test_an_unreachable_address_is_one_clear_line(stage: "Stage", url: str) -> None:
    with pytest.raises(Unreachable) as caught:
        stage.browser.goto(url)
    assert "\n" not in str(caught.value)
    assert url.split("/")[0] in str(caught.value)


def test_the_surface_says_what_it_is(stage: "Stage") -> None:
    surface = stage.load("tabs.html").surface
    assert (surface.kind, surface.owned, surface.window.raw) == ("browser", True, "tabs")
    assert surface.url == f"{stage.site}/tabs.html"


@pytest.mark.parametrize("scale", [2.0, 1.5])
def test_a_scaled_screen_lands_on_the_right_pixel(opened: "Open", scale: float) -> None:
    stage = opened(BrowserConfig(width=900, height=600, scale=scale))
    seen = stage.load("input.html")
    assert (seen.geometry.width, seen.geometry.height) == (900 * scale, 600 * scale)
    assert seen.geometry.scale == scale
    stage.do(Click(point=Point(x=math.ceil(310 * scale), y=math.ceil(27 * scale))))
    assert [event for event in stage.peek("log") if event[0] == "click"] == [["click", 0, 1, 10, 7]]
    pad = stage.browser.hit_test(stage.at("#plain"))
    assert pad is not None
    assert pad.box.contains(stage.at("#plain"))
    assert pad.name.raw == "Press me"
    stage.load("dialogs.html")
    stage.click("#confirm")
    stage.answer("ok")
    stage.until(lambda: stage.peek("said"), lambda said: said is True)


def test_a_storage_state_is_brought_along(opened: "Open", site: str, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    cookie = {"name": "taste", "value": "salty", "domain": "127.0.0.1", "path": "/"}
    rest = {"expires": -1, "httpOnly": False, "secure": False, "sameSite": "Lax"}
    storage = [{"name": "colour", "value": "red"}]
    origins = [{"origin": site, "localStorage": storage}]
    state.write_text(json.dumps({"cookies": [cookie | rest], "origins": origins}), "utf-8")
    stage = opened(BrowserConfig(storage_state=state))
    stage.load("store.html")
    assert stage.peek("seen") == ["taste=salty", "red"]


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"other": 1}', '{"cookies": 5, "origins": []}']
)
def test_a_bad_storage_state_is_one_clear_line(
    tmp_path: Path, content: str | None, browser_program: Path | None
) -> None:
    state = tmp_path / "state.json"
    if content is not None:
        state.write_text(content, encoding="utf-8")
    with pytest.raises(EnvironmentMissing) as caught:
        Browser.open(BrowserConfig(browser_program, storage_state=state), PermitOffice())
    assert "\n" not in str(caught.value)


def test_a_profile_outlives_its_browser(opened: "Open", tmp_path: Path) -> None:
    config = BrowserConfig(profile_dir=tmp_path / "profile")
    first = opened(config)
    first.load("store.html")
    assert first.peek("seen") == ["", None]
    with pytest.raises(EnvironmentMissing, match="in use"):
        Browser.open(config, PermitOffice())
    first.browser.close()
    second = opened(config)
    second.load("store.html")
    assert second.peek("seen") == ["taste=sweet", "green"]


def test_closing_twice_is_safe(opened: "Open") -> None:
    stage = opened(BrowserConfig())
    stage.browser.close()
    stage.browser.close()
    with pytest.raises(EnvironmentMissing):
        stage.browser.observe()


def test_two_browsers_side_by_side(opened: "Open") -> None:
    stages = [opened(BrowserConfig(width=600, height=400)) for _ in range(2)]

    def work(number: int) -> None:
        stages[number].load("input.html")
        stages[number].click("#text")
        stages[number].do(Type(text=f"browser {number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number, stage in enumerate(stages):
        assert stage.peek("document.getElementById('text').value") == f"browser {number}"
