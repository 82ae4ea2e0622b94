"""Browsers and pages that die: certainly nothing happened, or it is in doubt."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from handrail.actuators import browser_look
from handrail.actuators.actions import Press, Type
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.errors import (
    ActionInDoubt,
    ActionRefused,
    EnvironmentMissing,
    ObservationFailed,
)

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage

    Open = Callable[[BrowserConfig], Stage]


def kill(profile: Path) -> None:
    """Kill the browser that uses a profile, as a crash would."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in words and not any(
            word.startswith(b"--type=") for word in words
        ):
            os.kill(int(place.name), signal.SIGKILL)


def test_a_browser_that_is_lost_before_the_action(opened: "Open", tmp_path: Path) -> None:
    stage = opened(BrowserConfig(profile_dir=tmp_path))
    stage.load("input.html")
    kill(tmp_path)
    stage.until(lambda: stage.browser._running.alive, lambda alive: not alive)
    action = Press(keys=("enter",))
    with pytest.raises(EnvironmentMissing, match="has closed"):
        stage.browser.perform(action, stage.office.issue(action))
    with pytest.raises(EnvironmentMissing, match="has closed"):
        stage.browser.observe()


def test_a_browser_that_is_lost_in_mid_action(opened: "Open", tmp_path: Path) -> None:
    stage = opened(BrowserConfig(profile_dir=tmp_path))
    stage.load("input.html")
    stage.click("#text")
    action = Type(text="x" * 900)
    permit = stage.office.issue(action)
    timer = threading.Timer(0.1, kill, [tmp_path])
    timer.start()
    with pytest.raises(ActionInDoubt):
        stage.browser.perform(action, permit)
    timer.join()


def test_a_crashed_page_is_told(opened: "Open") -> None:
    stage = opened(BrowserConfig())
    stage.load("input.html")
    tabs = stage.browser._running.tabs
    page = tabs.front
    with pytest.raises(PlaywrightError):
        stage.browser._thread.call(page.goto("chrome://crash"), 30)
    stage.until(lambda: tabs.has_crashed(page), bool)
    with pytest.raises(ObservationFailed, match="crashed"):
        stage.browser.observe()
    with pytest.raises(ActionRefused, match="crashed"):
        stage.browser.perform(Type(text="x"), stage.office.issue(Type(text="x")))


def test_a_page_that_cannot_be_pictured_for_a_moment_is_seen_then(
    opened: "Open", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two pages Chromium says at once that it can take no picture, again and again."""
    stage = opened(BrowserConfig())
    wanted = stage.load("input.html").fingerprint
    shoot, refused = Page.screenshot, [5]

    async def refusing(page: Page, **how: object) -> bytes:
        if refused[0]:
            refused[0] -= 1
            raise PlaywrightError("Protocol error: Unable to capture screenshot")
        return await shoot(page, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "screenshot", refusing)
    assert stage.browser.observe().fingerprint == wanted
    assert refused == [0]
    refused[0] = 10**9
    monkeypatch.setattr(browser_look, "LOOK_SECONDS", 0.3)
    with pytest.raises(ObservationFailed, match="Unable to capture"):
        stage.browser.observe()
    assert refused[0] < 10**9 - 2
