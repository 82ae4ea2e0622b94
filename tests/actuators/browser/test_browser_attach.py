"""Joining a browser that somebody else runs."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from handrail.actuators.browser import Browser, BrowserConfig, find_chromium
from handrail.actuators.browser_config import check_attach
from handrail.actuators.errors import EnvironmentMissing
from handrail.sandbox.permit import PermitOffice

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage

    Open = Callable[[BrowserConfig], Stage]


@pytest.fixture
def foreign(
    tmp_path: Path, browser_program: Path | None
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a browser that is not ours, with its DevTools open."""
    profile = tmp_path / "foreign"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [
            *(find_chromium(browser_program), "--headless", "--disable-gpu"),
            *("--remote-debugging-port=0", f"--user-data-dir={profile}"),
            *("--no-first-run", *root, "about:blank"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    port = profile / "DevToolsActivePort"
    deadline = time.monotonic() + 60
    while not (port.exists() and port.read_text().count("\n") >= 1):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield process, f"http://127.0.0.1:{port.read_text().splitlines()[0]}"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def test_an_attached_browser_is_driven_and_never_closed(
    opened: "Open", foreign: tuple[subprocess.Popen[bytes], str]
) -> None:
    process, address = foreign
    stage = opened(BrowserConfig(attach=address))
    seen = stage.load("tabs.html")
    assert not seen.surface.owned
    assert seen.geometry.scale == 1.0
    stage.click("#plain")
    stage.until(stage.title, lambda title: title == "pressed")
    stage.browser.close()
    with urlopen(f"{address}/json/list", timeout=20) as answer:
        tabs = json.load(answer)
    assert [tab["title"] for tab in tabs if tab["type"] == "page"] == ["pressed"]
    assert process.poll() is None


@pytest.mark.parametrize(
    "address",
    [
        "http://192.0.2.1:9222",
        "ws://example.org/devtools",
        "https://127.0.0.1.example.org",
        "http://localhost.example.org:9222",
        "file:///tmp/socket",
        "http://[",
        "",
    ],
)
def test_attaching_over_a_network_in_clear_is_refused(address: str) -> None:
    with pytest.raises(EnvironmentMissing, match="cannot attach"):
        Browser.open(BrowserConfig(attach=address), PermitOffice())


def test_attaching_close_by_or_encrypted_is_allowed() -> None:
    for address in ("http://127.0.0.1:9222", "ws://[::1]:9222/x", "wss://far.example.org/x"):
        assert check_attach(address) == address


def test_attaching_to_nothing_is_one_clear_line() -> None:
    with pytest.raises(EnvironmentMissing, match="no browser answers"):
        Browser.open(BrowserConfig(attach="http://127.0.0.1:1"), PermitOffice())
