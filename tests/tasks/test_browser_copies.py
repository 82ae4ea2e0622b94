"""Rehearsals that start from a browser's state: a profile's, and that of one which runs."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from handrail.actuators.actions import Action
from handrail.actuators.browser import Browser, BrowserConfig, find_chromium
from handrail.actuators.browser_storage import Slot
from handrail.actuators.errors import EnvironmentMissing
from handrail.agent.proposer import Puppet
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.rehearsal.consequences import RequestConsequence
from handrail.tasks.browser_copy import CopyOfBrowser, copied_profile
from handrail.tasks.rehearse import Rehearsed, rehearse
from handrail.tasks.run import Crew
from handrail.tasks.run_request import RunRequest
from handrail.tasks.sites.shop import VOLATILE, Shop
from handrail.tasks.suites.shopping import GOAL, SHORT, committed, ordering, placing


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as one:
        yield one


def rehearse_with(copy: CopyOfBrowser, runs: Path, actions: Sequence[Action]) -> Rehearsed:
    return rehearse(RunRequest(GOAL, copy, runs_folder=runs), copy, Crew(Puppet(actions)))


@contextmanager
def running_browser(profile: Path, program: Path | None) -> Iterator[str]:
    """Start a browser that is not ours, and lend its address."""
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [
            *(find_chromium(program), "--headless", "--disable-gpu", "--window-size=1000,700"),
            *("--remote-debugging-port=0", f"--user-data-dir={profile}"),
            *("--no-first-run", *root, "about:blank"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        port = profile / "DevToolsActivePort"
        deadline = time.monotonic() + 60
        while not (port.exists() and port.read_text().count("\n") >= 1):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port.read_text().splitlines()[0]}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def bodies(done: Rehearsed) -> list[str]:
    return [one.body for one in done.consequences.found if isinstance(one, RequestConsequence)]


def test_a_profile_is_copied_and_stays_as_it_was(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    profile = tmp_path / "profile"
    config = BrowserConfig(executable=browser_program, profile_dir=profile)
    with Browser.open(config, PermitOffice()) as browser:
        browser.goto(shop.url)
        slot = Slot("local", shop.url.rpartition("/")[0].rpartition("/")[0], "cart")
        browser.put_storage(browser.storage(), {slot: '{"chair":1}'})
    before = {path: path.stat().st_mtime_ns for path in profile.rglob("*") if path.is_file()}
    copy = CopyOfBrowser(shop.url, config, VOLATILE)
    done = rehearse_with(copy, tmp_path / "runs", ordering())
    assert "items=chair:1,lamp:1" in bodies(done)[0], "the copy has the cart of the profile"
    after = {path: path.stat().st_mtime_ns for path in profile.rglob("*") if path.is_file()}
    assert after == before


def test_a_running_browser_is_copied_and_left_alone(
    shop: Shop, tmp_path: Path, browser_program: Path | None
) -> None:
    with running_browser(tmp_path / "own", browser_program) as address:
        config = BrowserConfig(attach=address)
        with Browser.open(config, PermitOffice()) as browser:
            browser.goto(f"{shop.url}{SHORT}")
            front = browser._running.tabs.front
            browser._thread.call(front.fill("#street", "Elbchaussee 1"), 10)
        copy = CopyOfBrowser(None, config, VOLATILE)
        done = rehearse_with(copy, tmp_path / "runs", placing())
        assert "street=Elbchaussee 1" in bodies(done)[0], "what stood in the field was copied"
        assert shop.received == []
        end = committed(done.end.folder)
        assert end.good, end.words
        [order] = shop.store.orders()
        assert order.street == "Elbchaussee 1"


def test_a_profile_in_use_is_not_copied(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    (profile / "SingletonLock").symlink_to("host-1")
    with pytest.raises(EnvironmentMissing, match="is in use"):
        copied_profile(profile, tmp_path / "scratch")
