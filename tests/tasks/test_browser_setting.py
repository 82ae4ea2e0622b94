"""The browser that a person names is the one that is used: by the option, else by the setting."""

import shlex
from pathlib import Path

import pytest

from handrail.actuators.browser import find_chromium
from handrail.agent.listener import Listener, Listeners
from handrail.tasks.browser_setting import SETTING, chosen_browser
from handrail.tasks.cli import main
from handrail.tasks.demo_runs import Player, play_page
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.sites.goals import signin_goal
from handrail.tasks.sites.server import Site
from handrail.tasks.suites import web

PAGE = "data:text/html,<title>hello</title>"


@pytest.fixture(autouse=True)
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv(SETTING, "/no/browser")


def _silent(_goal: str) -> Listener:
    return Listeners()


def test_the_option_comes_first_then_the_setting() -> None:
    option, named = Path("/mine"), {SETTING: "/theirs"}
    assert chosen_browser(option, named) == option
    assert chosen_browser(None, named) == Path("/theirs")
    assert chosen_browser(None, {}) is None
    assert chosen_browser(None, {SETTING: ""}) is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "'/no/browser'"),
        (["--browser", "/no/other"], "'/no/other'"),
        (["--attach", "http://127.0.0.1:9"], "http://127.0.0.1:9"),
    ],
)
def test_a_run_uses_it(
    options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    run = ["run", "x", "--on", "browser", "--url", PAGE, "--model", str(model)]
    assert main([*run, *options]) == 5
    assert says in capsys.readouterr().err


def test_a_browser_of_ones_own_does_not_go_with_attaching() -> None:
    attach = ["--attach", "http://127.0.0.1:9", "--browser", "/mine"]
    assert main(["run", "x", "--on", "browser", *attach]) == 2


def test_a_desktop_run_does_not_mind_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desktop = ["run", "x", "--on", "desktop", "--app", "false", "--model", str(tmp_path / "none")]
    assert main(desktop) == 5
    assert "no checkpoint folder" in capsys.readouterr().err


def test_the_doctor_looks_at_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--model", str(tmp_path / "none")]) == 5
    assert "'/no/browser'" in capsys.readouterr().out


def test_a_page_of_the_demo_is_played_in_it(tmp_path: Path, browser_program: Path | None) -> None:
    started, wrapper = tmp_path / "started", tmp_path / "browser"
    real = shlex.quote(str(find_chromium(browser_program)))
    wrapper.write_text(f'#!/bin/sh\n: > {shlex.quote(str(started))}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    goal = signin_goal(3)
    player = Player(None, ModelChoice("oracle"), _silent, tmp_path / "runs", browser=wrapper)
    with Site() as site:
        assert play_page(player, site, goal, site.add(goal)).good
    assert started.exists()


def test_the_suite_of_web_pages_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["web", "--cache", str(tmp_path), "--collect-only"])
    assert web.main() == 5
    assert "'/no/browser'" in capsys.readouterr().err
